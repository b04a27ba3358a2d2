import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const top = fileURLToPath(new URL("../../../provision/", import.meta.url));
const libraries = readdirSync(`${top}init`);

/** Functions of a shell library by their names. */
function functionsOf(path: string): string[] {
  return [...readFileSync(top + path, "utf8").matchAll(/^(\w+)\(\) \{/gm)].map((match) => match[1] as string);
}

/** Those that the steps may call: what both libraries have. */
const contract = functionsOf("init/systemd.sh").filter((name) =>
  functionsOf("init/sysvinit.sh").includes(name),
);

describe("between the steps and the init system", () => {
  test("there are two libraries with the same functions", () => {
    expect(libraries).toEqual(["systemd.sh", "sysvinit.sh"]);
    expect(contract).toEqual([
      "manager_reload",
      "mount_now",
      "unmount_now",
      "service_is_enabled",
      "service_enable",
      "service_disable",
      "services_remember",
      "services_restore",
      "service_is_active",
      "service_start",
      "service_restart",
      "service_stop",
      "index_start",
      "index_stop",
      "services_enabled",
      "services_active",
    ]);
  });

  test.each(["apply.sh", "inspect.sh"])("%s calls nothing else of it", (name) => {
    const code = readFileSync(top + name, "utf8")
      .split("\n")
      .filter((line) => !/^\s*#/.test(line))
      .join("\n");
    expect(code).not.toMatch(/\b(systemctl|update-rc\.d|insserv|init\.d)\b/);
    const called = new Set(
      [...code.matchAll(/\b(?:services?|manager|mount|unmount|index)_\w+/g)].map(([word]) => word),
    );
    const own = functionsOf(name);
    const foreign = [...called].filter((word) => !own.includes(word) && !contract.includes(word));
    expect(foreign).toEqual([]);
  });
});

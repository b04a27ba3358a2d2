import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sumOf } from "../../../src/provision/inspection.ts";
import { nodeRoot, shells, type NodeRoot, type Shell } from "./node-root.ts";

const provision = fileURLToPath(new URL("../../../provision/", import.meta.url));
const library = ["apply.sh", "swap-areas.sh"]
  .map((name) => readFileSync(join(provision, name), "utf8"))
  .join("\n");
const limits = "/etc/limits";
const header = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
const on = `${header}/media/btsync/swapfile                  file\t\t1020\t\t0\t\t10\n`;

/** A node whose swap is on; `swap off` does what it is told to. */
function node(off: string): NodeRoot {
  const root = nodeRoot();
  root.write("proc/swaps", on);
  root.write("header", header);
  root.write("etc/hosts", "");
  root.write(
    "lib/swap",
    `#!/bin/sh\necho "swap $1" >>"$PIMESH_ROOT/calls"\n[ -e "$PIMESH_ROOT${limits}" ] && echo limits are there >>"$PIMESH_ROOT/calls"\n${off}\n`,
    0o755,
  );
  return root;
}

function call(root: NodeRoot, shell: Shell, ...calls: string[]): string {
  root.write(
    "script",
    `LC_ALL=C
root=$PIMESH_ROOT nonce=N state=/var/lib/pimesh mount=/media/btsync uuid=u lib=/lib
told() { echo "$*" >>"$root/calls"; }
manager_reload() { told reload; }
service_restart() { told "restart $1"; }
service_stop() { told "stop $1"; }
service_is_active() { return 1; }
service_start() { told "start $1"; }
${library}
${calls.join("\n")}`,
  );
  return root.run(shell, "script").stdout;
}

const run = [
  "begin r me",
  `put ${limits} 644 0:0 absent ${sumOf("0\n")} "0\n"`,
  "restart_unit pimesh-swap.service",
];

describe.each(shells.filter(({ there }) => there))("in $name an undo", (shell) => {
  test("switches the swap off before the limits go, and asks its script anew when they are gone", () => {
    const root = node('cp "$PIMESH_ROOT/header" "$PIMESH_ROOT/proc/swaps"');
    call(root, shell, ...run, "commit");
    root.write("calls", "");
    expect(call(root, shell, "rollback 000001-r")).toContain("N undone 000001-r");
    expect(root.read("calls")).toBe("swap off\nlimits are there\nreload\nrestart pimesh-swap.service\n");
    expect(() => root.read(limits)).toThrow("ENOENT");
  });

  test("leaves the limits while the swap cannot go off", () => {
    const root = node("exit 1");
    call(root, shell, ...run, "commit");
    const said = call(root, shell, "rollback 000001-r");
    expect(said).toContain("N undo-failed");
    expect(said).toContain("stop the engine first");
    expect(root.read(limits)).toBe("0\n");
  });

  test("does not start again what the run itself has brought", () => {
    const root = node("exit 0");
    root.write("proc/swaps", header);
    call(root, shell, "begin r me", "start_unit pimesh-swap.service", run[2] ?? "", "commit");
    root.write("calls", "");
    expect(call(root, shell, "rollback 000001-r")).toContain("N undone 000001-r");
    expect(root.read("calls")).toBe("swap off\nstop pimesh-swap.service\nreload\n");
  });
});

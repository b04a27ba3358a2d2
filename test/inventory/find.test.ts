import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findInventory, type Places } from "../../src/inventory/find.ts";
import { temporaryFolder } from "../support/folder.ts";

function places(existing: readonly string[], more: Partial<Places> = {}) {
  return {
    cwd: "/home/ada/work/pis",
    home: "/home/ada",
    env: {},
    exists: async (path: string) => existing.includes(path),
    ...more,
  };
}

describe("findInventory", () => {
  const own = "/home/ada/.config/pimesh/inventory.yaml";

  test.each<[string, readonly string[], Partial<Places>, string]>([
    [
      "the named one before all others",
      ["/x.yaml", "/home/ada/work/pis/pimesh.yaml"],
      { explicit: "/x.yaml" },
      "/x.yaml",
    ],
    [
      "a named one is relative to the current folder",
      ["/home/ada/work/x.yaml"],
      { explicit: "../x.yaml" },
      "/home/ada/work/x.yaml",
    ],
    [
      "the one of the current folder",
      ["/home/ada/work/pis/pimesh.yaml", own],
      {},
      "/home/ada/work/pis/pimesh.yaml",
    ],
    ["the nearest above", ["/home/ada/pimesh.yaml", "/pimesh.yaml", own], {}, "/home/ada/pimesh.yaml"],
    ["the one at the root", ["/pimesh.yaml", own], {}, "/pimesh.yaml"],
    ["the user's own", [own], {}, own],
    [
      "the user's own where XDG_CONFIG_HOME says",
      ["/cfg/pimesh/inventory.yaml", own],
      { env: { XDG_CONFIG_HOME: "/cfg" } },
      "/cfg/pimesh/inventory.yaml",
    ],
    ["a relative XDG_CONFIG_HOME is ignored", [own], { env: { XDG_CONFIG_HOME: "cfg" } }, own],
    ["an empty XDG_CONFIG_HOME is ignored", [own], { env: { XDG_CONFIG_HOME: "" } }, own],
    ["an empty name counts as none", [own], { explicit: "" }, own],
  ])("finds %s", async (_title, existing, more, expected) => {
    expect(await findInventory(places(existing, more))).toBe(expected);
  });

  test("says where it looked, and how to make one", async () => {
    await expect(findInventory(places([]))).rejects.toMatchObject({
      code: "E-INVENTORY-MISSING",
      message: `there is no inventory: no pimesh.yaml in /home/ada/work/pis or above it, and no ${own}`,
      hint: "pimesh init",
    });
  });

  test("never takes another one for a named one that is not there", async () => {
    await expect(findInventory(places([own], { explicit: "my pis.yaml" }))).rejects.toMatchObject({
      code: "E-INVENTORY-MISSING",
      message: "there is no inventory at /home/ada/work/pis/my pis.yaml",
      hint: "pimesh init --output 'my pis.yaml'",
    });
  });

  test("looks at real folders", async () => {
    const folder = temporaryFolder();
    await mkdir(join(folder, "a/b"), { recursive: true });
    await writeFile(join(folder, "a/pimesh.yaml"), "");
    const found = await findInventory({ cwd: join(folder, "a/b"), home: folder, env: {} });
    expect(found).toBe(join(folder, "a/pimesh.yaml"));
  });

  test("a link that leads nowhere is found, not passed over", async () => {
    const folder = temporaryFolder();
    await symlink("gone", join(folder, "pimesh.yaml"));
    expect(await findInventory({ cwd: folder, home: folder, env: {} })).toBe(join(folder, "pimesh.yaml"));
  });
});

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkInventory, loadInventory } from "../../src/inventory/load.ts";
import { temporaryFolder } from "../support/folder.ts";
import { withNode } from "./parsed.ts";

async function folderWith(text: string | Buffer) {
  const folder = temporaryFolder();
  await writeFile(join(folder, "pimesh.yaml"), text);
  return { cwd: folder, home: folder, env: {} };
}

describe("loadInventory", () => {
  test("gives the inventory and the file it came from", async () => {
    const places = await folderWith(withNode(""));
    const inventory = await loadInventory(places);
    expect(inventory.path).toBe(join(places.cwd, "pimesh.yaml"));
    expect(inventory.laptop.tree).toBe(join(places.cwd, "btsync"));
  });

  test.each([
    ["a byte order mark", (text: string) => `\ufeff${text}`],
    ["Windows line ends", (text: string) => text.replaceAll("\n", "\r\n")],
  ])("takes %s", async (_title, change) => {
    const inventory = await loadInventory(await folderWith(change(withNode("user: pi"))));
    expect(inventory.nodes[0]).toMatchObject({ name: "mom", user: "pi" });
  });

  test("throws one error that names every problem", async () => {
    const places = await folderWith("laptop: {tree: ~/t}\nnodes:\n  mom: {address: a b, usr: pi}\n");
    await expect(loadInventory(places)).rejects.toMatchObject({
      code: "E-INVENTORY",
      exitCode: 2,
      message: [
        "pimesh.yaml:3:18: nodes.mom.address: holds a blank; several addresses are a list: [one, two]",
        "pimesh.yaml:3:23: nodes.mom.usr: unknown key (did you mean user?)",
        "the inventory has 2 problems",
      ].join("\n"),
      hint: "correct the file, then: pimesh check",
    });
  });

  test("shows the first hundred problems of thousands", async () => {
    const keys = Array.from({ length: 3000 }, (_, index) => `k${index}: 1`).join("\n");
    const places = await folderWith(withNode("", keys));
    const error: unknown = await loadInventory(places).catch((thrown: unknown) => thrown);
    const lines = (error as Error).message.split("\n");
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toBe("the inventory has 3000 problems");
  });

  test("does not look at the files that the inventory names", async () => {
    const places = await folderWith(
      withNode("identity: /nowhere/key\nsudo_password_file: /nowhere/password"),
    );
    await expect(loadInventory(places)).resolves.toMatchObject({
      nodes: [{ identityFiles: ["/nowhere/key"] }],
    });
  });

  test.each<[string, string | Buffer, string]>([
    ["an empty file", "", "pimesh.yaml: is empty; `pimesh init` writes a first inventory"],
    ["UTF-16", Buffer.from("\ufefflaptop:", "utf16le"), "pimesh.yaml: is UTF-16 text; save it as UTF-8"],
    [
      "a picture",
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0a, 0x00]),
      "pimesh.yaml:2:1: holds a NUL byte: it is binary or UTF-16, not UTF-8 text",
    ],
    ["10 MB", "# x\n".repeat(2_500_000), "pimesh.yaml: is larger than 1 MiB: this is not an inventory"],
    ["a list", "- a\n", "pimesh.yaml:1:1: must be a mapping (key: value), not a list"],
    ["a text", "hello\n", "pimesh.yaml:1:1: must be a mapping (key: value), not text"],
  ])("says what is wrong with %s", async (_title, content, problem) => {
    await expect(loadInventory(await folderWith(content))).rejects.toMatchObject({
      code: "E-INVENTORY",
      message: `${problem}\nthe inventory has 1 problem`,
    });
  });

  test("says that a folder is no inventory", async () => {
    const folder = temporaryFolder();
    await mkdir(join(folder, "pimesh.yaml"));
    await expect(loadInventory({ cwd: folder, home: folder, env: {} })).rejects.toMatchObject({
      code: "E-INVENTORY",
      message: "pimesh.yaml: is a folder, not a file\nthe inventory has 1 problem",
    });
  });
});

describe("checkInventory", () => {
  test("calls a file that is not below the current folder by its whole path", async () => {
    const { cwd } = await folderWith(withNode(""));
    await mkdir(join(cwd, "a/b"), { recursive: true });
    const checked = await checkInventory({ cwd: join(cwd, "a/b"), home: cwd, env: {} }, () => []);
    expect(checked.file).toBe(join(cwd, "pimesh.yaml"));
    expect(checked.problems).toEqual([]);
  });
});

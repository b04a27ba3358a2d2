import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { inventorySchema } from "../../src/inventory/schema.ts";
import { inventoryFrom, surroundings } from "./parsed.ts";

const text = await readFile(new URL("../../inventory.example.yaml", import.meta.url), "utf8");
// The keys that name files of the user's own are shown as comments, so that the example itself passes `check`.
const uncommented = text.replaceAll(/^( *)# (identity|sudo_password_file|binary|key_file):/gm, "$1$2:");

test("the example is an inventory in order", () => {
  const inventory = inventoryFrom(text);
  expect(inventory.nodes.map(({ name }) => name)).toEqual(["home", "mom", "grandma"]);
  expect(inventory.nodes.map(({ jump }) => jump)).toEqual([undefined, "home", undefined]);
});

test("the example is one with its commented keys too", () => {
  expect(uncommented).not.toBe(text);
  for (const node of inventoryFrom(uncommented.replace(/^ *kind: syncthing/m, "    kind: btsync")).nodes) {
    expect(node.identityFiles).toEqual(["/home/ada/.ssh/pimesh_ed25519"]);
    expect(node.sudoPasswordFile).toBe("/home/ada/.config/pimesh/sudo-password");
    expect(node.engineSettings).toEqual({
      upload: 900 * 1024,
      download: undefined,
      binary: "/btsync-arm",
      keyFile: "/home/ada/.config/pimesh/folder-key",
    });
  }
});

test("every key of the schema stands in the example", () => {
  const { top, laptop, node, engine } = inventorySchema(surroundings, "/");
  const swap = node.shape.swap.options[1].out;
  const keys = [top, laptop, node, node.shape.disk, swap, engine].flatMap(({ shape }) => Object.keys(shape));
  expect(keys.length).toBeGreaterThan(20);
  const missing = keys.filter((key) => !new RegExp(String.raw`^ *${key}:`, "m").test(uncommented));
  expect(missing).toEqual([]);
});

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { check } from "../../src/commands/check.ts";
import { withNode } from "../inventory/parsed.ts";
import { scriptedContext } from "../inventory/scripted-context.ts";
import { temporaryFolder } from "../support/folder.ts";

async function checked(text: string) {
  const folder = temporaryFolder();
  await mkdir(join(folder, "btsync"));
  await writeFile(join(folder, "pimesh.yaml"), text);
  const { context, said } = scriptedContext(folder);
  return { code: await check(context, {}), ...said };
}

test("an inventory in order gets one line that says what is in it", async () => {
  const text = withNode("", "  grandma: {address: grandma.example.org}\nignore: [.DS_Store, Thumbs.db]\n");
  expect(await checked(text)).toMatchObject({
    code: 0,
    out: "pimesh.yaml: no problem found: 2 nodes (mom, grandma), 2 ignore patterns, 0 peers\n",
    err: "",
  });
});

test("every problem is a line on stdout, and the exit code is 2", async () => {
  expect(await checked(withNode("usr: pi\njump: dad\nidentity: ~/gone\n"))).toMatchObject({
    code: 2,
    out: [
      "pimesh.yaml:6:5: nodes.mom.usr: unknown key (did you mean user?)",
      "pimesh.yaml:7:11: nodes.mom.jump: there is no node called dad",
      "pimesh.yaml:8:15: nodes.mom.identity: there is no such file",
      "",
    ].join("\n"),
    err: "",
  });
});

test("a laptop tree that is away and engines that do not talk are notes, not problems", async () => {
  const text = withNode("engine: btsync", "  grandma: {address: grandma.example.org}\n").replace(
    "~/btsync",
    "~/away",
  );
  const { code, err } = await checked(text);
  expect(code).toBe(0);
  expect(err).toMatch(
    /^note: laptop\.tree: .*\/away cannot be seen on this machine now\nnote: btsync and syncthing do not sync with each other\n$/,
  );
});

test("a key that somebody made up is noted, without the key", async () => {
  const folder = temporaryFolder();
  const key = Buffer.from("thirty bytes that nobody else has").toString("base64");
  await mkdir(join(folder, "btsync"));
  await writeFile(join(folder, "key"), `${key}\n`, { mode: 0o600 });
  await writeFile(join(folder, "pimesh.yaml"), withNode("engine: { kind: btsync, key_file: ./key }"));
  const { context, said } = scriptedContext(folder);
  expect(await check(context, {})).toBe(0);
  expect(said.err).toBe(
    "note: nodes.mom.engine.key_file: holds a key that somebody made up: a typing error in it cannot be told, and engines discourage it since 1.2\n",
  );
});

test("a laptop folder that is a file is noted", async () => {
  const { err } = await checked(withNode("").replace("tree: ~/btsync", "tree: ~/pimesh.yaml"));
  expect(err).toMatch(/^note: laptop\.tree: .*\/pimesh\.yaml is not a folder\n$/);
});

test("the named inventory is the one that is checked", async () => {
  const folder = temporaryFolder();
  await writeFile(join(folder, "other.yaml"), "laptop: {}\nnodes: {mom: {address: a}}\n");
  const { context, said } = scriptedContext(folder);
  expect(await check(context, { inventory: "other.yaml" })).toBe(2);
  expect(said.out).toBe("other.yaml:1:1: laptop.tree: is missing: the synced folder on this machine\n");
});

test("no inventory at all is an error that names init", async () => {
  const { context } = scriptedContext(temporaryFolder());
  await expect(check(context, {})).rejects.toMatchObject({
    code: "E-INVENTORY-MISSING",
    hint: "pimesh init",
  });
});

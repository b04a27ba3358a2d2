import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { judgeKeys } from "../../src/engine/fleet-keys.ts";
import { checkInventory } from "../../src/inventory/load.ts";
import { formatProblem } from "../../src/inventory/problem.ts";
import { temporaryFolder } from "../support/folder.ts";
import { withNode } from "./parsed.ts";

async function problemsIn(folder: string, text: string): Promise<string[]> {
  await writeFile(join(folder, "pimesh.yaml"), text);
  const { file, problems } = await checkInventory({ cwd: folder, home: folder, env: {} }, judgeKeys);
  return problems.map((problem) => formatProblem(file, problem));
}

async function secret(folder: string, name: string, mode: number, text = "hunter2"): Promise<void> {
  await writeFile(join(folder, name), `${text}\n`);
  await chmod(join(folder, name), mode);
}

test("key and password files that only their owner can read are fine", async () => {
  const folder = temporaryFolder();
  await secret(folder, "key", 0o600);
  await secret(folder, "password", 0o400);
  expect(await problemsIn(folder, withNode("identity: ~/key\nsudo_password_file: ~/password"))).toEqual([]);
});

test("files that are missing, open to others or no files are problems, each at its place", async () => {
  const folder = temporaryFolder();
  await secret(folder, "open", 0o644);
  await secret(folder, "group", 0o640);
  await mkdir(join(folder, "folder"), { mode: 0o700 });
  expect(
    await problemsIn(
      folder,
      withNode("identity: [~/open, ~/gone, ~/folder, ~/open/x]\nsudo_password_file: ~/group"),
    ),
  ).toEqual([
    "pimesh.yaml:6:16: nodes.mom.identity[0]: is open to others (mode 0644); chmod 600 closes it",
    "pimesh.yaml:6:24: nodes.mom.identity[1]: there is no such file",
    "pimesh.yaml:6:32: nodes.mom.identity[2]: is not a file",
    "pimesh.yaml:6:42: nodes.mom.identity[3]: there is no such file",
    "pimesh.yaml:7:25: nodes.mom.sudo_password_file: is open to others (mode 0640); chmod 600 closes it",
  ]);
});

test("a file of the defaults is told once, and beside the other problems", async () => {
  const folder = temporaryFolder();
  const text =
    "laptop: {tree: /t}\ndefaults: {identity: ~/gone}\nnodes:\n  a: {address: a}\n  b: {address: b, usr: x}\n";
  expect(await problemsIn(folder, text)).toEqual([
    "pimesh.yaml:2:22: defaults.identity: there is no such file",
    "pimesh.yaml:5:19: nodes.b.usr: unknown key (did you mean user?)",
  ]);
});

// Synthetic keys of the right form.
const a = "ABYLI66VS2YU4V5TR422B3N43SHAJLHMN";
const d = "DBYLI66VS2YU4V5TR422B3N43SHAJLHMN";

test("the folder's key is looked at, and what is wrong with it stands at its file, never the key", async () => {
  const folder = temporaryFolder();
  await secret(folder, "short", 0o600, a.slice(0, 32));
  expect(await problemsIn(folder, withNode("engine: { kind: btsync, key_file: ~/short }"))).toEqual([
    "pimesh.yaml:6:39: nodes.mom.engine.key_file: holds a key of 32 characters: one that begins with A has 33",
  ]);
});

test("keys that would never meet are a problem of the later node, the same key for all is none", async () => {
  const folder = temporaryFolder();
  await secret(folder, "a", 0o600, a);
  await secret(folder, "d", 0o600, d);
  const text =
    "laptop: {tree: /t}\ndefaults: {engine: {kind: btsync, key_file: ~/a}}\nnodes:\n  home: {address: a}\n";
  expect(await problemsIn(folder, `${text}  mom: {address: b}\n`)).toEqual([]);
  expect(await problemsIn(folder, `${text}  mom: {address: b, engine: {key_file: ~/d}}\n`)).toEqual([
    "pimesh.yaml:5:40: nodes.mom.engine.key_file: would never sync with home: no A and D key are of one folder",
  ]);
});

test("a key in a file that others can read is not even looked at", async () => {
  const folder = temporaryFolder();
  await secret(folder, "open", 0o644, "nonsense");
  expect(await problemsIn(folder, withNode("engine: { kind: btsync, key_file: ~/open }"))).toEqual([
    "pimesh.yaml:6:39: nodes.mom.engine.key_file: is open to others (mode 0644); chmod 600 closes it",
  ]);
});

test("an engine's program has to be there, and may be readable by all", async () => {
  const folder = temporaryFolder();
  await secret(folder, "btsync-arm", 0o755);
  expect(await problemsIn(folder, withNode("engine: { kind: btsync, binary: ./btsync-arm }"))).toEqual([]);
  expect(await problemsIn(folder, withNode("engine: { kind: btsync, binary: ./btsync }"))).toEqual([
    "pimesh.yaml:6:37: nodes.mom.engine.binary: there is no such file",
  ]);
});

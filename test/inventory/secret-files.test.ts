import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkInventory } from "../../src/inventory/load.ts";
import { formatProblem } from "../../src/inventory/problem.ts";
import { temporaryFolder } from "../support/folder.ts";
import { withNode } from "./parsed.ts";

async function problemsIn(folder: string, text: string): Promise<string[]> {
  await writeFile(join(folder, "pimesh.yaml"), text);
  const { file, problems } = await checkInventory({ cwd: folder, home: folder, env: {} });
  return problems.map((problem) => formatProblem(file, problem));
}

async function secret(folder: string, name: string, mode: number): Promise<void> {
  await writeFile(join(folder, name), "hunter2\n");
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

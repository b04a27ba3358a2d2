import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "./support/folder.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

/** A package whose program only says what it was asked. */
let folder = "";
beforeEach(() => {
  folder = temporaryFolder();
  mkdirSync(join(folder, "dist"));
  cpSync(join(root, "bin"), join(folder, "bin"), { recursive: true });
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  writeFileSync(
    join(folder, "dist/cli.js"),
    'process.stdout.write(process.argv.slice(2).join("|") + "\\n");',
  );
});

function run(words: readonly string[]): string {
  const child = spawnSync(process.execPath, [join(folder, "bin/pimesh.cjs"), ...words]);
  return child.stdout.toString() + child.stderr.toString();
}

test.each(["--version", "-V"])("%s alone is answered without the program", (flag) => {
  expect(run([flag])).toBe(`${version}\n`);
});

test.each([[[]], [["--version", "x"]], [["diff", "laptop", "mom"]]])(
  "all else is the program's: %j",
  (words) => {
    expect(run(words)).toBe(`${words.join("|")}\n`);
  },
);

test("an output that takes nothing is left to the program, which tells", () => {
  const words = `exec "$0" "$1" --version >/dev/full`;
  writeFileSync(join(folder, "dist/cli.js"), 'process.stderr.write("told\\n");');
  const child = spawnSync("sh", ["-c", words, process.execPath, join(folder, "bin/pimesh.cjs")]);
  expect([child.status, child.stderr.toString()]).toEqual([0, "told\n"]);
});

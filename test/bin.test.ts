import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  writeFileSync(join(folder, "dist/help.txt"), "kept\n");
});

function run(words: readonly string[]): string {
  const child = spawnSync(process.execPath, [join(folder, "bin/pimesh.cjs"), ...words]);
  return child.stdout.toString() + child.stderr.toString();
}

test.each(["--version", "-V"])("%s alone is answered without the program", (flag) => {
  expect(run([flag])).toBe(`${version}\n`);
});

test.each(["--help", "-h", "help"])("%s alone is answered by the text that the build has kept", (word) => {
  expect(run([word])).toBe("kept\n");
  rmSync(join(folder, "dist/help.txt"));
  expect(run([word])).toBe(`${word}\n`);
});

test.each([
  [80, "kept"],
  [60, "--help"],
  [200, "--help"],
])("a terminal of %d columns is answered with %j", (columns, answer) => {
  const words = `stty cols ${columns}; ${process.execPath} ${folder}/bin/pimesh.cjs --help`;
  const child = spawnSync("script", ["-qec", words, "/dev/null"], { input: "" });
  expect(child.stdout.toString().trim()).toBe(answer);
});

test.each([
  [[]],
  [["--version", "x"]],
  [["--help", "status"]],
  [["help", "exit-codes"]],
  [["diff", "laptop", "mom"]],
])("all else is the program's: %j", (words) => {
  expect(run(words)).toBe(`${words.join("|")}\n`);
});

test.each(["--version", "--help"])(
  "an output that takes nothing is left to the program, which tells: %s",
  (word) => {
    const words = `exec "$0" "$1" ${word} >/dev/full`;
    writeFileSync(join(folder, "dist/cli.js"), 'process.stderr.write("told\\n");');
    const child = spawnSync("sh", ["-c", words, process.execPath, join(folder, "bin/pimesh.cjs")]);
    expect([child.status, child.stderr.toString()]).toEqual([0, "told\n"]);
  },
);

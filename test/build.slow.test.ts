import { spawnSync } from "node:child_process";
import { cpSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporaryFolder } from "./support/folder.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

function checkout(): string {
  const folder = temporaryFolder();
  for (const name of ["bin", "scripts", "src", "package.json", "tsconfig.json"]) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

function node(
  folder: string,
  ...words: readonly string[]
): { code: number | null; out: string; err: string } {
  const child = spawnSync(process.execPath, words, { cwd: folder });
  return { code: child.status, out: child.stdout.toString(), err: child.stderr.toString() };
}

test("the help that is answered without the program is what the program of the same build says", () => {
  const folder = checkout();
  expect(node(folder, "scripts/build.mjs")).toMatchObject({ code: 0, err: "" });
  for (const word of ["--help", "-h", "help"]) {
    const said = node(folder, "dist/cli.js", word);
    expect(said).toMatchObject({ code: 0, err: "" });
    expect(said.out).toContain("Usage: pimesh");
    expect(node(folder, "bin/pimesh.cjs", word)).toEqual(said);
  }
  // What the build before left behind is not shipped when the program cannot say it any more.
  writeFileSync(
    join(folder, "src/program.ts"),
    "export async function run(_: readonly string[]): Promise<2> { return 2; }\n",
  );
  expect(node(folder, "scripts/build.mjs").code).toBe(1);
  expect(node(folder, "bin/pimesh.cjs", "--help")).toMatchObject({ code: 2, out: "" });
});

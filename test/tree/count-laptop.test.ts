import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { countLaptop } from "../../src/tree/count-laptop.ts";
import { makeFilter } from "../../src/tree/filter.ts";
import { temporaryFolder } from "../support/folder.ts";

afterEach(() => void vi.unstubAllEnvs());

test.each(["with find", "without"])("counts a tree and says how far it is, %s", async (how) => {
  const tree = temporaryFolder();
  mkdirSync(join(tree, "a"));
  for (const name of ["a/1", "2", "3.!sync"]) writeFileSync(join(tree, name), "xy");
  if (how === "without") vi.stubEnv("PATH", temporaryFolder());
  const seen: number[] = [];
  const counts = await countLaptop({ tree, filter: makeFilter() }, (entries) => void seen.push(entries));
  expect(counts).toMatchObject({ files: 2, bytes: 4, folders: 1, inFlight: 1, unreadable: 0 });
  expect(seen.at(-1)).toBe(3);
});

test("a folder elsewhere that cannot be entered is one that could not be read", async () => {
  const [tree, elsewhere] = [temporaryFolder(), temporaryFolder()];
  writeFileSync(join(tree, "a"), "xy");
  symlinkSync("loop", join(elsewhere, "loop"));
  const folders = { dat: join(elsewhere, "loop") };
  const counts = await countLaptop({ tree, folders, filter: makeFilter() });
  expect(counts).toMatchObject({ files: 1, bytes: 2, unreadable: 1 });
});

test("refuses a tree or a folder of it that is not there, and never takes it for empty", async () => {
  const filter = makeFilter();
  const file = join(temporaryFolder(), "file");
  writeFileSync(file, "");
  for (const gone of [
    { tree: "/no/such/tree" },
    { tree: file },
    { tree: temporaryFolder(), folders: { dat: "/no/such" } },
  ]) {
    const refusal = { code: "E-LAPTOP-TREE", exitCode: 5 };
    await expect(countLaptop({ ...gone, filter })).rejects.toMatchObject(refusal);
  }
});

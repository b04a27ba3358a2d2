import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keepFile } from "../../src/state/keep-file.ts";
import { temporaryFolder } from "../support/folder.ts";

test("a text is kept whole, with its folders, for nobody else's eyes", async () => {
  const path = join(temporaryFolder(), "pimesh/pins/mom.json");
  await keepFile(path, "first\n", "the pin");
  await keepFile(path, "second\n", "the pin");
  expect(readFileSync(path, "utf8")).toBe("second\n");
  expect(readdirSync(join(path, ".."))).toEqual(["mom.json"]);
  expect((statSync(path).mode & 0o777).toString(8)).toBe("600");
  expect((statSync(join(path, "..")).mode & 0o777).toString(8)).toBe("700");
});

test("what cannot be kept is said, and leaves nothing behind", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "mom.json"));
  await expect(keepFile(join(folder, "mom.json"), "text", "what mom said", "mom")).rejects.toMatchObject({
    code: "E-STATE",
    node: "mom",
    message: expect.stringContaining(`cannot keep what mom said in ${folder}`) as string,
    hint: `ls -ld ${folder}`,
  });
  expect(readdirSync(folder)).toEqual(["mom.json"]);
});

import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ignoreLines } from "../../src/engine/ignore-file.ts";
import { planLaptopRules, type LaptopRules } from "../../src/provision/laptop-rules.ts";
import { writeLaptopRules } from "../../src/syncthing/write-laptop-rules.ts";
import { temporaryFolder } from "../support/folder.ts";

const patterns = [".DS_Store", "/scratch"];

async function planned(tree: string): Promise<LaptopRules> {
  const rules = await planLaptopRules(tree, patterns);
  if (rules === undefined || typeof rules === "string") throw new Error(`no rules: ${rules}`);
  return rules;
}

test("a tree without an ignore file gets one with the inventory's rules, and has nothing to do afterwards", async () => {
  const tree = temporaryFolder();
  const rules = await planned(tree);
  expect(rules.diff).toContain("+.DS_Store");
  await writeLaptopRules(tree, rules);
  const lines = readFileSync(join(tree, ".stignore"), "utf8").split("\n");
  expect(lines).toEqual(expect.arrayContaining(ignoreLines("syncthing", patterns)));
  expect(readdirSync(tree)).toEqual([".stignore"]);
  expect(await planLaptopRules(tree, patterns)).toBeUndefined();
});

test("the user's own lines and the file's mode stay", async () => {
  const tree = temporaryFolder();
  const own = "// mine\n!/keep\n*.iso\n";
  writeFileSync(join(tree, ".stignore"), own, { mode: 0o600 });
  await writeLaptopRules(tree, await planned(tree));
  expect(readFileSync(join(tree, ".stignore"), "utf8").startsWith(own)).toBe(true);
  expect(statSync(join(tree, ".stignore")).mode & 0o777).toBe(0o600);
});

test("a file that was changed after it was shown is left alone", async () => {
  const tree = temporaryFolder();
  const rules = await planned(tree);
  writeFileSync(join(tree, ".stignore"), "*.iso\n");
  await expect(writeLaptopRules(tree, rules)).rejects.toMatchObject({ code: "E-CHANGED-MEANWHILE" });
  expect(readFileSync(join(tree, ".stignore"), "utf8")).toBe("*.iso\n");
  expect(readdirSync(tree)).toEqual([".stignore"]);
});

test("a link and a text that is not UTF-8 are left alone, and told", async () => {
  const [linked, odd] = [temporaryFolder(), temporaryFolder()];
  symlinkSync("/nowhere/rules", join(linked, ".stignore"));
  writeFileSync(join(odd, ".stignore"), Buffer.from([0xe9, 0x0a]));
  expect(await planLaptopRules(linked, patterns)).toMatch(/no plain file/);
  expect(await planLaptopRules(odd, patterns)).toMatch(/no UTF-8 text/);
});

test("a file that cannot be written is an error that names it", async () => {
  const tree = temporaryFolder();
  const rules = await planned(tree);
  mkdirSync(join(tree, ".syncthing.pimesh-rules.tmp"));
  await expect(writeLaptopRules(tree, rules)).rejects.toMatchObject({
    code: "E-APPLY-FAILED",
    message: expect.stringContaining(".stignore could not be written") as string,
  });
});

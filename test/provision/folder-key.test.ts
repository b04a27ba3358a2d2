import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readFolderKey } from "../../src/provision/folder-key.ts";
import { noEngineSettings } from "../support/engine-settings.ts";
import { temporaryFolder } from "../support/folder.ts";

const secret = "ABYLI66VS2YU4V5TR422B3N43SHAJLHMN";

function nodeWith(text: string, mode = 0o600) {
  const keyFile = join(temporaryFolder(), "key");
  writeFileSync(keyFile, text, { mode });
  return { name: "mom", engineSettings: { ...noEngineSettings, keyFile } };
}

test("the key is the first line of its file", async () => {
  const key = await readFolderKey(nodeWith(`${secret}\r\n# of the family\n`));
  expect([key.type, key.reveal()]).toEqual(["A", secret]);
});

test.each([
  ["a file that others can read", () => nodeWith(secret, 0o644), /key: is open to others \(mode 0644\)/],
  ["a key that is none", () => nodeWith(secret.slice(1)), /key: holds a key of 32 characters/],
  ["an empty file", () => nodeWith(""), /key: holds no key in its first line/],
  ["no file", () => ({ name: "mom", engineSettings: noEngineSettings }), /no file with one is named/],
])("%s is an error of the inventory, and never says the key", async (_, make, message) => {
  const error: unknown = await readFolderKey(make()).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: "E-INVENTORY",
    node: "mom",
    message: expect.stringMatching(message) as string,
  });
  expect(String(error)).not.toContain(secret.slice(1, 9));
});

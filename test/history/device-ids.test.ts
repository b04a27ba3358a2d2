import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readDeviceIds, writeDeviceIds } from "../../src/history/device-ids.ts";
import { temporaryFolder } from "../support/folder.ts";

test("what was written is read, and is the user's alone", async () => {
  const folder = join(temporaryFolder(), "pimesh");
  await writeDeviceIds(folder, { mom: "OLD" });
  await writeDeviceIds(folder, { laptop: "L", mom: "M" });
  expect(await readDeviceIds(folder)).toEqual({ laptop: "L", mom: "M" });
  expect(readdirSync(folder)).toEqual(["devices.json"]);
  expect(statSync(join(folder, "devices.json")).mode & 0o777).toBe(0o600);
});

test.each([
  ["that is absent", undefined],
  ["that was cut", '{ "schemaVersion": 1, "dev'],
  ["of a newer pimesh", '{ "schemaVersion": 2, "devices": { "mom": "M" } }'],
  ["of another shape", '{ "schemaVersion": 1, "devices": ["M"] }'],
])("a record %s gives no names", async (_, text) => {
  const folder = temporaryFolder();
  if (text !== undefined) writeFileSync(join(folder, "devices.json"), text);
  expect(await readDeviceIds(folder)).toEqual({});
});

test("a record that cannot be kept is an error that names the file", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "devices.json"));
  await expect(writeDeviceIds(folder, {})).rejects.toMatchObject({
    code: "E-STATE",
    message: expect.stringContaining(join(folder, "devices.json")) as string,
  });
  expect(readdirSync(folder)).toEqual(["devices.json"]);
});

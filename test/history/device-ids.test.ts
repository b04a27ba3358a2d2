import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readKnownDevices, writeKnownDevices } from "../../src/history/device-ids.ts";
import { temporaryFolder } from "../support/folder.ts";

test("what was written is read, and is the user's alone", async () => {
  const folder = join(temporaryFolder(), "pimesh");
  await writeKnownDevices(folder, { devices: { mom: "OLD" }, known: ["OLD"] });
  const known = { devices: { laptop: "L", mom: "M" }, known: ["OLD", "L", "M"] };
  await writeKnownDevices(folder, known);
  expect(await readKnownDevices(folder)).toEqual(known);
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
  expect(await readKnownDevices(folder)).toEqual({ devices: {}, known: [] });
});

test("whom an older pimesh has heard is known", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "devices.json"), '{ "schemaVersion": 1, "devices": { "mom": "M" } }');
  expect(await readKnownDevices(folder)).toEqual({ devices: { mom: "M" }, known: ["M"] });
});

test("a record that cannot be kept is an error that names the file", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "devices.json"));
  await expect(writeKnownDevices(folder, { devices: {}, known: [] })).rejects.toMatchObject({
    code: "E-STATE",
    message: expect.stringContaining(join(folder, "devices.json")) as string,
  });
  expect(readdirSync(folder)).toEqual(["devices.json"]);
});

import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapeForDeviceUnit, unitNameOfPath } from "../../src/provision/unit-name.ts";
import { requires, searchPath } from "../support/requires.ts";

test.each([
  ["/media/btsync", "media-btsync"],
  ["/", "-"],
  ["//media//btsync/", "media-btsync"],
  ["/media/./btsync", "media-btsync"],
  ["/srv/my-disk", String.raw`srv-my\x2ddisk`],
  ["/.hidden/.x", String.raw`\x2ehidden-.x`],
  ["/media/a b", String.raw`media-a\x20b`],
  ["/media/größe", String.raw`media-gr\xc3\xb6\xc3\x9fe`],
  [String.raw`/a\b`, String.raw`a\x5cb`],
])("%s is the unit %s", (path, name) => {
  expect(unitNameOfPath(path)).toBe(name);
});

test("a file system's device is escaped twice over: the dashes of its UUID and the slashes of its path", () => {
  expect(escapeForDeviceUnit("2f6c-1c8e")).toBe(String.raw`dev-disk-by\x2duuid-2f6c\x2d1c8e`);
});

test.each(["media/btsync", "", "/media/../etc", "/a\0b"])("%j is no path of a unit", (path) => {
  expect(() => unitNameOfPath(path)).toThrow(RangeError);
});

describe.runIf(requires("systemd-escape"))("systemd-escape", () => {
  test("answers the same for any path", () => {
    const part = fc
      .string({ unit: "grapheme", maxLength: 6 })
      .filter((text) => !/[\0\n\r/]/.test(text) && text !== "..");
    const paths = fc.sample(fc.array(part, { maxLength: 4 }), 150).map((parts) => `/${parts.join("/")}`);
    const { stdout, stderr } = spawnSync("systemd-escape", ["--path", "--", ...paths], {
      encoding: "utf8",
      env: { PATH: searchPath },
    });
    expect(stderr).toBe("");
    // It prints the answers with blanks between; no answer holds one
    expect(stdout.trim().split(" ")).toEqual(paths.map(unitNameOfPath));
  });
});

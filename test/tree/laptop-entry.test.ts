import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { attempt, entryReader } from "../../src/tree/laptop-entry.ts";
import { temporaryFolder } from "../support/folder.ts";

const read = (reader: ReturnType<typeof entryReader>, place: string) =>
  reader(Buffer.from(place), Buffer.from("x"));

test("times are floored to seconds, to the last nanosecond, whatever the file before had", () => {
  const times: [string, number][] = [
    ["0", 0],
    ["0.000000001", 0],
    ["-0.000000001", -1],
    ["-1", -1],
    ["-1.5", -2],
    ["1.999999999", 1],
    ["1699999999.999999999", 1_699_999_999],
    ["1699999999.9999998", 1_699_999_999],
    ["1700000000", 1_700_000_000],
    ["1700000000.000000001", 1_700_000_000],
    ["1700000000.5", 1_700_000_000],
    // Where a double of milliseconds and one of seconds differ most in what they can tell.
    ["2147483648.9999997", 2_147_483_648],
    ["4102444799.999999999", 4_102_444_799],
  ];
  const folder = temporaryFolder();
  const places = times.map(([time], index) => {
    const place = join(folder, String(index));
    execFileSync("touch", ["-d", `@${time}`, place]);
    return place;
  });
  const reader = entryReader();
  for (const [before] of times.entries()) {
    for (const [index, [time, seconds]] of times.entries()) {
      read(reader, places[before] as string);
      expect([time, read(reader, places[index] as string).mtime]).toEqual([time, seconds]);
    }
  }
});

test("only files have a size, only symlinks a target", () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "d"));
  writeFileSync(join(folder, "f"), "abc");
  symlinkSync("no/such", join(folder, "l"));
  execFileSync("mkfifo", [join(folder, "p")]);
  const reader = entryReader();
  const seen = ["d", "f", "l", "p"].map((name) => {
    const { path, mtime, ...rest } = read(reader, join(folder, name));
    expect([path.toString(), typeof mtime]).toEqual(["x", "number"]);
    return rest;
  });
  expect(seen).toEqual([
    { kind: "folder", size: 0 },
    { kind: "file", size: 3 },
    { kind: "symlink", size: 0, target: Buffer.from("no/such") },
    { kind: "special", size: 0 },
  ]);
});

test("what is gone is nothing, what fails is unreadable, what is a bug stays one", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "f"), "");
  symlinkSync("loop", join(folder, "loop"));
  const reader = entryReader();
  const ask = (place: string) => attempt("n\xc3\xa9", () => read(reader, join(folder, place)));
  expect(ask("none")).toBeUndefined();
  expect(ask("f/below")).toBeUndefined();
  expect(ask("loop/below")).toEqual({ path: Buffer.from("né"), kind: "unreadable", reason: "ELOOP" });
  expect(() => attempt("x", () => Reflect.get(undefined as never, "x"))).toThrow(TypeError);
});

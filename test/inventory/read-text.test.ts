import { mkdir, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decode, largestBytes, readText } from "../../src/inventory/read-text.ts";
import { temporaryFolder } from "../support/folder.ts";

describe("decode", () => {
  test.each<[string, Buffer, string]>([
    ["UTF-8", Buffer.from("a: ä\n"), "a: ä\n"],
    ["a UTF-8 byte order mark", Buffer.from("\ufeffa: b\n"), "a: b\n"],
    ["Windows line ends", Buffer.from("a: b\r\nc: d\r\n"), "a: b\r\nc: d\r\n"],
    ["nothing", Buffer.alloc(0), ""],
  ])("takes %s", (_title, bytes, text) => {
    expect(decode(bytes)).toBe(text);
  });

  test.each<[string, Buffer, object]>([
    ["UTF-16", Buffer.from("\ufeffa: b\n", "utf16le"), { message: "is UTF-16 text; save it as UTF-8" }],
    [
      "UTF-16 of the other order",
      Buffer.from([0xfe, 0xff, 0, 0x61]),
      { message: "is UTF-16 text; save it as UTF-8" },
    ],
    [
      "a NUL byte",
      Buffer.from("a: b\nc: \0"),
      { line: 2, column: 4, message: "holds a NUL byte: it is binary or UTF-16, not UTF-8 text" },
    ],
    [
      "Latin-1",
      Buffer.from("a: b\nname: Jos\xe9 x\n", "latin1"),
      { line: 2, column: 10, message: "is not valid UTF-8; save it as UTF-8" },
    ],
    [
      "a cut character at the end",
      Buffer.from([0x61, 0xc3]),
      { line: 1, column: 2, message: "is not valid UTF-8; save it as UTF-8" },
    ],
    [
      "line ends of old Macs",
      Buffer.from("a: b\rc: d\r"),
      {
        line: 1,
        column: 5,
        message: "a line ends in a lone carriage return; save the file with ordinary line ends",
      },
    ],
  ])("refuses %s", (_title, bytes, problem) => {
    expect(decode(bytes)).toEqual(problem);
  });
});

describe("readText", () => {
  test("reads a file up to its last byte", async () => {
    const path = join(temporaryFolder(), "x.yaml");
    const text = `# ${"x".repeat(largestBytes - 3)}\n`;
    await writeFile(path, text);
    expect(await readText(path)).toBe(text);
  });

  test("refuses a large file by its size, without reading it", async () => {
    const path = join(temporaryFolder(), "x.yaml");
    await writeFile(path, "");
    // Sparse: a reader would need minutes for it.
    await truncate(path, 2 ** 40);
    expect(await readText(path)).toEqual({ message: "is larger than 1 MiB: this is not an inventory" });
  });

  test.each<[string, (path: string) => Promise<unknown>, string]>([
    ["a folder", async (path) => mkdir(path), "is a folder, not a file"],
    ["an endless device", async (path) => symlink("/dev/zero", path), "is not a regular file"],
    ["a link that leads nowhere", async (path) => symlink("gone", path), "is a link that leads nowhere"],
    ["a link to itself", async (path) => symlink("x.yaml", path), "is a link that leads in a circle"],
  ])("refuses %s", async (_title, make, message) => {
    const path = join(temporaryFolder(), "x.yaml");
    await make(path);
    expect(await readText(path)).toEqual({ message });
  });

  test("refuses a path through a file", async () => {
    const path = join(temporaryFolder(), "x.yaml");
    await writeFile(path, "");
    expect(await readText(join(path, "y"))).toEqual({
      message: "cannot be there: a part of its path is not a folder",
    });
  });
});

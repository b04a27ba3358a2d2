import { existsSync, readFileSync, realpathSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { misfit, readProgramFile, type ProgramFile } from "../../src/engine/program-file.ts";
import { elfFile } from "../support/elf.ts";

describe("a program", () => {
  test.each([
    [{ bits: 32, machine: 40, interpreter: "/lib/ld-linux-armhf.so.3" }],
    [{ bits: 64, machine: 183, interpreter: "/lib/ld-linux-aarch64.so.1" }],
    [{ bits: 64, machine: 62, interpreter: undefined }],
  ] as const)("tells its machine and its loader: %o", ({ interpreter, ...rest }) => {
    const file = elfFile({ ...rest, ...(interpreter === undefined ? {} : { interpreter }) });
    expect(readProgramFile(file)).toEqual({ kind: "elf", ...rest, interpreter });
  });

  test.runIf(existsSync("/proc/self/exe"))("of this very machine is read as the kernel reads it", () => {
    const program = readProgramFile(readFileSync(realpathSync("/proc/self/exe")));
    expect(program).toMatchObject({ kind: "elf", interpreter: expect.stringMatching(/^\/lib.*ld-/) });
  });

  test("that is a script runs anywhere", () => {
    const script = readProgramFile(Buffer.from("#!/bin/sh\n"));
    expect(script).toEqual({ kind: "script" });
    expect(misfit(script as ProgramFile, "armv6l")).toBeUndefined();
  });
});

describe("what is no program is told apart", () => {
  test.each([
    ["nothing at all", "", "is no program for Linux: it is empty"],
    ["the vendor's archive", "\x1f\x8b\x08", "a packed archive: unpack it first (tar xzf)"],
    ["a zip", "PK\x03\x04", "a zip archive"],
    ["a package", "!<arch>\ndebian", "a package: the program lies in it (dpkg-deb -x)"],
    ["a page that says 404", "\n<!DOCTYPE html>", "a web page"],
    ["a text", "hello", "is no program for Linux"],
    ["a header that is cut off", "\x7fELF\x01\x01\x01", "its ELF header is cut off"],
    ["one for a big-endian machine", `\x7fELF\x01\x02${"\0".repeat(60)}`, "of another byte order"],
  ])("%s", (_, text, problem) => {
    expect(readProgramFile(Buffer.from(text, "latin1"))).toEqual({
      problem: expect.stringContaining(problem),
    });
  });

  test("and no bytes make it fail", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 300 }), (noise, at) => {
        const file = elfFile({ machine: 40, interpreter: "/lib/ld.so", size: 400 });
        file.set(noise.subarray(0, 100), at);
        for (const bytes of [file, file.subarray(0, at), noise]) {
          expect(() => readProgramFile(bytes)).not.toThrow();
        }
      }),
    );
  });
});

describe("which machine runs it", () => {
  test.each([
    [40, "armv6l", true],
    [40, "armv7l", true],
    [40, "aarch64", true],
    [40, "x86_64", false],
    [183, "aarch64", true],
    [183, "armv7l", false],
    [3, "x86_64", true],
    [62, "i686", false],
    [62, "aarch64", false],
    [8, "armv7l", false],
    // A kernel of which we know nothing is for the node to say
    [40, "riscv64", true],
  ])("the machine number %i on %s: %s", (machine, architecture, runs) => {
    const found = misfit({ kind: "elf", bits: 32, machine, interpreter: undefined }, architecture);
    expect(found === undefined).toBe(runs);
  });

  test("a refusal names both", () => {
    expect(misfit({ kind: "elf", bits: 64, machine: 62, interpreter: undefined }, "armv7l")).toBe(
      "is for 64-bit Intel, and the node's kernel is armv7l",
    );
  });
});

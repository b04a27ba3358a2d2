import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { sh } from "../../src/core/shell.ts";
import { bootstrap, encodeScript, handshake, packScript, rootBootstrap } from "../../src/ssh/bootstrap.ts";
import { temporaryFolder } from "../support/folder.ts";
import { requires } from "../support/requires.ts";

// Real logins and shells, on machines that may have better things to do.
vi.setConfig({ testTimeout: 30_000 });

describe("the text that a login shell parses", () => {
  const text = bootstrap("0123456789abcdef0123456789abcdef");

  test("is read alike by sh, bash, dash, fish and csh, and short", () => {
    const [, quoted = ""] = /^exec \/bin\/sh -c '([^']*)' [0-9a-f]{32}$/.exec(text) ?? [];
    expect(quoted).not.toBe("");
    expect(quoted).not.toMatch(/['\\!\n]/);
    expect(text.length).toBeLessThan(1024);
  });

  test("does not contain the word that a shell answers with", () => {
    expect(text).not.toContain("READY:0123456789abcdef");
  });

  test("root's shell is started with the payload's stdin untouched, and no secret in its arguments", () => {
    expect(rootBootstrap("abc", "PASSWORD:x").text).toMatch(/^exec sudo -S -p PASSWORD:x -- \/bin\/sh -c '/);
    expect(rootBootstrap("abc", undefined).text).toMatch(/^exec sudo -n -- \/bin\/sh -c '/);
  });
});

describe.each([
  ["dash", []],
  ["bash", []],
  ["busybox", ["ash"]],
])("a script for %s", (program, args) => {
  const there = requires(program);

  test.runIf(there).each([
    ["as it is", encodeScript],
    ["packed", packScript],
  ])("arrives %s byte for byte, with the payload behind it", (_, encode) => {
    fc.assert(
      fc.property(anyText(), fc.uint8Array({ maxLength: 200 }), (text, payload) => {
        const input = Buffer.concat([encode(sh`printf %s ${text}; exec cat`), payload]);
        const { stdout, status } = spawnSync(program, [...args, "-c", handshake, "nonce"], { input });
        expect(status).toBe(0);
        const expected = Buffer.concat([Buffer.from("READY:nonce gzip\n"), Buffer.from(text), payload]);
        expect(Buffer.compare(stdout, expected)).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  test.runIf(there)("that is cut off does not run at all", () => {
    const whole = encodeScript(sh`echo one; echo two`);
    const { stdout } = spawnSync(program, [...args, "-c", handshake, "nonce"], {
      input: whole.subarray(0, 12),
    });
    expect(String(stdout)).toBe("READY:nonce gzip\n");
  });

  test.runIf(there).each([
    ["damaged", (packed: Buffer) => Buffer.concat([packed.subarray(0, 20), packed.subarray(21)])],
    ["changed", (packed: Buffer) => packed.map((byte, at) => (at === packed.length - 6 ? byte ^ 1 : byte))],
    ["cut off", (packed: Buffer) => packed.subarray(0, -1)],
  ])("that is packed and %s does not run at all", (_, damage) => {
    const packed = packScript(sh`echo ${"one and two and ".repeat(50)}`);
    expect(packed.subarray(0, 1).toString()).toBe("@");
    const damaged = damage(packed);
    const { stdout, status } = spawnSync(program, [...args, "-c", handshake, "nonce"], { input: damaged });
    expect(String(stdout)).toBe("READY:nonce gzip\n");
    expect(status).not.toBe(0);
  });

  test.runIf(there)("that begins like a packed one is none", () => {
    const input = encodeScript(sh`@ || echo none`);
    const { stdout } = spawnSync(program, [...args, "-c", handshake, "nonce"], { input });
    expect(String(stdout)).toBe("READY:nonce gzip\nnone\n");
  });

  test.runIf(there)("is not packed for a shell without gzip", () => {
    const path = temporaryFolder();
    const shell = spawnSync("sh", ["-c", `command -v ${program}`])
      .stdout.toString()
      .trim();
    const input = encodeScript(sh`echo there`);
    const { stdout } = spawnSync(shell, [...args, "-c", handshake, "nonce"], { input, env: { PATH: path } });
    expect(String(stdout)).toMatch(/^READY:nonce(?: gzip)?\nthere\n$/);
  });

  test.runIf(there)("gives its exit code, also when it leaves early", () => {
    const input = encodeScript(sh`(exit 3); exit 42; echo never`);
    expect(spawnSync(program, [...args, "-c", handshake, "nonce"], { input }).status).toBe(42);
  });
});

/** Text that hurts: every character, and those that shells and printf take for more than text. */
function anyText(): fc.Arbitrary<string> {
  const special = fc.constantFrom(
    "\\",
    "\\0",
    "\\c",
    "\\n",
    "%b",
    "'",
    '"',
    "$(id)",
    "`",
    "\n",
    "\t",
    "\r",
    "é",
    "🍓",
    "\\0101",
  );
  const piece = fc.oneof(
    special,
    fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", "")),
  );
  return fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
}

import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quote, script, secret, sh, type Command } from "../../src/core/shell.ts";

const shells = ["sh", "dash", "bash", "busybox"].filter(
  (name) => spawnSync(name, ["--help"]).error === undefined,
);

function runIn(shell: string, command: Command): string {
  const args = shell === "busybox" ? ["sh", "-c", command.text] : ["-c", command.text];
  return spawnSync(shell, args, { encoding: "utf8" }).stdout;
}

describe.each(shells)("quoted words in %s", (shell) => {
  test.each([
    ["a blank", "two words"],
    ["a single quote", "it's"],
    ["double quotes", '"quoted"'],
    ["a command substitution", "$(id)"],
    ["back-ticks", "`id`"],
    ["a variable", "$HOME"],
    ["a newline", "one\ntwo"],
    ["a backslash", "a\\b\\"],
    ["a star", "*"],
    ["a tilde", "~"],
    ["a leading dash", "-rf"],
    ["an emoji", "🍓"],
    ["nothing", ""],
    ["a semicolon", "; reboot"],
    ["an assignment", "a=b"],
  ])("%s arrives as one word", (_, word) => {
    expect(runIn(shell, sh`printf '<%s>' ${word}`)).toBe(`<${word}>`);
  });

  test("any word arrives as it is", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", "")),
          { maxLength: 4 },
        ),
        (words) => {
          const expected = words.map((word) => `<${Buffer.from(word).toString()}>`).join("");
          expect(runIn(shell, sh`set -- ${words}; for word do printf '<%s>' "$word"; done`)).toBe(expected);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe("the quoting tag", () => {
  test("a command goes into another as it stands", () => {
    expect(sh`if true; then ${sh`echo ${"a b"}`}; fi`.text).toBe("if true; then echo 'a b'; fi");
  });

  test("a secret is in the text and never in what is shown", () => {
    const command = script(sh`connect ${"home wifi"} ${secret("it's me")}`, sh`true`);
    expect(command.text).toContain(String.raw`'it'\''s me'`);
    expect(command.shown).toBe("connect 'home wifi' ***\ntrue");
  });

  test("a NUL byte is refused, since no shell can pass it on", () => {
    expect(() => quote("a\0b")).toThrow(RangeError);
  });

  test("the shell's own escapes are left alone", () => {
    expect(sh`printf '%s\n' ${1}`.text).toBe(String.raw`printf '%s\n' 1`);
  });
});

import { execFileSync, spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { pasteable } from "../../src/report/pasteable.ts";

const shells = ["sh", "dash", "bash"].filter((name) => spawnSync(name, ["-c", ":"]).error === undefined);

test.each([
  ["photos/a.jpg", "photos/a.jpg"],
  ["it's mine", String.raw`'it'\''s mine'`],
  ["Übung 🍓", "'Übung 🍓'"],
  ["a\nb", String.raw`"$(printf -- 'a\012b')"`],
  ["50%\t'x'", String.raw`"$(printf -- '50\045\011\047x\047')"`],
  ["a\u202eb", String.raw`"$(printf -- 'a\342\200\256b')"`],
  ["-n", "-n"],
])("%j is pasted as %s", (name, word) => {
  expect(pasteable(Buffer.from(name))).toBe(word);
});

test("bytes that are no text are written as such", () => {
  expect(pasteable(Buffer.from("caf\xe9", "latin1"))).toBe(String.raw`"$(printf -- 'caf\351')"`);
});

test("a name that no command could hold gets none", () => {
  expect(pasteable(Buffer.from("a\n"))).toBeUndefined();
});

test.each(shells)("any name arrives in %s as it is", { timeout: 60_000 }, (shell) => {
  const byte = fc.oneof(
    fc.integer({ min: 1, max: 255 }),
    fc.constantFrom(...Buffer.from(" '\"\\%$`!*~-\n\t")),
  );
  fc.assert(
    fc.property(fc.array(byte, { minLength: 1, maxLength: 12 }), (bytes) => {
      const name = Buffer.from(bytes);
      const word = pasteable(name);
      fc.pre(word !== undefined);
      expect(execFileSync(shell, ["-c", `printf %s ${word}`])).toEqual(name);
    }),
    { numRuns: 150 },
  );
});

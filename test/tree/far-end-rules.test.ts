import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { asciiJson, farEndRules, rulesHash } from "../../src/tree/far-end-rules.ts";
import { makeFilter } from "../../src/tree/filter.ts";

/** As the node writes them, to be told apart from others. */
const program = `
import json, sys
for line in sys.stdin:
    print(json.dumps(json.loads(line), sort_keys=True, separators=(",", ":")))
`;

test("rules are known by the same hash on the laptop and in Python, whatever the names", () => {
  const ignored = fc.array(fc.string({ unit: "binary", minLength: 1, maxLength: 6 }), { maxLength: 5 });
  const filters = fc
    .sample(fc.tuple(ignored, ignored), 50)
    .concat([[["Thumbs.db", "a/b*", "é", "\u007f", '"', "\\", "😀"], ["swapfile"]]])
    .map(([ignore, outside]) => makeFilter({ ignore, outside }));
  const written = execFileSync("/usr/bin/python3", ["-I", "-c", program], {
    input: filters.map((filter) => `${asciiJson(farEndRules(filter))}\n`).join(""),
    encoding: "utf8",
  });
  expect(filters.map(rulesHash)).toEqual(
    written
      .trimEnd()
      .split("\n")
      .map((line) => createHash("sha256").update(line).digest("hex")),
  );
});

test("another pattern makes another hash", () => {
  expect(rulesHash(makeFilter({ ignore: [".DS_Store"] }))).not.toBe(rulesHash(makeFilter({ ignore: [] })));
});

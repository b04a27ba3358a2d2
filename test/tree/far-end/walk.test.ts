import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { farEnd } from "../../../src/tree/far-end.ts";
import { asciiJson, farEndRules } from "../../../src/tree/far-end-rules.ts";
import { makeFilter } from "../../../src/tree/filter.ts";
import { pythonPath } from "../../support/python-far-end.ts";
import { meaningfulNames, oddNames } from "../../support/random-tree.ts";

vi.setConfig({ testTimeout: 60_000 });

test("a folder that is waved through as a whole holds no name that does not count", () => {
  const name = fc.oneof(
    fc.constantFrom(...oddNames, ...meaningfulNames),
    fc.stringMatching(/^[ab.]{1,4}$/),
    fc.constantFrom("a.TMP", "b.bts", "a.Rsls", ".STFOLDER", "swapfile", "a~syncthing~b", "x.!Sync.jpg"),
  );
  const pattern = fc.oneof(
    fc.stringMatching(/^[ab.*?]{1,4}$/),
    fc.stringMatching(/^\/[ab.*?]{1,3}$/),
    fc.stringMatching(/^[ab*?]{1,2}\/[ab.*?]{1,3}$/),
  );
  const cases = fc.sample(
    fc.record({
      rules: fc
        .record({
          ignore: fc.array(pattern, { maxLength: 4 }),
          outside: fc.subarray(["swapfile", "a/b", "b/a.b", ".pimesh"]),
        })
        .map((options) => farEndRules(makeFilter(options))),
      folder: fc.constantFrom("", "a/", "b/", "a/b/"),
      names: fc.array(name, { minLength: 1, maxLength: 4 }),
    }),
    2000,
  );
  const judge = `
import json, sys
waved = wrong = 0
for case in json.loads(sys.stdin.read()):
    rules = Rules(case["rules"])
    folder = case["folder"].encode("latin-1")
    names = [name.encode("latin-1") for name in case["names"]]
    depth = folder.count(b"/") + 1
    verdicts = [rules.verdict(folder + name, name, depth, is_folder) for name in names for is_folder in (False, True)]
    if rules.all_count(names, depth):
        waved += 1
        wrong += verdicts.count("counts") < len(verdicts)
print(waved, wrong)
`;
  const told = execFileSync("python3", ["-IS", "-c", farEnd("walk.py") + judge], {
    input: asciiJson(cases),
    env: { PATH: pythonPath },
  });
  const [waved, wrong] = told.toString().trim().split(" ").map(Number);
  expect(wrong).toBe(0);
  expect(waved).toBeGreaterThan(200);
});

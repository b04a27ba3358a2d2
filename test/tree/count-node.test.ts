import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";

import { countNode } from "../../src/tree/count-node.ts";
import { makeFilter } from "../../src/tree/filter.ts";
import { scanLaptop } from "../../src/tree/scan-laptop.ts";
import { countTree } from "../../src/tree/scan.ts";
import { temporaryFolder } from "../support/folder.ts";
import { listers, type ListerUnderTest } from "../support/listers.ts";
import type { LocalOptions } from "../support/local-connection.ts";
import { plant, trees } from "../support/random-tree.ts";
import { sparseFile } from "../support/sparse-file.ts";

// Many processes are started: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

const all = listers();

function counting(
  lister: ListerUnderTest,
  tree: string,
  ignore: readonly string[] = [],
  local: LocalOptions = {},
) {
  return countNode({
    connection: lister.connection(local),
    tree,
    mount: undefined,
    filter: makeFilter({ ignore, outside: ["swapfile"] }),
    tools: async () => lister.tools,
  });
}

/** Short names over few letters, so that rules and files meet; with what fnmatch takes for special. */
const names = [
  "a",
  "b",
  "ab",
  "a.b",
  "a*",
  "[a]",
  "[!a]b",
  "]",
  "a\\b",
  "*",
  "?",
  "-name",
  "(",
  "!",
  ".a",
  "é",
  "swapfile",
];
const patternName = fc
  .array(fc.constantFrom("a", "b", "*", "?", "[", "]", "!", ".", "(", "-"), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(""));
const pattern = fc
  .oneof(
    patternName,
    patternName.map((one) => `/${one}`),
    fc.tuple(patternName, patternName).map((parts) => parts.join("/")),
    fc.tuple(patternName, patternName, patternName).map((parts) => parts.join("/")),
  )
  // The matcher and find have to agree on these too, although an inventory may not hold them.
  .filter((one) => !/\*\*|^\/?\*$/.test(one));

test("counting by find's own expression equals counting by our matcher", async () => {
  const tree = trees(
    [...names.map((name) => Buffer.from(name).toString("latin1")), "x.!sync", ".syncthing.x", "c.bts"],
    60,
  );
  await fc.assert(
    fc.asyncProperty(tree, fc.array(pattern, { minLength: 1, maxLength: 6 }), async (planned, ignore) => {
      const folder = execFileSync("mktemp", ["-d"]).toString().trim();
      plant(folder, planned);
      const expected = await countTree(
        scanLaptop({ tree: folder, filter: makeFilter({ ignore, outside: ["swapfile"] }) }),
      );
      for (const lister of all) {
        expect(
          await counting(lister, folder, ignore),
          `${lister.name} with ${JSON.stringify(ignore)}`,
        ).toEqual(expected);
      }
      rmSync(folder, { recursive: true });
    }),
    { numRuns: 4 },
  );
});

describe.each(all.slice(0, 3))("$name", (lister) => {
  test.each(["(", ")", "!", "(*", "-o", ","])("takes the pattern %s for a name", async (sign) => {
    const tree = temporaryFolder();
    for (const name of ["(", ")", "!", "(1)", "-o", ",", "kept"]) writeFileSync(join(tree, name), "x");
    const expected = await countTree(scanLaptop({ tree, filter: makeFilter({ ignore: [sign, "/a"] }) }));
    expect(expected.files).toBeLessThan(7);
    expect(await counting(lister, tree, [sign, "/a"])).toEqual(expected);
  });

  test("counts more bytes than 32 bits hold, exactly", async () => {
    const tree = temporaryFolder();
    for (const [name, size] of [
      ["large", 5 * 2 ** 30 + 1],
      ["other", 3 * 2 ** 30 + 2],
    ] as const) {
      sparseFile(join(tree, name), size);
    }
    execFileSync("touch", ["-d", "@4000000000.9", join(tree, "large")]);
    writeFileSync(join(tree, "arriving.!sync"), "xxx");
    symlinkSync("large", join(tree, "link"));
    execFileSync("mkfifo", [join(tree, "pipe")]);
    expect(await counting(lister, tree)).toEqual({
      files: 2,
      bytes: 8 * 2 ** 30 + 3,
      folders: 0,
      symlinks: 1,
      specials: 1,
      inFlight: 1,
      unreadable: 0,
      newest: 4_000_000_000,
    });
  });

  test("counts an empty tree as empty", async () => {
    expect(await counting(lister, temporaryFolder())).toMatchObject({
      files: 0,
      bytes: 0,
      newest: undefined,
    });
  });

  test("says how many places it could not read", async () => {
    const tree = temporaryFolder();
    execFileSync("chmod", ["755", tree]);
    for (const name of ["shut", "open"]) {
      mkdirSync(join(tree, name));
      writeFileSync(join(tree, name, "f"), "");
    }
    execFileSync("chmod", ["000", join(tree, "shut")]);
    expect(await counting(lister, tree, [], { user: "65534" })).toMatchObject({
      files: 1,
      folders: 1,
      unreadable: 1,
    });
  });

  test("refuses to count what is not there", async () => {
    await expect(counting(lister, "/no/such/tree")).rejects.toMatchObject({ code: "E-TREE-ABSENT" });
  });
});

import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { countByFind } from "../../src/tree/count-by-find.ts";
import { makeFilter } from "../../src/tree/filter.ts";
import { scanLaptop, type LaptopScanOptions } from "../../src/tree/scan-laptop.ts";
import { countTree } from "../../src/tree/scan.ts";
import { asNobody } from "../support/as-nobody.ts";
import { temporaryFolder } from "../support/folder.ts";
import { busyboxTools } from "../support/listers.ts";
import { meaningfulNames, oddNames, plant, trees } from "../support/random-tree.ts";
import { sparseFile } from "../support/sparse-file.ts";

// Many processes are started: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

afterEach(() => void vi.unstubAllEnvs());

const counted = async (options: LaptopScanOptions) => countByFind(options, () => {});
const byNode = async (options: LaptopScanOptions) => countTree(scanLaptop(options));

/** Stands in front of the system's own find, whose place it is told as `$find`. */
function otherFind(text: string): void {
  const folder = temporaryFolder();
  const find = execFileSync("sh", ["-c", "command -v find"]).toString().trim();
  writeFileSync(join(folder, "find"), `#!/bin/sh\nfind=${find}\n${text}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${folder}:${process.env["PATH"]}`);
}

function write(folder: string, paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), "");
  }
}

function someTree(): LaptopScanOptions {
  const tree = temporaryFolder();
  for (const folder of ["a", "a/b", "c"]) mkdirSync(join(tree, folder));
  for (const file of ["1", "a/2", "a/b/3", "c/4"]) writeFileSync(join(tree, file), "x");
  return { tree, filter: makeFilter() };
}

describe.runIf(process.platform === "linux")("find's count", () => {
  test("is that of the walk by Node, whatever the names, the rules, and the folders that lie elsewhere", async () => {
    const part = fc.constantFrom(
      "a",
      "a-b",
      "*",
      "?",
      "a*",
      "*.tmp",
      "cache",
      "[a]",
      "\\",
      "'",
      "é",
      "dat",
      "Photo.JPG",
    );
    const pattern = fc
      .tuple(fc.constantFrom("", "/"), fc.array(part, { minLength: 1, maxLength: 3 }))
      .map(([start, parts]) => start + parts.join("/"))
      .filter((one) => !/^\/?\*$/.test(one));
    const tree = trees([...oddNames, ...meaningfulNames, "dat"], 40);
    const rules = fc.array(pattern, { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(tree, tree, rules, fc.boolean(), async (planned, more, ignore, isElsewhere) => {
        const [here, there] = [1, 2].map(() => execFileSync("mktemp", ["-d"]).toString().trim()) as [
          string,
          string,
        ];
        plant(here, planned);
        plant(there, more);
        const options = {
          tree: here,
          filter: makeFilter({ ignore, outside: ["swapfile", "a/a"] }),
          folders: isElsewhere ? { dat: there } : {},
        };
        expect(await counted(options)).toEqual(await byNode(options));
        for (const folder of [here, there]) rmSync(folder, { recursive: true });
      }),
      { numRuns: 20 },
    );
  });

  test("keeps the rules of the whole tree in a folder that lies elsewhere, and never looks at what it covers", async () => {
    const [tree, dat] = [temporaryFolder(), temporaryFolder()];
    write(tree, ["dat/covered", "skip/kept", "dat-x", ".stversions/old"]);
    // At the tree's root some of these would be ours or an engine's; here they are the user's.
    write(dat, [".stversions/kept", ".stignore", "dat/kept", "a/kept/kept"]);
    write(dat, ["skip/no", "a/skip/no", "own/no", ".syncthing.x/no", "a/cache/no", "a/no", "b.tmp"]);
    const filter = makeFilter({
      ignore: ["/dat/skip", "d?t/*/skip", "cache", "dat/a/*", "/dat/b.tmp", "/skip/no"],
      outside: ["dat/own"],
    });
    const options = { tree, filter, folders: { dat } };
    const found = await counted(options);
    expect(found).toEqual(await byNode(options));
    expect(found).toMatchObject({ files: 6, folders: 6 });
  });

  test("knows every kind, floors times and adds up more bytes than 32 bits hold", async () => {
    const tree = temporaryFolder();
    for (const [name, size] of [
      ["large", 5 * 2 ** 30 + 1],
      ["other", 3 * 2 ** 30 + 2],
    ] as const) {
      sparseFile(join(tree, name), size);
      execFileSync("touch", ["-d", "@-1.5", join(tree, name)]);
    }
    execFileSync("mkfifo", [join(tree, "pipe")]);
    symlinkSync("/", join(tree, "link"));
    mkdirSync(join(tree, "folder"));
    const options = { tree, filter: makeFilter() };
    expect(await counted(options)).toEqual({
      files: 2,
      bytes: 8 * 2 ** 30 + 3,
      folders: 1,
      symlinks: 1,
      specials: 1,
      inFlight: 0,
      unreadable: 0,
      newest: -2,
    });
    execFileSync("touch", ["-d", "@1999999999.999999999", join(tree, "large")]);
    expect((await counted(options))?.newest).toBe(1_999_999_999);
  });

  test("of an empty tree has no newest file", async () => {
    const options = { tree: temporaryFolder(), filter: makeFilter() };
    expect(await counted(options)).toEqual(await byNode(options));
  });

  test("takes the tree behind a symlink, and goes to the end of paths longer than the system takes", async () => {
    const tree = temporaryFolder();
    const name = "n".repeat(250);
    const deeper = `for i in $(seq 20); do mkdir ${name}; cd -P ${name} 2>/dev/null || cd ${name}; : >f$i; done`;
    execFileSync("sh", ["-c", deeper], { cwd: tree });
    symlinkSync(tree, join(tree, "itself"));
    try {
      const found = await counted({ tree: join(tree, "itself"), filter: makeFilter() });
      expect(found).toMatchObject({ files: 20, folders: 20, symlinks: 1 });
    } finally {
      execFileSync("rm", ["-rf", join(tree, name)]);
    }
  });

  test("tells a folder that may not be read, and leaves one whose names alone can be read to the walk by Node", () => {
    const tree = temporaryFolder();
    chmodSync(tree, 0o755);
    for (const folder of ["open", "shut", "shut too", ".stversions"]) {
      mkdirSync(join(tree, folder));
      writeFileSync(join(tree, folder, "f"), "");
    }
    for (const folder of ["shut", "shut too", ".stversions"]) chmodSync(join(tree, folder), 0);
    const found = (): unknown =>
      JSON.parse(
        asNobody(
          {
            countByFind: "tree/count-by-find.ts",
            countTree: "tree/scan.ts",
            makeFilter: "tree/filter.ts",
            scanLaptop: "tree/scan-laptop.ts",
          },
          `const options = { tree: ${JSON.stringify(tree)}, filter: makeFilter() };
          const newest = undefined;
          const one = await countByFind(options, () => {});
          const other = await countTree(scanLaptop(options));
          console.log(JSON.stringify([one && { ...one, newest }, { ...other, newest }]));`,
        ),
      );
    const expected = { files: 1, bytes: 0, folders: 1, symlinks: 0, specials: 0, inFlight: 0, unreadable: 2 };
    expect(found()).toEqual([expected, expected]);
    chmodSync(join(tree, "shut too"), 0o744);
    expect(found()).toEqual([null, { ...expected, folders: 2 }]);
  });

  test("does not mind a tree that changes while it is read", async () => {
    const tree = temporaryFolder();
    for (let index = 0; index < 20; index += 1) {
      const folder = join(tree, index % 2 === 0 ? `still${index}` : `moving${index}`);
      mkdirSync(folder);
      for (let file = 0; file < 8; file += 1) writeFileSync(join(folder, `f${file}`), "");
    }
    let round = 0;
    const churn = setInterval(() => {
      const folder = join(tree, `moving${((round += 1) % 10) * 2 + 1}`);
      renameSync(folder, `${folder}-moved`);
      rmSync(`${folder}-moved`, { recursive: true });
      mkdirSync(folder);
      writeFileSync(join(folder, "f"), "");
    }, 0);
    try {
      for (let run = 0; run < 20; run += 1) {
        const found = await counted({ tree, filter: makeFilter() });
        expect(found?.files).toBeGreaterThanOrEqual(80);
        expect(found?.unreadable).toBe(0);
      }
    } finally {
      clearInterval(churn);
    }
  });

  test("takes what has vanished for what it is, and not for an error", async () => {
    otherFind(`echo "find: './gone': No such file or directory" >&2; "$find" "$@"; exit 1`);
    expect(await counted(someTree())).toMatchObject({ files: 4, folders: 3 });
  });

  test.each([
    ["ends early by itself", `"$find" "$@" | head -c 60; exit 2`],
    ["ends early without a word", `"$find" "$@" | head -c 60; exit 1`],
    ["breaks off within a record", `"$find" "$@" | head -c 60`],
    ["is killed", `case $1 in -*) ;; *) kill -9 $$ ;; esac; "$find" "$@"`],
    ["cannot read something", `echo "find: './a': Input/output error" >&2; "$find" "$@"; exit 1`],
    ["says what nobody understands", `echo "find: out of memory" >&2; "$find" "$@"; exit 1`],
    ["is not GNU's", `case $1 in --version) echo "find (uutils) 0.8" ;; *) "$find" "$@" ;; esac`],
    ["is not there", "exit 127"],
    ["prints something else", String.raw`case $1 in -*) "$find" "$@" ;; *) printf 'a\0b\0' ;; esac`],
  ])("is not taken from a find that %s", async (_, text) => {
    otherFind(text);
    expect(await counted(someTree())).toBeUndefined();
  });

  test("is not taken from busybox", async () => {
    vi.stubEnv("PATH", `${busyboxTools()}:${process.env["PATH"]}`);
    expect(await counted(someTree())).toBeUndefined();
  });

  test.each<Partial<LaptopScanOptions>>([{ tree: "/no/such/tree" }, { folders: { dat: "/no/such" } }])(
    "is not taken of %j, which is not there",
    async (gone) => {
      expect(await counted({ ...someTree(), ...gone })).toBeUndefined();
    },
  );

  test("ends at once when it is interrupted, and find with it", async () => {
    const tree = temporaryFolder();
    otherFind(`case $1 in -*) exec "$find" "$@" ;; esac; echo $$ >${tree}/pid; exec sleep 600`);
    const interrupt = new AbortController();
    const counting = counted({ tree, filter: makeFilter(), signal: interrupt.signal });
    const pid = await vi.waitUntil(() => {
      const text = execFileSync("sh", ["-c", `cat ${tree}/pid || true`], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      return Number(text.toString()) || undefined;
    });
    interrupt.abort();
    await expect(counting).rejects.toMatchObject({ name: "AbortError" });
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  test("says how far it is", async () => {
    const seen: number[] = [];
    await countByFind(someTree(), (entries) => void seen.push(entries));
    expect(seen.at(-1)).toBe(7);
  });
});

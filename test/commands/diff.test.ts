import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { Fleet, put, told, withoutPython } from "../support/diff-fleet.ts";
import { temporaryFolder } from "../support/folder.ts";
import { rsyncDiff } from "../support/rsync-diff.ts";
import { oddNames, plant, trees, type Planned } from "../support/random-tree.ts";

// Many processes are started: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 180_000 });

test("a line for each difference, the totals after them, exit code 1", async () => {
  const fleet = new Fleet();
  put(join(fleet.laptop, "same.txt"), "same");
  put(join(fleet.tree("mom"), "same.txt"), "same");
  put(join(fleet.laptop, "photos/new\n.jpg"), "12345");
  put(join(fleet.tree("mom"), "old.mkv"), "123");
  put(join(fleet.laptop, "notes.txt"), "long text");
  put(join(fleet.tree("mom"), "notes.txt"), "text");
  put(join(fleet.laptop, "time.txt"), "x", 0);
  put(join(fleet.tree("mom"), "time.txt"), "x", 1);
  const { code, out } = await fleet.diff("laptop", "mom");
  expect(code).toBe(1);
  expect(out).toBe(
    [
      "* notes.txt\tsize: 9B on laptop, 4B on mom",
      "- old.mkv\t3B",
      "+ photos/",
      "+ photos/new\\x0a.jpg\t5B",
      "* time.txt\tmtime: 1970-01-01T00:00:00Z on laptop, 1970-01-01T00:00:01Z on mom",
      ...out.split("\n").filter((line) => line.startsWith("#")),
      "",
    ].join("\n"),
  );
  expect(
    out
      .split("\n")
      .filter((line) => line.startsWith("#"))
      .map((line) => line.trim().split(/ {2,}/)),
  ).toEqual(expect.arrayContaining([expect.arrayContaining(["laptop", "4", "19B"])]));
  expect(fleet.opened).toBe(0);
});

test("no two names look the same, and the totals explain themselves", async () => {
  const fleet = new Fleet();
  put(join(fleet.laptop, "a\n"), "");
  put(join(fleet.laptop, "a\\x0a"), "");
  put(join(fleet.laptop, "b"), "");
  put(join(fleet.laptop, "b  "), "");
  const { out } = await fleet.diff("laptop", "mom");
  expect(out.split("\n").filter((line) => line.startsWith("+"))).toEqual([
    "+ a\\x0a\t0B",
    "+ a\\\\x0a\t0B",
    "+ b\t0B",
    "+ b\\x20\\x20\t0B",
  ]);
  expect(out).toMatch(/^# .*files +bytes +folders,links$/m);
});

test("trees that are the same give exit code 0 and only totals", async () => {
  const fleet = new Fleet();
  put(join(fleet.tree("mom"), "a"), "x");
  cpSync(fleet.tree("mom"), fleet.tree("grandma"), { recursive: true, preserveTimestamps: true });
  const { code, out, err } = await fleet.diff("mom", "grandma");
  expect(code).toBe(0);
  expect(out.split("\n").every((line) => line === "" || line.startsWith("#"))).toBe(true);
  expect(err).toBe("");
});

test("JSON is version 1, with bytes beside a name that is not UTF-8", async () => {
  const fleet = new Fleet();
  plant(fleet.tree("mom"), [
    { path: "\xff", kind: "file", size: 3, mtime: 7.9 },
    { path: "a", kind: "folder" },
  ]);
  put(join(fleet.tree("grandma"), "b"), "xy", 5);
  expect(await fleet.json("mom", "grandma")).toEqual({
    schemaVersion: 1,
    left: "mom",
    right: "grandma",
    leftIndex: null,
    rightIndex: null,
    summary: {
      same: 0,
      onlyLeft: 2,
      onlyRight: 1,
      differ: 0,
      normalisation: 0,
      unknown: 0,
      leftFiles: 1,
      rightFiles: 1,
      leftBytes: 3,
      rightBytes: 2,
      caseTwins: 0,
    },
    differences: [
      {
        path: "a",
        kind: "only-left",
        left: { kind: "folder", size: 0, mtime: expect.any(Number) as number },
      },
      { path: "b", kind: "only-right", right: { kind: "file", size: 2, mtime: 5 } },
      { path: "\ufffd", pathBase64: "/w==", kind: "only-left", left: { kind: "file", size: 3, mtime: 7 } },
    ],
  });
  const summary = JSON.parse(
    (await fleet.diff("mom", "grandma", { json: true, summary: true })).out,
  ) as object;
  expect(summary).not.toHaveProperty("differences");
});

test("random trees differ exactly where rsync would copy or delete", async () => {
  // Two trees of one plan each, most of it shared; times in whole seconds and no odd zone: rsync's listing is text.
  const shared = trees(
    oddNames.filter((name) => !/[\u0080-\u00ff]/.test(name) && !/photo/i.test(name)),
    60,
  );
  await fc.assert(
    fc.asyncProperty(shared, fc.infiniteStream(fc.integer({ min: 0, max: 9 })), async (planned, dice) => {
      const roll = (): number => dice.next().value as number;
      const fleet = new Fleet();
      const gone = new Set<string>();
      const other = planned.flatMap((one) => {
        const parent = one.path.slice(0, Math.max(0, one.path.lastIndexOf("/")));
        const fate = roll();
        if (gone.has(parent) || fate === 0) {
          gone.add(one.path);
          return [];
        }
        if (one.kind === "file" && fate === 1) return [{ ...one, size: one.size + 1 }];
        if (one.kind === "file" && fate === 2) return [{ ...one, mtime: one.mtime + 5 }];
        if (one.kind === "symlink" && fate === 3) return [{ ...one, target: "elsewhere" }];
        return [one];
      });
      plant(fleet.tree("mom"), planned);
      plant(fleet.tree("grandma"), other);
      for (const [left, right] of [
        ["mom", "grandma"],
        ["grandma", "mom"],
      ] as const) {
        const document = await fleet.json(left, right);
        const ours = document.differences.map(({ path, pathBase64, kind }) => {
          const bytes = pathBase64 === undefined ? Buffer.from(path) : Buffer.from(pathBase64, "base64");
          return `${kind} ${bytes.toString("latin1")}`;
        });
        expect(ours.toSorted()).toEqual(rsyncDiff(fleet.tree(left), fleet.tree(right)).toSorted());
      }
      rmSync(fleet.folder, { recursive: true });
    }),
    { numRuns: 3, endOnFailure: true },
  );
});

test("what is found by questions is what listings show, to the byte", async () => {
  const noPython = withoutPython();
  await fc.assert(
    fc.asyncProperty(
      trees(undefined, 60),
      fc.array(fc.integer({ min: 0, max: 5 })),
      async (planned, dice) => {
        const fleet = new Fleet();
        fleet.ignore.push("Thumbs.db", "/cache");
        fleet.user = "65534";
        const rotten: string[] = [];
        const other = planned.flatMap((one, index): Planned[] => {
          if (one.kind !== "file") return [one];
          if (dice[index] === 0) return [];
          if (dice[index] === 1) return [{ ...one, size: one.size + 1 }];
          if (dice[index] === 3) rotten.push(one.path);
          return [dice[index] === 2 ? { ...one, mtime: one.mtime + 5 } : one];
        });
        for (const tree of [fleet.laptop, fleet.tree("mom")]) plant(tree, planned);
        plant(fleet.tree("grandma"), other);
        put(join(fleet.tree("grandma"), ".stignore"), "*.JPG\n");
        for (const path of rotten) {
          const file = Buffer.from(`${fleet.tree("grandma")}/${path}`, "latin1");
          const { size, mtime } = statSync(file);
          writeFileSync(file, "!".repeat(size));
          utimesSync(file, mtime, mtime);
        }
        execFileSync("chmod", ["-R", "a+rX", fleet.folder]);
        const folder = planned.find(({ kind }) => kind === "folder")?.path;
        if (folder !== undefined)
          chmodSync(
            Buffer.from(`${fleet.tree("grandma")}/${folder}`, "latin1"),
            dice.length % 2 === 0 ? 0o444 : 0,
          );
        for (const [left, right] of [
          ["laptop", "grandma"],
          ["grandma", "mom"],
        ] as const) {
          const both = async (): Promise<unknown> => [
            await fleet.diff(left, right),
            await fleet.diff(left, right, { json: true }),
            await fleet.diff(left, right, { checksum: true }),
          ];
          fleet.programs = undefined;
          const asked = await both();
          fleet.programs = noPython;
          expect(asked).toEqual(await both());
        }
        rmSync(fleet.folder, { recursive: true });
      },
    ),
    { numRuns: 3, endOnFailure: true },
  );
});

describe("nothing is called missing that is only out of sight", () => {
  test("a disk that is not mounted is exit 5", async () => {
    const fleet = new Fleet();
    put(join(fleet.laptop, "a"), "x");
    fleet.mount("mom", false);
    await expect(fleet.diff("laptop", "mom")).rejects.toMatchObject({
      code: "E-DISK-NOT-MOUNTED",
      exitCode: 5,
    });
    expect(fleet.opened).toBe(0);
  });

  test("a laptop partition that is not mounted is exit 5, until it is accepted", async () => {
    const fleet = new Fleet();
    const dat = temporaryFolder();
    fleet.folders["dat"] = dat;
    put(join(dat, "photo"), "x");
    put(join(fleet.tree("mom"), "dat/photo"), "x");
    expect((await fleet.diff("laptop", "mom")).code).toBe(0);
    rmSync(join(dat, "photo"));
    await expect(fleet.diff("laptop", "mom")).rejects.toMatchObject({ code: "E-LAPTOP-TREE", exitCode: 5 });
    expect((await fleet.diff("laptop", "mom", { acceptLaptopTree: true })).code).toBe(1);
  });

  test("a folder that the node may not read is unknown, with its content, and exit 1", async () => {
    const fleet = new Fleet();
    for (const tree of [fleet.laptop, fleet.tree("mom")]) {
      put(join(tree, "private/a"), "x");
      put(join(tree, "b"), "x");
    }
    execFileSync("chmod", ["-R", "a+rX", fleet.folder]);
    chmodSync(join(fleet.tree("mom"), "private"), 0);
    fleet.user = "65534";
    const { code, out } = await fleet.diff("laptop", "mom");
    expect(code).toBe(1);
    expect(out).toContain("! private/\tcould not be read on mom: EACCES");
    expect(out).toContain("! private/a");
    expect(out).not.toMatch(/^[+-]/m);
    expect(out).toContain("2 paths could not be compared");
  });

  test("what only the node's own ignore file hides is unknown", async () => {
    const fleet = new Fleet();
    put(join(fleet.laptop, "film.iso"), "x");
    put(join(fleet.laptop, "b"), "x");
    put(join(fleet.tree("mom"), "b"), "x");
    put(join(fleet.tree("mom"), ".stignore"), "*.iso\n#include more\n");
    const { out, err } = await fleet.diff("laptop", "mom");
    expect(out).toContain("! film.iso\thidden by the ignore file of mom alone");
    expect(err).toBe('mom: what .stignore hides cannot be told for certain: "#include more"\n');
  });

  test.each([".SyncIgnore", ".sync/IgnoreList"])(
    "so it is with %s of btsync, before 1.4 and after",
    async (file) => {
      const fleet = new Fleet();
      fleet.engine = "btsync";
      put(join(fleet.laptop, "film.iso"), "x");
      put(join(fleet.tree("mom"), file), "\ufeff# mine\r\n*.iso\r\n");
      const { out } = await fleet.diff("laptop", "mom");
      expect(out).toContain("! film.iso\thidden by the ignore file of mom alone");
    },
  );
});

test("the inventory's rules and engine artefacts are left out on both sides", async () => {
  const fleet = new Fleet();
  fleet.ignore.push("Thumbs.db", "/cache");
  for (const name of ["Thumbs.db", "cache/x", ".stversions/old", "a.!sync", ".SyncID"]) {
    put(join(fleet.laptop, name), "left");
  }
  for (const name of ["sub/Thumbs.db", ".sync/ID", ".syncthing.b.tmp"])
    put(join(fleet.tree("mom"), name), "right");
  put(join(fleet.laptop, "sub/keep"), "x");
  put(join(fleet.tree("mom"), "sub/keep"), "x");
  expect(await fleet.diff("laptop", "mom")).toMatchObject({ code: 0, err: "" });
});

describe("options", () => {
  test("--checksum finds what size and time do not show, and forgives times", async () => {
    const fleet = new Fleet();
    for (const name of ["rot", "odd\n\\name", "bad\u001b[31m"]) {
      put(join(fleet.laptop, name), "good content");
      put(join(fleet.tree("mom"), name), "evil content");
    }
    put(join(fleet.laptop, "touched"), "x", 1);
    put(join(fleet.tree("mom"), "touched"), "x", 2);
    put(join(fleet.laptop, "same\nodd"), "x");
    put(join(fleet.tree("mom"), "same\nodd"), "x");
    expect(told(await fleet.json("laptop", "mom"))).toEqual(["differs touched mtime"]);
    expect(told(await fleet.json("laptop", "mom", { checksum: true }))).toEqual([
      "differs bad\u001b[31m content",
      "differs odd\n\\name content",
      "differs rot content",
    ]);
    expect(told(await fleet.json("mom", "grandma", { checksum: true }))).toHaveLength(5);
    expect((await fleet.diff("laptop", "mom", { checksum: true })).out).toContain("* bad\\x1b[31m\t");
  });

  test("--checksum goes on where it was cut off, and forgets it at the end", async () => {
    const fleet = new Fleet();
    for (let index = 0; index < 900; index += 1) {
      for (const tree of [fleet.laptop, fleet.tree("mom")]) put(join(tree, String(index + 1000)), "good", 5);
    }
    put(join(fleet.tree("mom"), "1001"), "evil", 5);
    const kept = join(fleet.folder, "state/checksum");
    // Time passes fast, so that each part is kept; the first that is kept is the last.
    let time = Date.now();
    const cut = new AbortController();
    fleet.signal = cut.signal;
    fleet.now = () => {
      if (existsSync(kept) && readdirSync(kept).some((name) => name.endsWith(".json"))) cut.abort();
      return (time += 6000);
    };
    await expect(fleet.diff("laptop", "mom", { checksum: true })).rejects.toMatchObject({
      name: "AbortError",
    });
    fleet.signal = new AbortController().signal;
    const { out, err } = await fleet.diff("laptop", "mom", { checksum: true, verbose: true });
    expect(err).toMatch(/^goes on where it was cut off .* ago: .*B of 3.5 KiB need not be read again$/m);
    expect(out).toContain("* 1001\tcontent");
    expect(readdirSync(kept)).toEqual([]);
  });

  test("--mtime-window takes times that close for the same", async () => {
    const fleet = new Fleet();
    put(join(fleet.laptop, "a"), "x", 100);
    put(join(fleet.tree("mom"), "a"), "x", 102);
    expect((await fleet.diff("laptop", "mom", { mtimeWindow: 2 })).code).toBe(0);
    expect((await fleet.diff("laptop", "mom", { mtimeWindow: 1 })).code).toBe(1);
  });

  test("--summary and --bytes give exact totals alone", async () => {
    const fleet = new Fleet();
    put(join(fleet.laptop, "a"), "x".repeat(2000));
    const { out, code } = await fleet.diff("laptop", "mom", { summary: true, bytes: true });
    expect(code).toBe(1);
    expect(out).toMatch(/only on laptop +1 +2000/);
    expect(out).not.toContain("+ a");
  });

  test("-v says which way the difference was found, and what went over the wire", async () => {
    const fleet = new Fleet();
    put(join(fleet.laptop, "a"), "x");
    const { err } = await fleet.diff("laptop", "mom", { verbose: true });
    expect(err).toMatch(
      /^laptop: .* read here, 1 entries\nmom: \/media\/btsync\/btsync as root over .*, 0 entries\n/,
    );
    expect(err).toMatch(/^found by .* in \d round trips?\nmom: \S+ \S+ sent, \S+ \S+ received/m);
  });

  test("-v says why the trees were listed", async () => {
    const fleet = new Fleet();
    const { err } = await fleet.diff("laptop", "mom", { verbose: true, mtimeWindow: 1 });
    expect(err).toContain(
      "found by listings: no fingerprint expresses a window of time\nmom: listed by find\n",
    );
    fleet.programs = withoutPython();
    expect((await fleet.diff("laptop", "mom", { verbose: true })).err).toContain(
      "found by listings: mom has no Python 3.5 or newer\nmom: listed by find\n",
    );
  });
});

test("a tree against itself and a name that is no node are refused before anything is asked", async () => {
  const fleet = new Fleet();
  await expect(fleet.diff("mom", "mom")).rejects.toMatchObject({ code: "E-USAGE" });
  await expect(fleet.diff("laptop", "mum")).rejects.toMatchObject({ code: "E-NODE-UNKNOWN" });
});

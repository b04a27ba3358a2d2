import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { Scanned } from "../../src/tree/entry.ts";
import { makeFilter } from "../../src/tree/filter.ts";
import type { NodeTree } from "../../src/tree/node-walk.ts";
import { scanLaptop } from "../../src/tree/scan-laptop.ts";
import { scanNode } from "../../src/tree/scan-node.ts";
import type { Scan } from "../../src/tree/scan.ts";
import { temporaryFolder } from "../support/folder.ts";
import { listers, type ListerUnderTest } from "../support/listers.ts";
import { localConnection, type LocalOptions } from "../support/local-connection.ts";
import { meaningfulNames, oddNames, plant, trees } from "../support/random-tree.ts";
import { sparseFile } from "../support/sparse-file.ts";

// Many processes are started: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

const all = listers();
const gnu = all[0] as ListerUnderTest;
const ignore = ["Thumbs.db", "*.tmp", "/cache", "a/c*"];

async function entriesOf(scan: Scan): Promise<Scanned[]> {
  const entries: Scanned[] = [];
  for await (const batch of scan) entries.push(...batch);
  return entries;
}

function lines(entries: readonly Scanned[]): string[] {
  return entries.map((entry) => {
    const path = entry.path.toString("latin1");
    if (entry.kind === "unreadable") return `unreadable ${path}`;
    // A folder's time is not compared, and another lister may have looked at another moment.
    const mtime = entry.kind === "file" ? entry.mtime : "";
    return `${entry.kind} ${entry.size} ${mtime} ${path} ${entry.target?.toString("latin1") ?? ""}`;
  });
}

function treeOf(lister: ListerUnderTest, tree: string, local: LocalOptions = {}): NodeTree {
  return {
    connection: lister.connection(local),
    tree,
    mount: undefined,
    filter: makeFilter({ ignore, outside: ["swapfile", ".pimesh"] }),
    tools: async () => lister.tools,
  };
}

function laptopScan(tree: string): Scan {
  return scanLaptop({ tree, filter: makeFilter({ ignore, outside: ["swapfile", ".pimesh"] }) });
}

test(
  "every lister tells the same of random trees as the laptop's own scan",
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(trees([...oddNames, ...meaningfulNames], 60), async (planned) => {
        const tree = temporaryFolderOfRun();
        plant(tree, planned);
        const here = laptopScan(tree);
        const expected = lines(await entriesOf(here));
        for (const lister of all) {
          const scan = scanNode(treeOf(lister, tree));
          expect({ lister: lister.name, found: lines(await entriesOf(scan)) }).toEqual({
            lister: lister.name,
            found: expected,
          });
          expect(scan.progress.inFlight).toBe(here.progress.inFlight);
        }
        rmSync(tree, { recursive: true });
      }),
      { numRuns: 4 },
    );
  },
);

describe.each(all.slice(0, 3))("$name", (lister) => {
  const scan = async (tree: string, local: LocalOptions = {}): Promise<string[]> =>
    lines(await entriesOf(scanNode(treeOf(lister, tree, local))));

  test("tells large, empty and sparse files and times before 1970 and between two seconds", async () => {
    const tree = temporaryFolder();
    sparseFile(join(tree, "sparse"), 5 * 2 ** 30 + 1);
    utimesSync(join(tree, "sparse"), 1, 1.999999999);
    writeFileSync(join(tree, "zero"), "");
    execFileSync("touch", ["-d", "@1999999999.999999999", join(tree, "zero")]);
    writeFileSync(join(tree, "old"), "x");
    execFileSync("touch", ["-d", "@-1.5", join(tree, "old")]);
    execFileSync("mkfifo", [join(tree, "pipe")]);
    const expected = [
      "file 1 -2 old ",
      "special 0  pipe ",
      "file 5368709121 1 sparse ",
      "file 0 1999999999 zero ",
    ];
    expect(await scan(tree)).toEqual(expected);
    expect(lines(await entriesOf(laptopScan(tree)))).toEqual(expected);
  });

  test("tells files alone whose name has what is asked for, and what may hide more", async () => {
    const tree = temporaryFolder();
    for (const name of ["a.sync-conflict-1", "b", "in/c.sync-conflict-2\n", "deep.sync-conflict-3/d"]) {
      mkdirSync(dirname(join(tree, name)), { recursive: true });
      writeFileSync(join(tree, name), "");
      utimesSync(join(tree, name), 1, 1);
    }
    symlinkSync("b", join(tree, "l.sync-conflict-4"));
    mkdirSync(join(tree, "shut"), { mode: 0o000 });
    chmodSync(tree, 0o755);
    const from = { ...treeOf(lister, tree, { user: "65534" }), namesWith: ".sync-conflict-" };
    const listing = scanNode(from);
    const found = await entriesOf(listing);
    expect(lines([...found, ...(listing.late?.() ?? [])])).toEqual([
      "file 0 1 a.sync-conflict-1 ",
      "file 0 1 in/c.sync-conflict-2\n ",
      "unreadable shut",
    ]);
  });

  test("does not follow symlinks, whatever they point to", async () => {
    const tree = temporaryFolder();
    symlinkSync(".", join(tree, "loop"));
    symlinkSync("/", join(tree, "root"));
    symlinkSync("odd\x01\n", join(tree, "odd"));
    symlinkSync("x".repeat(4000), join(tree, "long"));
    writeFileSync(join(tree, "odd\x01name"), "");
    utimesSync(join(tree, "odd\x01name"), 1, 1);
    expect(await scan(tree)).toEqual([
      `symlink 0  long ${"x".repeat(4000)}`,
      "symlink 0  loop .",
      "symlink 0  odd odd\x01\n",
      "file 0 1 odd\x01name ",
      "symlink 0  root /",
    ]);
  });

  test("calls a folder that it may not read unreadable, and nothing below it missing", async () => {
    const tree = temporaryFolder();
    chmodSync(tree, 0o755);
    for (const [name, mode] of [
      ["open", 0o755],
      ["shut", 0o000],
      ["a\nb'c", 0o000],
      ["names only", 0o744],
      ["enter only", 0o711],
    ] as const) {
      mkdirSync(join(tree, name));
      writeFileSync(join(tree, name, "f"), "");
      utimesSync(join(tree, name, "f"), 1, 1);
      chmodSync(join(tree, name), mode);
    }
    expect(await scan(tree, { user: "65534" })).toEqual([
      "unreadable a\nb'c",
      "unreadable enter only",
      "unreadable names only",
      "folder 0  open ",
      "file 0 1 open/f ",
      "unreadable shut",
    ]);
  });

  test("refuses a tree that is not there, and one that may not be entered", async () => {
    const tree = temporaryFolder();
    await expect(scan(`${tree}/none`)).rejects.toMatchObject({ code: "E-TREE-ABSENT" });
    chmodSync(tree, 0o700);
    await expect(scan(tree, { user: "65534" })).rejects.toMatchObject({ code: "E-SCAN-FAILED" });
  });

  test("survives a tree that changes while it is read", async () => {
    const tree = temporaryFolder();
    const still: string[] = [];
    for (let index = 0; index < 20; index += 1) {
      const folder = index % 2 === 0 ? `still${index}` : `moving${index}`;
      mkdirSync(join(tree, folder));
      for (let file = 0; file < 8; file += 1) {
        writeFileSync(join(tree, folder, `f${file}`), "");
        utimesSync(join(tree, folder, `f${file}`), 1, 1);
        if (index % 2 === 0) still.push(`file 0 1 ${folder}/f${file} `);
      }
    }
    const churning = { stop: false };
    const churn = (async () => {
      for (let round = 0; !churning.stop; round += 1) {
        const folder = join(tree, `moving${(round % 10) * 2 + 1}`);
        renameSync(folder, `${folder}-moved`);
        rmSync(`${folder}-moved/f${round % 8}`, { force: true });
        // A breath, or two cores are busy with this alone.
        await new Promise((resolve) => setTimeout(resolve, 2));
        renameSync(`${folder}-moved`, folder);
      }
    })();
    try {
      expect(await scan(tree)).toEqual(expect.arrayContaining(still));
    } finally {
      churning.stop = true;
      await churn;
    }
  });
});

test("every lister but busybox's goes to the end of paths longer than the system takes", async () => {
  const tree = temporaryFolder();
  const name = "d".repeat(250);
  execFileSync(
    "sh",
    ["-c", `for i in $(seq 20); do mkdir ${name}; cd -P ${name} 2>/dev/null || cd ${name}; done; : >f`],
    {
      cwd: tree,
    },
  );
  const expected = lines(await entriesOf(laptopScan(tree)));
  expect(expected).toHaveLength(21);
  expect(expected[20]).toMatch(/^file .*\/f $/);
  const found = await Promise.all(
    all.map(async (lister) => lines(await entriesOf(scanNode(treeOf(lister, tree))).catch(() => []))),
  );
  const complete = all.filter((_, index) => found[index]?.length === expected.length);
  expect(complete.map((lister) => lister.name)).toEqual(
    all.map((lister) => lister.name).filter((one) => one !== "busybox"),
  );
  for (const one of found.filter((lister) => lister.length === expected.length))
    expect(one).toEqual(expected);
  execFileSync("rm", ["-rf", join(tree, name)]);
});

describe("the disk", () => {
  test("is read when it is mounted", async () => {
    const { from } = withRoot("/dev/sda1 /media/my\\040disk ext4 rw 0 0\n");
    expect(await entriesOf(scanNode(from))).toHaveLength(1);
  });

  test.each([
    ["nothing is mounted", ""],
    ["another disk is mounted beside it", "/dev/sda1 /media/my\\040disk1 ext4 rw 0 0\n"],
    ["only an automount point stands there", "systemd-1 /media/my\\040disk autofs rw 0 0\n"],
  ])("is refused when %s, although the folder under it holds files", async (_, mounts) => {
    const { from } = withRoot(mounts);
    await expect(entriesOf(scanNode(from))).rejects.toMatchObject({
      code: "E-DISK-NOT-MOUNTED",
      exitCode: 5,
    });
  });

  test("is refused when it leaves during the walk", async () => {
    const { root, from } = withRoot("/dev/sda1 /media/my\\040disk ext4 rw 0 0\n");
    const tools = temporaryFolder();
    const find = execFileSync("sh", ["-c", "command -v find"]).toString().trim();
    writeFileSync(join(tools, "find"), `#!/bin/sh\n${find} "$@"\n: >"${root}/proc/self/mounts"\n`, {
      mode: 0o755,
    });
    const pulled = { ...from, connection: localConnection({ root, path: tools }) };
    await expect(entriesOf(scanNode(pulled))).rejects.toMatchObject({ code: "E-DISK-NOT-MOUNTED" });
  });
});

describe("an answer that is not whole", () => {
  test.each([
    ["find is killed", "kill -9 $$"],
    ["find crashes", "echo 'find: fts_read failed: Input/output error' >&2; exit 1"],
    ["find complains of something that is no place", "echo 'find: out of memory' >&2; exit 1"],
    ["a record is damaged", "printf 'f 1/x\\0'"],
    ["the order is wrong", "printf 'x\\0'"],
  ])("fails when %s", async (_, text) => {
    await expect(entriesOf(scanNode(withFind(text)))).rejects.toMatchObject({ code: "E-SCAN-FAILED" });
  });

  test("fails when the packed stream is cut off", async () => {
    const from = treeOf(gnu, temporaryFolder());
    const tools = temporaryFolder();
    writeFileSync(join(tools, "gzip"), "#!/bin/sh\n/bin/gzip -1 | head -c 30\n", { mode: 0o755 });
    const cut = { ...from, connection: localConnection({ path: tools }) };
    await expect(entriesOf(scanNode(cut))).rejects.toMatchObject({ code: "E-SCAN-FAILED" });
  });

  test("tells a place with a disk error apart from a missing one, at the end", async () => {
    const scan = scanNode(
      withFind(
        String.raw`printf 'd 0 0/a\0'; printf '%s\n' "find: './a/b\nc': Input/output error" >&2; exit 1`,
      ),
    );
    expect(lines(await entriesOf(scan))).toEqual(["folder 0  a "]);
    expect(scan.late?.()).toEqual([
      { path: Buffer.from("a/b\nc"), kind: "unreadable", reason: "Input/output error" },
    ]);
  });
});

test("brings the engine's ignore file along", async () => {
  const tree = temporaryFolder();
  writeFileSync(join(tree, ".stignore"), "// mine\n*.iso\n");
  const scan = scanNode({ ...treeOf(gnu, tree), ignoreFiles: [".stignore"] });
  expect(await entriesOf(scan)).toEqual([]);
  expect(scan.ignoreText().toString()).toBe("// mine\n*.iso\n");
});

test("brings two of them along, each in lines of its own", async () => {
  const tree = temporaryFolder();
  mkdirSync(join(tree, ".sync"));
  writeFileSync(join(tree, ".SyncIgnore"), "*.iso");
  writeFileSync(join(tree, ".sync/IgnoreList"), "*.img\n");
  const scan = scanNode({ ...treeOf(gnu, tree), ignoreFiles: [".SyncIgnore", "gone", ".sync/IgnoreList"] });
  await entriesOf(scan);
  expect(scan.ignoreText().toString()).toBe("*.iso\n*.img\n");
});

test.each(all)("nothing of the tree is run while it is read ($name)", async (lister) => {
  const tree = temporaryFolder();
  for (const name of ["json.py", "stat.py", "errno.py"]) {
    writeFileSync(join(tree, name), `open(${JSON.stringify(join(tree, "was-run"))}, "w")`);
  }
  const paths = (await entriesOf(scanNode(treeOf(lister, tree)))).map(({ path }) => path.toString());
  expect(paths).toEqual(["errno.py", "json.py", "stat.py"]);
});

test("a node with neither find nor python3 is told so", async () => {
  const lister = { ...gnu, tools: { ...gnu.tools, find: "absent" as const, python: false } };
  await expect(entriesOf(scanNode(treeOf(lister, temporaryFolder())))).rejects.toMatchObject({
    code: "E-NO-LISTER",
  });
});

function temporaryFolderOfRun(): string {
  return execFileSync("mktemp", ["-d"]).toString().trim();
}

function withRoot(mounts: string): { root: string; from: NodeTree } {
  const root = temporaryFolder();
  mkdirSync(join(root, "proc/self"), { recursive: true });
  mkdirSync(join(root, "media/my disk/btsync"), { recursive: true });
  writeFileSync(join(root, "media/my disk/btsync/photo"), "x");
  writeFileSync(join(root, "proc/self/mounts"), mounts);
  const from = {
    ...treeOf(gnu, "/media/my disk/btsync", { root }),
    mount: "/media/my disk",
  };
  return { root, from };
}

function withFind(text: string): NodeTree {
  const tree = temporaryFolder();
  writeFileSync(join(tree, "f"), "");
  const tools = temporaryFolder();
  writeFileSync(join(tools, "find"), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return treeOf({ ...gnu, connection: () => localConnection({ path: tools }) }, tree);
}

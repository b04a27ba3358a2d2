import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { Entry, Scanned } from "../../../src/tree/entry.ts";
import { asciiJson, farEndRules, rulesHash } from "../../../src/tree/far-end-rules.ts";
import { farEnd } from "../../../src/tree/far-end.ts";
import { makeFilter } from "../../../src/tree/filter.ts";
import { decodeEntries } from "../../../src/tree/reconcile/entries-body.ts";
import { scanLaptop } from "../../../src/tree/scan-laptop.ts";
import { countTree } from "../../../src/tree/scan.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { plant, trees, type Planned } from "../../support/random-tree.ts";

vi.setConfig({ testTimeout: 60_000 });

const filter = makeFilter({ ignore: ["Thumbs.db", "*.tmp", "/cache"], outside: ["swapfile"] });
const summaryName = "index-summary.new";

describe("the index of a tree", () => {
  test("holds what a walk of now finds, and counts it alike", async () => {
    await fc.assert(
      fc.asyncProperty(trees(), async (planned) => {
        const node = standingNode(planned);
        expect(node.make()).toEqual({ code: 0, said: "" });
        const entries = (await all(node.tree)).filter((entry): entry is Entry => entry.kind !== "unreadable");
        const index = readIndex(node.place);
        expect(index.entries.map(shown)).toEqual(entries.map(shown));
        const { unreadable, newest, ...counts } = await countTree(scanLaptop({ tree: node.tree, filter }));
        expect(node.summary()).toMatchObject({ ...counts, unreadable, newest: newest ?? null });
        expect(index.header).toMatchObject({ counts: { ...counts, newest: newest ?? null }, unreadable: [] });
      }),
      { numRuns: 12 },
    );
  });

  test("says of which disk, tree, rules and time it is", () => {
    const node = standingNode([]);
    const before = Math.floor(Date.now() / 1000);
    node.make();
    const known = { uuid: "u-u", tree: "/media/btsync/fényképek", rules: rulesHash(filter) };
    expect(node.summary()).toMatchObject({
      schemaVersion: 2,
      id: "0123456789ab",
      interval: 10_800,
      ...known,
    });
    expect(readIndex(node.place).header).toMatchObject({ v: 1, ...known });
    for (const at of [node.summary()["at"], readIndex(node.place).header["started"]]) {
      expect(at).toBeGreaterThanOrEqual(before);
      expect(at).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000));
    }
  });

  test("tells what lies in each folder of the tree, how large files are, and which is the newest", () => {
    const node = standingNode([
      { path: "empty", kind: "folder" },
      { path: "photos", kind: "folder" },
      { path: "photos/2026", kind: "folder" },
      plain("a", 0, 5),
      plain("photos/2026/b\n.jpg", 4096, 7),
      plain("photos/c", 4095, 6),
    ]);
    node.make();
    expect(node.summary()).toMatchObject({
      newestFile: "photos/2026/b\n.jpg",
      topFolders: [
        { name: "", files: 1, bytes: 0 },
        { name: "empty", files: 0, bytes: 0 },
        { name: "photos", files: 2, bytes: 8191 },
      ],
    });
    expect((node.summary()["sizes"] as { files: number }[]).map(({ files }) => files)).toEqual([
      1, 1, 1, 0, 0, 0, 0, 0,
    ]);
  });

  test("its summary's first line is all that status has to read, and the whole is JSON too", () => {
    const node = standingNode([]);
    node.make();
    const text = readFileSync(join(node.place, summaryName), "utf8");
    const [first = ""] = text.split("\n");
    expect(JSON.parse(first.replace(/,$/, "}"))).toMatchObject({ files: 0, newest: null });
    expect(JSON.parse(text)).toMatchObject({ files: 0, topFolders: [] });
  });

  test("is cut into blocks, each to be read alone", () => {
    const node = standingNode([]);
    for (let number = 0; number < 5000; number += 1) writeFileSync(join(node.tree, `file-${number}`), "");
    node.make();
    const { blocks } = readIndex(node.place);
    expect(blocks.map((entries) => entries.length)).toEqual([2048, 2048, 904]);
  });

  test("is read by those who own the tree, since it names what lies in folders that are closed to others", () => {
    const node = standingNode([]);
    // Fails unless we are root; then it stays our own
    spawnSync("chgrp", ["4711", node.tree]);
    node.make();
    const { mode, gid } = statSync(join(node.place, "index.new"));
    expect({ mode: mode & 0o777, gid }).toEqual({ mode: 0o640, gid: statSync(node.tree).gid });
    expect(statSync(join(node.place, summaryName)).mode & 0o777).toBe(0o644);
  });

  test.runIf(process.getuid?.() === 0)("tells of places that it could not read, and is no less whole", () => {
    const node = standingNode([{ path: "closed", kind: "folder" }, plain("a", 1, 1)]);
    // Root is stopped by nothing but a broken disk: this plays one
    const broken = farEnd("walk.py", "pack.py").concat(
      "\nreal = os.listdir\ndef listdir(place):\n    if os.path.basename(os.getcwd()) == 'closed':\n        raise OSError(errno.EIO, 'broken')\n    return real(place)\nos.listdir = listdir\n",
      farEnd("index.py"),
    );
    expect(node.make({ program: broken })).toEqual({ code: 0, said: "" });
    expect(node.summary()).toMatchObject({ files: 1, unreadable: 1, unreadablePlaces: [["closed", "EIO"]] });
    expect(readIndex(node.place).header["unreadable"]).toEqual([["closed", "EIO"]]);
  });

  test("a module of the tree's own is not run", () => {
    const node = standingNode([]);
    writeFileSync(join(node.tree, "json.py"), "raise SystemExit('taken in')");
    expect(node.make()).toEqual({ code: 0, said: "" });
  });

  test("on a full disk it fails in one line", () => {
    const node = standingNode([]);
    for (let number = 0; number < 500; number += 1) {
      writeFileSync(join(node.tree, createHash("sha256").update(String(number)).digest("hex")), "");
    }
    const { code, said } = node.make({ before: "ulimit -f 8;" });
    expect({ code, lines: said.split("\n").length }).toEqual({ code: 1, lines: 2 });
    expect(said).toMatch(/^cannot write the index: /);
  });

  test("what is in its way is not written through", () => {
    const node = standingNode([]);
    const elsewhere = join(temporaryFolder(), "precious");
    writeFileSync(elsewhere, "precious");
    spawnSync("ln", ["-s", elsewhere, join(node.place, "index.new")]);
    expect(node.make().code).toBe(1);
    expect(readFileSync(elsewhere, "utf8")).toBe("precious");
  });

  test("gives up soon after something has begun to play", async () => {
    const node = standingNode([]);
    for (let number = 0; number < 50; number += 1) mkdirSync(join(node.tree, String(number)));
    // Half a second for each folder, and a look at the sound devices for each
    const slow = farEnd("walk.py", "pack.py").concat(
      "\nimport time\nreal = os.listdir\ndef listdir(place):\n    time.sleep(0.5)\n    return real(place)\nos.listdir = listdir\n",
      farEnd("index.py").replace("> 5:", "> 0.1:"),
    );
    const run = node.start(slow);
    await vi.waitFor(() => expect(run.walks()).toBe(true), { timeout: 20_000 });
    node.sound("state: RUNNING\nowner_pid   : 734\n");
    expect(await run.ended).toBe(3);
    expect(readdirSync(node.place)).toEqual([]);
  });
});

function plain(path: string, size: number, mtime: number): Planned {
  return { path, kind: "file", size, mtime };
}

/** A tree, a folder for its index, and the root of a node without sound. */
function standingNode(planned: readonly Planned[]) {
  const root = temporaryFolder();
  const [tree, place] = [join(root, "tree"), join(root, "place")];
  mkdirSync(tree);
  mkdirSync(place);
  plant(tree, planned);
  writeFileSync(join(root, "rules"), `${asciiJson(farEndRules(filter))}\n`);
  const env = { PIMESH_ROOT: root, LC_ALL: "C", PATH: "/usr/bin:/bin" };
  const words = [join(root, "rules"), place, "0123456789ab", "10800", "u-u", "/media/btsync/fényképek"];
  const written = (program: string): string => {
    writeFileSync(join(root, "index.py"), program);
    return join(root, "index.py");
  };
  const whole = farEnd("walk.py", "pack.py", "index.py");
  return {
    tree,
    place,
    make({ program = whole, before = "" } = {}): { code: number | null; said: string } {
      const ran = spawnSync(
        "sh",
        ["-c", `${before} exec python3 -IS "$@"`, "sh", written(program), ...words],
        {
          cwd: tree,
          env,
          encoding: "utf8",
        },
      );
      return { code: ran.status, said: ran.stdout + ran.stderr };
    },
    start(program: string) {
      const child = spawn("python3", ["-IS", written(program), ...words], {
        cwd: tree,
        env,
        stdio: "ignore",
      });
      return {
        ended: once(child, "close").then(([code]) => code as number | null),
        walks: () => existsSync(`/proc/${child.pid}/fd/4`),
      };
    },
    summary: (): Record<string, unknown> =>
      JSON.parse(readFileSync(join(place, summaryName), "utf8")) as Record<string, unknown>,
    sound(status: string): void {
      mkdirSync(join(root, "proc/asound/card0/pcm0p/sub0"), { recursive: true });
      writeFileSync(join(root, "proc/asound/card0/pcm0p/sub0/status"), status);
    },
  };
}

/** Reads the file as its format says, without a word of the program that has written it. */
function readIndex(place: string): {
  header: Record<string, unknown>;
  blocks: Entry[][];
  entries: Entry[];
} {
  const file = readFileSync(join(place, "index.new"));
  const magic = "pimesh-index 1\n";
  expect(file.toString("latin1", 0, magic.length)).toBe(magic);
  const lineEnd = file.indexOf("\n", magic.length);
  const header = JSON.parse(file.toString("ascii", magic.length, lineEnd)) as Record<string, unknown>;
  const blocks: Entry[][] = [];
  let at = lineEnd + 1;
  for (;;) {
    const length = file.readUInt32BE(at);
    at += 4;
    if (length === 0) break;
    blocks.push(decodeEntries(inflateSync(file.subarray(at, at + length))));
    at += length;
  }
  expect(file.subarray(at)).toEqual(createHash("sha256").update(file.subarray(0, at)).digest());
  return { header, blocks, entries: blocks.flat() };
}

async function all(tree: string): Promise<Scanned[]> {
  const found: Scanned[] = [];
  for await (const batch of scanLaptop({ tree, filter })) found.push(...batch);
  return found;
}

/** A folder's time may be of another moment. */
function shown({ path, kind, size, mtime, target }: Entry): string {
  return `${kind} ${size} ${kind === "file" ? mtime : ""} ${path.toString("latin1")} ${target?.toString("latin1") ?? ""}`;
}

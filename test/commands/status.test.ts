import { appendFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { status } from "../../src/commands/status.ts";
import type { StatusOptions } from "../../src/commands/status-of.ts";
import type { Context } from "../../src/commands/context.ts";
import { PimeshError } from "../../src/core/error.ts";
import type { ExitCode } from "../../src/core/exit-code.ts";
import type { PiOptions } from "../../src/demo/pi-options.ts";
import { makePi, pull, type Pi } from "../../src/demo/pi.ts";
import { ignoreLines } from "../../src/engine/ignore-file.ts";
import { writeKnownDevices } from "../../src/history/device-ids.ts";
import { snapshotPath } from "../../src/history/snapshot.ts";
import type { Connection, Result } from "../../src/ssh/connection.ts";
import { rulesHash } from "../../src/tree/far-end-rules.ts";
import { makeFilter } from "../../src/tree/filter.ts";
import { statusShape } from "../report/status-shape.ts";
import { temporaryFolder } from "../support/folder.ts";
import { localConnection } from "../support/local-connection.ts";
import { recordedSyncthing, type Answers, type RecordedSyncthing } from "../support/recorded-syncthing.ts";
import { familyDisk, simulatedPi } from "../support/simulated-pi.ts";

const files = { "photos/a.jpg": "aaaa", "photos/b b.jpg": "bb", "music/é.mp3": "mmm", "papers/leer.txt": "" };
const amount = { files: 4, bytes: 9 };

let home: Pi;
let mom: Pi;
let homes: string;
let syncthing: RecordedSyncthing;

beforeAll(async () => {
  syncthing = await recordedSyncthing();
  homes = await mkdtemp(join(tmpdir(), "pimesh-status-"));
  [home, mom] = await Promise.all([
    makePi(join(homes, "home"), memberOptions("home")),
    makePi(join(homes, "mom"), memberOptions("mom")),
  ]);
}, 60_000);

afterAll(async () => {
  syncthing.close();
  await rm(homes, { recursive: true, force: true, maxRetries: 5 });
});

describe("status", { timeout: 60_000 }, () => {
  test("is fine when every home holds what the laptop holds", async () => {
    const family = await familyOf({ home, mom });
    const run = await family.status();
    expect(run.out).toContain("all 2 nodes hold what the laptop holds");
    expect(run.code).toBe(0);
  });

  test("gives one JSON document of version 1, with the counts of the laptop and of every node", async () => {
    const photos = join(mom.root, "media/btsync/btsync/photos");
    await rename(photos, `${mom.root}/photos`);
    onTestFinished(() => rename(`${mom.root}/photos`, photos));
    const family = await familyOf({ home, mom });
    const run = await family.status({ json: true });
    const document = statusShape.parse(JSON.parse(run.out));
    expect(document.reference).toMatchObject({ name: "laptop", ...amount });
    expect(document.nodes).toMatchObject([
      { name: "home", state: "ok", ...amount, filesPercent: 100, bytesPercent: 100, problems: [] },
      {
        name: "mom",
        state: "behind",
        files: 2,
        bytes: 3,
        filesPercent: 50,
        problems: [{ code: "W-BEHIND", try: "pimesh diff laptop mom" }],
      },
    ]);
    expect(document.nodes[0]?.disk).toMatchObject({ state: "ready", mounted: true, uuid: familyDisk.uuid });
    expect(document.nodes[0]?.engine).toMatchObject({
      kind: "syncthing",
      running: true,
      memory: 85_000 * 1024,
    });
    expect(run.code).toBe(1);
  });

  test("does not let one silent node stop the others, and shows what it last said", async () => {
    const nodes = { home, mom };
    const family = await familyOf(nodes);
    family.clock = -3 * 86_400_000;
    await family.status();
    family.clock = 0;
    family.silence("mom");
    const run = await family.status({ json: true });
    const document = statusShape.parse(JSON.parse(run.out));
    expect(document.nodes).toMatchObject([
      { name: "home", state: "ok" },
      {
        name: "mom",
        state: "unreachable",
        ...amount,
        problems: [{ code: "E-NO-ADDRESS-ANSWERS" }, { code: "W-OLD-NUMBERS" }],
      },
    ]);
    expect(document.nodes[1]?.ageSeconds).toBeGreaterThanOrEqual(3 * 86_400);
    expect(run.code).toBe(4);
  });

  test("asks only the nodes that are named", async () => {
    const family = await familyOf({ home, mom });
    family.silence("mom");
    const run = await family.status({ json: true }, ["home"]);
    expect(statusShape.parse(JSON.parse(run.out)).nodes.map(({ name }) => name)).toEqual(["home"]);
    expect(run.code).toBe(0);
  });

  test("does not count what lies under the mount point of a disk that was pulled, and keeps the last count", async () => {
    const pulled = await simulatedPi(memberOptions("mom"));
    const family = await familyOf({ mom: pulled });
    await family.status();
    await pull(pulled, familyDisk.device);
    disturbed(pulled);
    await mkdir(join(pulled.root, "media/btsync/btsync"), { recursive: true });
    await writeFile(join(pulled.root, "media/btsync/btsync/on-the-card"), "x");
    for (const _ of [1, 2]) {
      const run = await family.status({ json: true });
      const [node] = statusShape.parse(JSON.parse(run.out)).nodes;
      expect(node).toMatchObject({ state: "disk-absent", files: null, lastCounted: amount });
      expect(node?.problems[0]?.code).toBe("E-DISK-ABSENT");
      expect(run.code).toBe(1);
    }
  });

  describe("with the laptop's own Syncthing", () => {
    test("shows how it is, and that its rules are not the inventory's", async () => {
      const family = await familyOf({ mom });
      await laptopsSyncthing(family);
      const run = await family.status();
      expect(run.out).toMatch(/^laptop +reference .* in-sync +-$/m);
      expect(run.out).toContain("# laptop: the ignore rules of Syncthing here lack what the inventory says");
      await writeFile(join(family.tree, ".stignore"), ignoreLines("syncthing", []).join("\n"));
      const again = await family.status({ json: true });
      const { reference } = statusShape.parse(JSON.parse(again.out));
      expect(reference).toMatchObject({ sync: { asked: true, inSync: true }, ignore: null });
      // What has answered here is a node's: to the laptop its folder lies elsewhere
      expect(reference.problems.map(({ code }) => code)).toEqual(["W-SYNC-UNBOUND", "W-SYNC-ELSEWHERE"]);
      expect(again.code).toBe(1);
    });

    test("says that it is paused, whatever the nodes hold", async () => {
      says({ "/rest/config/folders/pimesh": { paused: true } });
      const family = await familyOf({ mom });
      await laptopsSyncthing(family);
      const run = await family.status();
      expect(run.out).toMatch(/^laptop +reference .* paused +-$/m);
    });
  });

  describe("with what a node's Syncthing says", () => {
    const dbStatus = "/rest/db/status?folder=pimesh";
    test("says that it is in sync, and with whom, under the names that provision has written down", async () => {
      const family = await familyOf({ mom });
      await writeKnownDevices(family.stateFolder, { devices: { home: "HOME", mom: "MOM" }, known: [] });
      const node = await nodeOf(family);
      expect(node).toMatchObject({ state: "ok", problems: [], ignore: null });
      expect(node?.sync).toMatchObject({
        asked: true,
        inSync: true,
        version: "1.19.2-ds1",
        local: amount,
        bound: true,
        elsewhere: null,
        peers: [{ id: "HOME", name: "home", reach: "direct", percent: 100, items: 0 }],
      });
      expect((await family.status()).out).toMatch(/^mom .* in-sync +17d$/m);
    });

    test("is not fine although the disk holds what the laptop holds", async () => {
      says({ [dbStatus]: { state: "syncing", needFiles: 42, needBytes: 1_288_490_189, needTotalItems: 42 } });
      const run = await (await familyOf({ home })).status();
      expect(run.out).toMatch(/^home +syncing .* 42-to-get,1.2GiB +17d$/m);
      expect(run.out).toContain("# home: Syncthing is syncing; 42 items to get (1.2 GiB) (home directly)");
      expect(run.code).toBe(1);
    });

    test("says why a folder was stopped, and does not believe the numbers of before", async () => {
      says({ [dbStatus]: { state: "error", error: "folder marker missing" } });
      const family = await familyOf({ home });
      const run = await family.status();
      expect(run.out).toMatch(/^home +degraded .* error +17d$/m);
      expect(run.out).toContain("(W-SYNC-MARKER)\n#   try: pimesh provision home --dry-run");
      expect((await nodeOf(family))?.sync).toMatchObject({ inSync: false, need: null });
    });

    test("is kept for when the node is away", async () => {
      says({ [dbStatus]: { needFiles: 2, needTotalItems: 2 } });
      const family = await familyOf({ mom });
      await family.status();
      family.silence("mom");
      const node = await nodeOf(family);
      expect(node?.problems[1]?.message).toContain(
        "; it was not in sync then: 2 items are still to come or to go",
      );
      expect(node?.sync).toMatchObject({ asked: true, inSync: false, need: { files: 2 } });
    });

    test("knows a Syncthing that is not the one of the disk", async () => {
      const pi = await simulatedPi(memberOptions("mom"));
      await rm(join(pi.root, "media/btsync/.pimesh/syncthing"), { recursive: true });
      expect(await nodeOf(await familyOf({ mom: pi }))).toMatchObject({
        state: "degraded",
        sync: { asked: false },
        problems: [{ code: "W-NOT-PAIRED", try: "pimesh provision --all" }],
      });
    });

    test.each<[string, string, string]>([
      ["nobody listens", "127.0.0.1:9", "E-ENGINE-DOWN"],
      ["its configuration is damaged", "nonsense", "E-ENGINE-ANSWER"],
    ])("says that it could not be asked where %s, and all else is as ever", async (_, address, code) => {
      const pi = await simulatedPi(memberOptions("mom"));
      const config = join(pi.root, "media/btsync/.pimesh/syncthing/config.xml");
      const text = await readFile(config, "utf8");
      await writeFile(config, text.replace(/127\.0\.0\.1:\d+/, address));
      const family = await familyOf({ mom: pi });
      const node = await nodeOf(family);
      expect(node).toMatchObject({ ...amount, state: "degraded", problems: [{ code: "W-SYNC-SILENT" }] });
      expect(node?.problems[0]?.message).toContain(`(${code})`);
      expect((await family.status()).code).toBe(1);
    });

    test("does not ask what runs without its disk, or on a plain Pi", async () => {
      const pulled = await simulatedPi(memberOptions("mom"));
      await pull(pulled, familyDisk.device);
      const plain = await simulatedPi({ ...memberOptions("home"), files: {} });
      const before = syncthing.asked;
      await (await familyOf({ mom: pulled, home: plain })).status();
      expect(syncthing.asked).toBe(before);
    });
  });

  test("tells of a node whose ignore rules are not the inventory's", async () => {
    const pi = await simulatedPi(memberOptions("mom"));
    const file = join(pi.root, "media/btsync/btsync/.stignore");
    const [first, ...rest] = ignoreLines("syncthing", []);
    await writeFile(file, ["// my own", "*.iso", ...rest].join("\n"));
    expect(await nodeOf(await familyOf({ mom: pi }))).toMatchObject({
      state: "degraded",
      ignore: { more: ["*.iso"], missing: [first] },
      problems: [{ code: "W-IGNORE-MISSING" }, { code: "W-IGNORE-MORE" }],
    });
  });

  describe("with an index on the node", () => {
    const index = "media/btsync/.pimesh/index-summary.json";
    const hour = 3600;

    /** What the node's timer has left there. The tree holds another number of files, so that both can be told apart. */
    async function indexed(changes: Readonly<Record<string, unknown>> = {}) {
      const pi = await simulatedPi(memberOptions("mom"));
      await appendFile(join(pi.root, "etc/pimesh/node.conf"), "PIMESH_INDEX_WAY=python\n");
      const summary = {
        schemaVersion: 2,
        id: "0123456789ab",
        at: Math.floor(Date.now() / 1000) - 2 * hour,
        interval: 3 * hour,
        tree: "/media/btsync/btsync",
        uuid: familyDisk.uuid,
        rules: rulesHash(makeFilter()),
        seconds: 75,
        files: 3,
        bytes: 9,
        folders: 3,
        symlinks: 0,
        specials: 0,
        inFlight: 0,
        newest: 5,
        unreadable: 0,
        conflicts: 0,
        ...changes,
      };
      const [head = ""] = JSON.stringify(summary).split(/\}$/);
      const text = `${head},\n"topFolders":[]}\n`;
      await writeFile(join(pi.root, index), text);
      return { pi, text, family: await familyOf({ mom: pi }) };
    }

    test("takes its counts, and says how old they are", async () => {
      const { family } = await indexed();
      const node = await nodeOf(family);
      expect(node).toMatchObject({ files: 3, countSource: "index", state: "behind" });
      expect(node?.countAgeSeconds).toBeGreaterThanOrEqual(2 * hour);
      expect(node?.countAgeSeconds).toBeLessThan(2 * hour + 600);
      expect(node?.problems.map(({ message }) => message)).toEqual([
        "has 1 file fewer than the laptop, as its index has counted 2 h ago",
      ]);
      const { out } = await family.status();
      expect(out).toMatch(/^mom +behind +2h +3 /m);
      expect(out).toContain("# mom: counted by its own index 2 h ago\n#   try: pimesh status --fresh");
    });

    test("tells of the conflict copies that it has counted", async () => {
      const { family } = await indexed({ files: 4, conflicts: 2 });
      const node = await nodeOf(family);
      expect(node).toMatchObject({ conflicts: 2, state: "ok", problems: [{ code: "W-CONFLICTS" }] });
    });

    test("counts anew where that is asked for", async () => {
      const { family } = await indexed();
      expect(await nodeOf(family, { fresh: true })).toMatchObject({
        ...amount,
        state: "ok",
        countSource: "scan",
        problems: [],
      });
    });

    test("is fine when the index agrees with the laptop, and says of when that is", async () => {
      const { family } = await indexed({ files: 4 });
      const run = await family.status();
      expect(run.out).toContain("mom holds what the laptop holds");
      expect(run.out).toContain("counted by its own index 2 h ago");
      expect(run.code).toBe(0);
    });

    test("one that is seconds old is as good as a count of now", async () => {
      const { family } = await indexed({ at: Math.floor(Date.now() / 1000) - 5, files: 4 });
      expect((await family.status()).out).not.toContain("index");
    });

    test.each<[string, Readonly<Record<string, unknown>>, string, string]>([
      ["too old", { at: Math.floor(Date.now() / 1000) - 7 * hour }, "W-INDEX-STALE", "its index is 7 h"],
      ["of another disk", { uuid: "0-1" }, "W-INDEX-FOREIGN", "its index is of another disk (0-1)"],
      ["of other rules", { rules: "0" }, "W-INDEX-FOREIGN", "its index was made by other ignore rules"],
      ["damaged", { files: -1 }, "W-INDEX-DAMAGED", "its index cannot be read"],
      ["of version 1", { schemaVersion: 1 }, "W-INDEX-FOREIGN", "an older pimesh has made it"],
    ])(
      "counts in the place of one that is %s, and says so; the node is no worse for it",
      async (_, changes, code, words) => {
        const { family } = await indexed(changes);
        const node = await nodeOf(family);
        expect(node).toMatchObject({ ...amount, state: "ok", countSource: "scan", problems: [{ code }] });
        expect(node?.problems[0]?.message).toContain(words);
        expect((await family.status()).code).toBe(0);
      },
    );

    test("does not believe one that lies under the mount point of a disk that was pulled", async () => {
      const { pi, text, family } = await indexed();
      await pull(pi, familyDisk.device);
      await mkdir(join(pi.root, "media/btsync/.pimesh"), { recursive: true });
      await writeFile(join(pi.root, index), text);
      expect(await nodeOf(family)).toMatchObject({ state: "disk-absent", files: null, countSource: null });
    });

    test("tells a node that catches up from one that stands, though the same index is asked twice", async () => {
      const { pi, text, family } = await indexed({ at: Math.floor(Date.now() / 1000) - 5 * hour, files: 1 });
      expect(await nodeOf(family)).toMatchObject({ files: 1, state: "behind" });
      await writeFile(
        join(pi.root, index),
        text
          .replace('"files":1', '"files":2')
          .replace(/"at":\d+/, `"at":${Math.floor(Date.now() / 1000) - hour}`),
      );
      disturbed(pi);
      for (const _ of [1, 2]) expect(await nodeOf(family)).toMatchObject({ files: 2, state: "syncing" });
    });
  });

  test("says first that the laptop's tree is not there, and still shows the nodes", async () => {
    const family = await familyOf({ home });
    await family.status();
    await rm(family.tree, { recursive: true });
    await mkdir(family.tree);
    const run = await family.status();
    expect(run.err).toMatch(/^the laptop's folder .* is empty.*\(E-LAPTOP-TREE\)/);
    expect(run.out).toMatch(/^home +ok /m);
    expect(run.out).toContain("# home: not compared: ");
    expect(run.code).toBe(5);
    const document = statusShape.parse(JSON.parse((await family.status({ json: true })).out));
    expect(document.reference).toMatchObject({ files: null, problems: [{ code: "E-LAPTOP-TREE" }] });
    expect(document.nodes[0]).toMatchObject({
      ...amount,
      filesPercent: null,
      problems: [{ code: "W-NOT-COMPARED" }],
    });
  });

  test("takes an emptied laptop tree for right when told so", async () => {
    const family = await familyOf({ home });
    await family.status();
    await rm(family.tree, { recursive: true });
    await mkdir(family.tree);
    expect((await family.status({ acceptLaptopTree: true })).code).toBe(1);
    expect((await family.status()).code).toBe(1);
  });

  test("tells of a damaged snapshot, and goes on", async () => {
    const family = await familyOf({ home });
    await family.status();
    await writeFile(snapshotPath(family.stateFolder, "home"), "{");
    const run = await family.status();
    expect(run.err).toContain("damaged");
    expect(run.code).toBe(0);
    expect((await family.status()).err).toBe("");
  });

  test("leaves the snapshot of a newer pimesh alone", async () => {
    const family = await familyOf({ home });
    await family.status();
    const path = snapshotPath(family.stateFolder, "home");
    const newer = '{"schemaVersion": 99}';
    await writeFile(path, newer);
    expect((await family.status()).err).toContain("newer pimesh");
    expect(await readFile(path, "utf8")).toBe(newer);
  });

  test("keeps notes below a plain table out of the way of programs", async () => {
    const family = await familyOf({ mom });
    await writeFile(join(family.tree, "new"), "");
    const { out } = await family.status();
    const [table = "", notes = ""] = out.split("\n\n");
    expect(table.split("\n").map((line) => line.split(/\s+/).length)).toEqual([17, 17, 17]);
    for (const line of notes.trimEnd().split("\n")) expect(line).toMatch(/^# /);
    expect(out).not.toContain("\u001b");
  });

  test("stacks the table on a narrow terminal, unless every column is wanted in one", async () => {
    const family = await familyOf({ home });
    const terminal = { decorated: true, live: false, colour: false, columns: 80 };
    const titles = async (options: StatusOptions) =>
      (await family.status(options, [], { terminal })).out.match(/^NODE /gm)?.length;
    expect(await titles({})).toBe(2);
    expect(await titles({ wide: true })).toBe(1);
  });

  test("knows a plain Pi that nobody has set up", async () => {
    const run = await (await familyOf({ mom: await simulatedPi() })).status({ json: true });
    expect(statusShape.parse(JSON.parse(run.out)).nodes[0]).toMatchObject({
      state: "unprovisioned",
      provisioned: null,
      files: null,
    });
    expect(run.code).toBe(1);
  });

  test("ends at once on Ctrl-C, although a node hangs", async () => {
    const family = await familyOf({ home });
    const controller = new AbortController();
    const run = family.status({}, [], {
      signal: controller.signal,
      connect: () => {
        controller.abort();
        return new Promise(() => {});
      },
    });
    await expect(run).rejects.toMatchObject({ code: "E-INTERRUPTED" });
  });

  test("shows live lines on a terminal and takes them away before the table", async () => {
    const family = await familyOf({ home });
    const run = await family.status({}, [], {
      terminal: { decorated: true, live: true, colour: false, columns: 80 },
    });
    expect(run.err).toContain("home    counting");
    expect(run.err).toContain("laptop  4 files, 9 B");
    expect(run.err.endsWith("\u001b[2F\u001b[J")).toBe(true);
    expect(run.out).toMatch(/^NODE +STATE/);
  });
});

/** A provisioned Pi of the family with its disk mounted and its engine running. */
function memberOptions(name: string): PiOptions {
  const own = Object.entries(files).map(([path, text]) => [`btsync/${path}`, text]);
  return {
    name,
    disks: [
      {
        ...familyDisk,
        mounted: { at: "/media/btsync" },
        files: {
          ".pimesh/identity": `uuid=${familyDisk.uuid}\nnode=${name}\n`,
          "btsync/.stfolder": null,
          "btsync/.stignore": `${ignoreLines("syncthing", []).join("\n")}\n`,
          ...syncthing.onDisk,
          ...(Object.fromEntries(own) as Record<string, string>),
        },
      },
    ],
    files: {
      "etc/pimesh/node.conf": `PIMESH_VERSION=1\nPIMESH_NODE=${name}\nPIMESH_UUID=${familyDisk.uuid}\nPIMESH_MOUNT=/media/btsync\n`,
    },
    processes: [{ pid: 812, comm: "syncthing", rss: 85_000 }],
    clockSynchronised: true,
  };
}

/** Until the end of the test every node's Syncthing says so. */
function says(changed: Answers): void {
  syncthing.changed = changed;
  onTestFinished(() => void (syncthing.changed = {}));
}

/** The recorded one answers on the laptop, too. */
async function laptopsSyncthing({ stateFolder }: { readonly stateFolder: string }): Promise<void> {
  const folder = join(stateFolder, "../.config/syncthing");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "config.xml"), Object.values(syncthing.onDisk)[0] as string);
}

async function nodeOf(family: Awaited<ReturnType<typeof familyOf>>, options: StatusOptions = {}) {
  const run = await family.status({ json: true, ...options });
  return statusShape.parse(JSON.parse(run.out)).nodes[0];
}

interface Run {
  readonly out: string;
  readonly err: string;
  readonly code: ExitCode;
}

/** A laptop with the family's files, an inventory of these nodes, and ways to disturb both. */
async function familyOf(nodes: Readonly<Record<string, Pi>>) {
  const folder = temporaryFolder();
  const tree = join(folder, "tree");
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(tree, path, ".."), { recursive: true });
    await writeFile(join(tree, path), text);
  }
  const inventory = [
    `laptop: { tree: ${tree} }`,
    "defaults: { user: pi, swap: false, player: false }",
    "nodes:",
    ...Object.keys(nodes).map((name) => `  ${name}: { address: ${name}.example.org }`),
  ].join("\n");
  await writeFile(join(folder, "pimesh.yaml"), `${inventory}\n`);
  const silent = new Set<string>();
  const stateFolder = join(folder, "state");
  const family = {
    tree,
    stateFolder,
    /** Milliseconds by which the laptop's clock is off. */
    clock: 0,
    silence: (name: string) => silent.add(name),
    async status(
      options: StatusOptions = {},
      names: readonly string[] = [],
      changes: Partial<Context> = {},
    ): Promise<Run> {
      const run = { out: "", err: "" };
      const context: Context = {
        out: (text) => void (run.out += text),
        err: (text) => void (run.err += text),
        terminal: { decorated: false, live: false, colour: false, columns: undefined },
        prompt: {
          interactive: false,
          ask: () => Promise.reject(new Error("nobody is there to answer")),
          confirm: () => Promise.reject(new Error("nobody is there to answer")),
        },
        now: () => Date.now() + family.clock,
        signal: new AbortController().signal,
        env: {},
        home: folder,
        cwd: folder,
        stateFolder,
        connect: async (node) => {
          if (silent.has(node.name)) {
            throw new PimeshError("E-NO-ADDRESS-ANSWERS", "no address answers", { node: node.name });
          }
          return connectionTo(nodes[node.name] as Pi);
        },
        ...changes,
      };
      const code = await status(context, names, options);
      return { ...run, code };
    },
  };
  return family;
}

/** What an undisturbed Pi has answered to a question, with the nonce of that run taken out: asking takes a second. */
const answered = new Map<string, Result>();

function disturbed(pi: Pi): void {
  for (const key of answered.keys()) if (key.startsWith(`${pi.root}\n`)) answered.delete(key);
}

function connectionTo(pi: Pi): Connection {
  const real = localConnection({
    node: pi.name,
    root: pi.root,
    ...(pi.environment["PATH"] === undefined ? {} : { path: pi.environment["PATH"] }),
  });
  return {
    ...real,
    async run(script, options) {
      const nonce = /^n=([0-9a-f]{32})$/m.exec(script.text)?.[1] ?? "no nonce";
      const key = `${pi.root}\n${script.text.replaceAll(nonce, "NONCE")}`;
      const known = answered.get(key);
      if (known !== undefined) {
        // Only its clock goes on: a second old by the first test, a minute by the last.
        const text = known.stdout
          .toString("latin1")
          .replaceAll("NONCE", nonce)
          .replaceAll(/^\d{10}$/gm, String(Math.floor(Date.now() / 1000)));
        return { ...known, stdout: Buffer.from(text, "latin1") };
      }
      const result = await real.run(script, options);
      // As a node without gzip answers: a nonce in what is packed cannot be taken out.
      const mark = `\n${nonce} gzip\n`;
      const at = result.stdout.indexOf(mark);
      const plain = at < 0 ? result.stdout : inflateRawSync(result.stdout.subarray(at + mark.length + 10));
      const stdout = Buffer.from(plain.toString("latin1").replaceAll(nonce, "NONCE"), "latin1");
      answered.set(key, { ...result, stdout });
      return result;
    },
  };
}

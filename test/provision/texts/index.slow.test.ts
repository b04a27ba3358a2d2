import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { quote } from "../../../src/core/shell.ts";
import { asciiJson, farEndRules, rulesHash } from "../../../src/tree/far-end-rules.ts";
import { farEnd } from "../../../src/tree/far-end.ts";
import { makeFilter } from "../../../src/tree/filter.ts";
import { findWords } from "../../../src/tree/find-rules.ts";
import { searchPath } from "../../support/requires.ts";
import { conf, momsNode, mounts, shells, uuid, type NodeRoot } from "./node-root.ts";

vi.setConfig({ testTimeout: 60_000 });

const script = "usr/local/lib/pimesh/index";
const place = "media/btsync/.pimesh";
const filter = makeFilter({ ignore: [".DS_Store"], outside: [] });
const ways = ["python", "find"] as const;

describe.each(shells.filter((shell) => shell.there))("index in $name", (shell) => {
  describe.each(ways)("with %s", (way) => {
    test("counts the tree, by the rules, and keeps it on the disk", () => {
      const root = nodeWithTree(way);
      expect(root.run(shell, script, "due")).toEqual({ code: 0, stdout: "counted\n", stderr: "" });
      expect(summary(root)).toMatchObject({
        schemaVersion: 2,
        id: "0123456789ab",
        interval: 10_800,
        uuid,
        tree: "/media/btsync/btsync",
        rules: rulesHash(filter),
        files: 3,
        bytes: 11,
        folders: 2,
        symlinks: 1,
        specials: 0,
        inFlight: 1,
        unreadable: 0,
        newest: 1_700_000_000,
        newestFile: String.raw`photos/a "b\é.jpg`.replace("é", "\u00c3\u00a9"),
      });
      expect(byName(summary(root)["topFolders"])).toEqual([
        { name: "", files: 1, bytes: 2 },
        { name: "empty", files: 0, bytes: 0 },
        { name: "photos", files: 2, bytes: 9 },
      ]);
      expect(files(root)).toEqual(
        way === "python" ? ["identity", "index", "index-summary.json"] : ["identity", "index-summary.json"],
      );
    });

    test("counts conflict copies, by the whole of their name", () => {
      const root = nodeWithTree(way);
      for (const name of [
        "letter.sync-conflict-20260101-010101-ABCDEF7.txt",
        "photos/b.sync-conflict-20260101-010101-ABCDEFG",
        "x\ny.sync-conflict-20260101-010101-ABCDEFG.tar.gz",
        "no.sync-conflict-2026.txt",
        "no.sync-conflict-20260101-010101-ABCDEFGH.txt",
        "no.sync-conflict-20260101-010101-ABCDEFG\n",
        "dir.sync-conflict-20260101-010101-ABCDEFG/file",
      ]) {
        root.write(`media/btsync/btsync/${name}`, "");
      }
      root.run(shell, script, "due");
      expect(summary(root)).toMatchObject({ files: 10, conflicts: 3 });
    });

    test("has nothing to do while the last count is young enough", () => {
      const root = nodeWithTree(way);
      root.run(shell, script, "due");
      root.write("media/btsync/btsync/new", "");
      expect(root.run(shell, script, "due").stdout).toBe("the last count is young enough\n");
      expect(summary(root)["files"]).toBe(3);
    });

    test.each<[string, (root: NodeRoot) => void]>([
      ["its time has come again", (root) => age(root, 10_801)],
      ["it is from tomorrow, as after a boot without the time", (root) => age(root, -86_400)],
      [
        "rules, tree, disk or program are others",
        (root) => settings(root, way, { INDEX_ID: "ba9876543210" }),
      ],
      ["it is damaged", (root) => root.write(`${place}/index-summary.json`, '{"schemaVersion":2,"id":')],
      [
        "it is cut off behind its time",
        (root) =>
          root.write(
            `${place}/index-summary.json`,
            /.*"at":\d+/.exec(root.read(`${place}/index-summary.json`))?.[0] ?? "",
          ),
      ],
      [
        "its summary alone is there",
        (root) => {
          root.remove(`${place}/index`);
          if (way === "find") age(root, 10_801);
        },
      ],
      [
        "it is of an older version",
        (root) => root.write(`${place}/index-summary.json`, '{"schemaVersion":1,"at":1}'),
      ],
    ])("counts anew when %s", (_, change) => {
      const root = nodeWithTree(way);
      root.run(shell, script, "due");
      change(root);
      root.write("media/btsync/btsync/new", "");
      expect(root.run(shell, script, "due").stdout).toBe("counted\n");
      expect(summary(root)["files"]).toBe(4);
    });

    test.each<[string, (root: NodeRoot) => void, string]>([
      [
        "the disk is not the right one",
        (root) => root.write(`${place}/identity`, `uuid=${uuid}\nnode=grandma\n`),
        "not counted: wrong: the disk belongs to grandma",
      ],
      ["nothing is mounted", (root) => mounts(root), "not counted: not-mounted: "],
      [
        "a sound device plays",
        (root) => sound(root, "pcm0p", "state: RUNNING\nowner_pid   : 734\n"),
        "not counted: a sound device plays",
      ],
      [
        "the tree is not there",
        (root) => root.remove("media/btsync/btsync"),
        "not counted: there is no folder /media/btsync/btsync",
      ],
    ])("leaves all as it is while %s", (_, change, said) => {
      const root = nodeWithTree(way);
      change(root);
      const ran = root.run(shell, script, "due");
      expect(ran).toMatchObject({ code: 0, stderr: "" });
      expect(ran.stdout.slice(0, said.length)).toBe(said);
      expect(files(root)).toEqual(["identity"]);
    });

    test.each([
      ["a microphone that is open", "pcm0c", "state: RUNNING\n"],
      ["a film that is paused", "pcm0p", "state: PAUSED\n"],
      ["a device that is closed", "pcm0p", "closed\n"],
    ])("is not kept off by %s", (_, device, status) => {
      const root = nodeWithTree(way);
      sound(root, device, status);
      expect(root.run(shell, script, "due").stdout).toBe("counted\n");
    });

    test("keeps the old count when the disk is pulled in the middle", () => {
      const root = counted(shell, way);
      // The last word of the walk, and the disk is gone
      pulling(root, way);
      const ran = root.run(shell, script, "due");
      expect(ran).toMatchObject({ code: 0, stdout: expect.stringMatching(/^not kept: absent: /) as string });
      expect(summary(root)["files"]).toBe(3);
      expect(files(root)).not.toContain("index-summary.new");
    });

    test("keeps the old count when it fails, and says so", () => {
      const root = counted(shell, way);
      root.standIn(way === "python" ? "python3" : "find", 'echo "out of memory" >&2; exit 9');
      const ran = root.run(shell, script, "due");
      expect(ran.code).toBe(1);
      expect(summary(root)["files"]).toBe(3);
      expect(files(root)).not.toContain("index-summary.new");
    });

    test("one that is killed leaves the old count, and the next one is whole", async () => {
      const root = counted(shell, way);
      const before = summary(root);
      const run = await hanging(root, shell, way);
      // What a power cut leaves: half a file
      root.write(`${place}/index-summary.new`, '{"schemaVersion":2,');
      run.kill();
      await run.ended;
      expect(summary(root)).toEqual(before);
      passOn(root, way);
      expect(root.run(shell, script, "due").stdout).toBe("counted\n");
      expect(files(root)).not.toContain("index-summary.new");
      expect(summary(root)["files"]).toBe(4);
    });

    test("works one at a time, tells that it does, and can be stopped", async () => {
      const root = counted(shell, way);
      expect(root.run(shell, script, "running").code).toBe(1);
      const run = await hanging(root, shell, way);
      expect(root.run(shell, script, "running").code).toBe(0);
      expect(root.run(shell, script, "due").stdout).toBe("a count is at work already\n");
      expect(root.run(shell, script, "stop")).toEqual({ code: 0, stdout: "", stderr: "" });
      expect(await run.ended).toBe(1);
      expect(root.run(shell, script, "running").code).toBe(1);
      expect(existsSync(join(root.path, "run/pimesh/index.pid"))).toBe(false);
      expect(summary(root)["files"]).toBe(3);
      expect(files(root)).not.toContain("index-summary.new");
    });
  });

  test("gives up, which is no failure, when something begins to play", () => {
    const root = nodeWithTree("python");
    root.standIn("python3", "exit 3");
    expect(root.run(shell, script, "due")).toEqual({
      code: 0,
      stdout: "given up: a sound device plays\n",
      stderr: "",
    });
  });

  test("without python3, names of all kinds and places that cannot be read are told all the same", () => {
    const root = nodeWithTree("find");
    root.write("media/btsync/btsync/tab\there/\u0001x", "12");
    root.standIn(
      "find",
      String.raw`${realFind} "$@"
cat >&2 <<'said'
find: './dying: "\n"': Input/output error
find: './gone': No such file or directory
said
exit 1`,
    );
    expect(root.run(shell, script, "due")).toMatchObject({ code: 0, stdout: "counted\n" });
    expect(summary(root)).toMatchObject({
      files: 4,
      unreadable: 1,
      unreadablePlaces: [[String.raw`dying: "\n"`, "EIO"]],
    });
    expect(byName(summary(root)["topFolders"])).toContainEqual({ name: "tab\there", files: 1, bytes: 2 });
  });

  test("without python3 an index that python3 has made goes: it would grow old unseen", () => {
    const root = nodeWithTree("python");
    root.run(shell, script, "due");
    settings(root, "find", { INDEX_ID: "ba9876543210" });
    passOn(root, "find");
    expect(root.run(shell, script, "due").stdout).toBe("counted\n");
    expect(files(root)).toEqual(["identity", "index-summary.json"]);
  });

  test("a number that an earlier run has left is nobody's", () => {
    const root = nodeWithTree("python");
    root.write("run/pimesh/index.pid", `${process.pid}\n`);
    sound(root, "pcm0p", "state: RUNNING\n");
    root.run(shell, script, "due");
    expect(existsSync(join(root.path, "run/pimesh/index.pid"))).toBe(false);
  });

  test("nothing to stop is no failure", () => {
    expect(nodeWithTree("python").run(shell, script, "stop")).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("refuses words that it does not know", () => {
    expect(nodeWithTree("python").run(shell, script, "now").code).toBe(2);
  });
});

const realFind = spawnSync("sh", ["-c", "command -v find"], {
  encoding: "utf8",
  env: { PATH: searchPath },
}).stdout.trim();

function program(way: (typeof ways)[number]): string {
  return way === "python" ? "python3" : "find";
}

/** Mom's node with three files, a link and one that is still arriving, and what provision installs for the index. */
function nodeWithTree(way: (typeof ways)[number]): NodeRoot {
  const root = momsNode();
  settings(root, way);
  const tree = "media/btsync/btsync";
  root.write(`${tree}/a`, "aa");
  root.write(`${tree}/photos/b`, "bbb");
  root.write(String.raw`${tree}/photos/a "b\é.jpg`, "cccccc");
  root.write(`${tree}/photos/.DS_Store`, "no");
  root.write(`${tree}/photos/c.!sync`, "coming");
  root.write(`${tree}/empty/.DS_Store`, "no");
  root.link(`${tree}/link`, "a");
  for (const [name, time] of [
    ["a", 1_600_000_000],
    ["photos/b", 1_650_000_000],
    [String.raw`photos/a "b\é.jpg`, 1_700_000_000],
  ]) {
    spawnSync("touch", ["-d", `@${time}`, join(root.path, tree, name as string)]);
  }
  root.write("usr/local/lib/pimesh/index.py", farEnd("walk.py", "pack.py", "index.py"));
  root.write("etc/pimesh/index-rules.json", `${asciiJson(farEndRules(filter))}\n`);
  const words = findWords(filter, {
    inFlight: ["-printf", String.raw`i 0 0 \0`],
    entry: ["-printf", String.raw`%y %s %T@ %P\0`],
  });
  root.write(
    "etc/pimesh/index-rules.sh",
    `rules=${rulesHash(filter)}\nset -- ${words.map(quote).join(" ")}\n`,
  );
  passOn(root, way);
  return root;
}

/** The system's own: a version manager may stand in the way of one, and busybox' tools have no -printf. */
function passOn(root: NodeRoot, way: (typeof ways)[number]): void {
  root.standIn(program(way), `exec ${way === "find" ? realFind : "/usr/bin/python3"} "$@"`);
}

function settings(root: NodeRoot, way: string, changes: Readonly<Record<string, string>> = {}): void {
  conf(root, { INDEX_WAY: way, ...changes });
}

/** One that was counted long ago; there is a file more since. */
function counted(shell: (typeof shells)[number], way: (typeof ways)[number]): NodeRoot {
  const root = nodeWithTree(way);
  root.run(shell, script, "due");
  age(root, 100_000);
  root.write("media/btsync/btsync/new", "");
  return root;
}

function age(root: NodeRoot, seconds: number): void {
  const text = root.read(`${place}/index-summary.json`);
  root.write(
    `${place}/index-summary.json`,
    text.replace(/"at":\d+/, `"at":${Math.floor(Date.now() / 1000) - seconds}`),
  );
}

function sound(root: NodeRoot, device: string, status: string): void {
  root.write(`proc/asound/card0/${device}/sub0/status`, status);
}

function pulling(root: NodeRoot, way: (typeof ways)[number]): void {
  root.standIn(
    program(way),
    `${way === "find" ? realFind : "/usr/bin/python3"} "$@"; code=$?; rm -f "$PIMESH_ROOT/dev/disk/by-uuid/${uuid}"; exit $code`,
  );
}

/** A count whose walk never ends. */
async function hanging(root: NodeRoot, shell: (typeof shells)[number], way: (typeof ways)[number]) {
  root.standIn(program(way), 'touch "$PIMESH_ROOT/walking"; exec sleep 600');
  const [command, ...before] = shell.words as readonly [string, ...string[]];
  const child = spawn(command, [...before, join(root.path, script), "due"], {
    // Of its own, so that a kill means all that belongs to it
    detached: true,
    stdio: "ignore",
    env: { PIMESH_ROOT: root.path, PATH: `${join(root.path, "stand-ins")}:${searchPath}` },
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  await vi.waitFor(() => expect(existsSync(join(root.path, "walking"))).toBe(true), { timeout: 20_000 });
  await vi.waitFor(() => expect(existsSync(join(root.path, "run/pimesh/index.pid"))).toBe(true), {
    timeout: 20_000,
  });
  return { ended, kill: () => process.kill(-(child.pid as number), "SIGKILL") };
}

function summary(root: NodeRoot): Record<string, unknown> {
  return JSON.parse(root.read(`${place}/index-summary.json`)) as Record<string, unknown>;
}

function files(root: NodeRoot): string[] {
  return readdirSync(join(root.path, place)).toSorted();
}

function byName(folders: unknown): unknown[] {
  return (folders as { name: string }[]).toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

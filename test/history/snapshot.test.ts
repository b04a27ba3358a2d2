import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  readReference,
  readSnapshot,
  snapshotPath,
  writeReference,
  writeSnapshot,
  type Snapshot,
} from "../../src/history/snapshot.ts";
import { PimeshError } from "../../src/core/error.ts";
import { at, healthy, laptopCounts } from "../report/measurements.ts";

let stateFolder: string;
beforeEach(async () => {
  stateFolder = join(await mkdtemp(join(tmpdir(), "pimesh-snapshot-")), "state", "pimesh");
});
afterEach(async () => {
  await rm(dirname(dirname(stateFolder)), { recursive: true });
});

const snapshot: Snapshot = { node: "mom", measurement: healthy(), counted: { at, counts: laptopCounts } };

describe("a snapshot", () => {
  test("comes back as it was written", async () => {
    await writeSnapshot(stateFolder, snapshot);
    expect(await readSnapshot(stateFolder, "mom")).toEqual({ kind: "kept", snapshot });
  });

  test("keeps the last count while the disk is away", async () => {
    const without = { ...snapshot, measurement: healthy({ counts: null }) };
    await writeSnapshot(stateFolder, without);
    expect(await readSnapshot(stateFolder, "mom")).toEqual({ kind: "kept", snapshot: without });
  });

  test("of a node that never answered is none", async () => {
    expect(await readSnapshot(stateFolder, "mom")).toEqual({ kind: "none" });
  });

  test("is for its owner alone and leaves no other file behind", async () => {
    await writeSnapshot(stateFolder, snapshot);
    await writeSnapshot(stateFolder, snapshot);
    expect(await readdir(join(stateFolder, "snapshots"))).toEqual(["mom.json"]);
    expect((await stat(snapshotPath(stateFolder, "mom"))).mode & 0o777).toBe(0o600);
  });

  test("is whole for a reader at any moment of many writes", async () => {
    await writeSnapshot(stateFolder, snapshot);
    const writes = Array.from({ length: 20 }, () => writeSnapshot(stateFolder, snapshot));
    const reads = Array.from({ length: 20 }, () => readSnapshot(stateFolder, "mom"));
    await Promise.all(writes);
    for (const kept of await Promise.all(reads)) expect(kept.kind).toBe("kept");
  });

  test("stays in its folder whatever the node is called", async () => {
    await writeSnapshot(stateFolder, { ...snapshot, node: "../../mom" });
    expect(await readdir(join(stateFolder, "snapshots"))).toEqual(["..%2F..%2Fmom.json"]);
    expect((await readSnapshot(stateFolder, "../../mom")).kind).toBe("kept");
  });

  test("that cannot be written is an error that names the file", async () => {
    await mkdir(stateFolder, { recursive: true });
    await writeFile(join(stateFolder, "snapshots"), "");
    const error: unknown = await writeSnapshot(stateFolder, snapshot).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PimeshError);
    expect(error).toMatchObject({ code: "E-STATE", message: expect.stringContaining("mom.json") as string });
  });
});

describe("a snapshot that cannot be used", () => {
  test.each([
    ["half a file", (text: string) => text.slice(0, 200), "it is damaged: not JSON", false],
    ["an empty file", () => "", "it is damaged: not JSON", false],
    ["another document", () => "[]", "it is damaged: no schemaVersion", false],
    [
      "a newer file",
      (text: string) => text.replace(`"schemaVersion": 1`, `"schemaVersion": 2`),
      "a newer pimesh has written it",
      true,
    ],
    [
      "a number that became a word",
      (text: string) => text.replace(`"at": ${at}`, `"at": "yesterday"`),
      "it is damaged: measurement.at: ",
      false,
    ],
    [
      "a file of another node",
      (text: string) => text.replace(`"node": "mom"`, `"node": "Mom"`),
      "it is about Mom",
      false,
    ],
  ])("is told: %s", async (_, damage, reason, newer) => {
    await writeSnapshot(stateFolder, snapshot);
    const path = snapshotPath(stateFolder, "mom");
    await writeFile(path, damage(await readFile(path, "utf8")));
    expect(await readSnapshot(stateFolder, "mom")).toEqual({
      kind: "unusable",
      path,
      reason: expect.stringContaining(reason) as string,
      newer,
    });
  });

  test("is told when it cannot be read at all", async () => {
    await mkdir(snapshotPath(stateFolder, "mom"), { recursive: true });
    expect(await readSnapshot(stateFolder, "mom")).toMatchObject({ kind: "unusable", newer: false });
  });
});

describe("what the laptop last held", () => {
  test("comes back as it was written, and is no node's snapshot", async () => {
    const reference = { tree: "/home/ann/btsync", counted: { at, counts: laptopCounts } };
    await writeReference(stateFolder, reference);
    expect(await readReference(stateFolder)).toEqual({ kind: "kept", snapshot: reference });
    expect((await readSnapshot(stateFolder, "laptop")).kind).toBe("unusable");
  });
});

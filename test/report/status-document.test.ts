import { describe, expect, test } from "vitest";
import { PimeshError } from "../../src/core/error.ts";
import { statusDocument } from "../../src/report/status-document.ts";
import type { NodeStatus, StatusResult } from "../../src/report/status.ts";
import { at, counts, healthy, inSync, laptopCounts, traced } from "./measurements.ts";
import { statusShape } from "./status-shape.ts";

const silent: NodeStatus = {
  name: "grandma",
  state: "unreachable",
  measurement: undefined,
  counted: undefined,
  problems: [{ code: "E-NO-ADDRESS-ANSWERS", message: "x", try: "pimesh status grandma", kind: "silent" }],
  error: new PimeshError("E-NO-ADDRESS-ANSWERS", "x"),
};
const mom: NodeStatus = {
  name: "mom",
  state: "behind",
  measurement: healthy({ counts: counts(laptopCounts.files / 2, laptopCounts.bytes) }),
  counted: { at, counts: laptopCounts },
  problems: [],
  error: undefined,
};
const result: StatusResult = {
  at: at + 2000,
  reference: {
    name: "laptop",
    tree: "/home/ann/btsync",
    counted: { at, counts: laptopCounts },
    error: undefined,
    engine: undefined,
    problems: [],
  },
  nodes: [mom, silent],
};

describe("the JSON of status", () => {
  test("has exactly the fields of version 1", () => {
    const document = JSON.parse(JSON.stringify(statusDocument(result))) as unknown;
    expect(statusShape.safeParse(document).error).toBeUndefined();
  });

  test("has them too of a node with btsync, whose key and login are in no field of it", () => {
    for (const web of [
      traced().web,
      { kind: "silent" as const, code: "E-ENGINE-KEY", why: "x", hint: null },
      {
        kind: "told" as const,
        version: "1.4.83",
        state: "synced" as const,
        why: null,
        need: null,
        peers: [{ name: "home", connected: true }],
      },
    ]) {
      const node = { ...mom, measurement: healthy({ traces: { ...traced(), web } }) };
      const document = JSON.parse(JSON.stringify(statusDocument({ ...result, nodes: [node] }))) as unknown;
      expect(statusShape.safeParse(document).error).toBeUndefined();
      expect(document).toMatchObject({
        nodes: [{ traces: { seen: true, web: { inSync: web.kind === "told" ? true : null } } }],
      });
    }
  });

  test("has raw numbers and times in UTC", () => {
    expect(statusDocument(result)).toMatchObject({
      at: "2026-11-24T18:00:02.000Z",
      reference: { files: 297_481, bytes: laptopCounts.bytes },
      nodes: [
        {
          filesPercent: 50,
          bytesPercent: 100,
          bytesDifference: 0,
          ageSeconds: 2,
          measuredAt: "2026-11-24T18:00:00.000Z",
        },
        { files: null },
      ],
    });
  });

  test.each([
    ["index", { at: at - 3_600_000, by: "index" }, "2026-11-24T17:00:00.000Z", 3602],
    ["scan", { at, by: "scan" }, "2026-11-24T18:00:00.000Z", 2],
    ["scan", undefined, "2026-11-24T18:00:00.000Z", 2],
  ] as const)("says when the files were counted, and that it was by %s", (source, counted, when, age) => {
    const node = { ...mom, measurement: healthy(counted === undefined ? {} : { counted }) };
    expect(statusDocument({ ...result, nodes: [node] })).toMatchObject({
      nodes: [{ countSource: source, countedAt: when, countAgeSeconds: age }],
    });
  });

  test("says what a node's Syncthing knows, each home by name, and of what it does not know why", () => {
    const silentOne = { kind: "silent", code: "E-TIMED-OUT", why: "it did not answer", hint: null } as const;
    const ignore = { more: ["*.iso"], missing: [] };
    const nodes = [inSync(), { kind: "none" } as const, silentOne].map((sync) => ({
      ...mom,
      measurement: healthy({ sync, ignore }),
    }));
    const document = statusDocument({ ...result, nodes });
    expect(statusShape.safeParse(JSON.parse(JSON.stringify(document))).error).toBeUndefined();
    expect(document).toMatchObject({
      nodes: [
        {
          ignore,
          sync: {
            asked: true,
            inSync: true,
            state: "idle",
            need: { files: 0, deletes: 0 },
            peers: [{ name: "home", reach: "direct", lastSeen: "2026-11-24T17:59:00.000Z", percent: 100 }],
          },
        },
        { sync: { asked: false, why: "pimesh has set up none on its disk", inSync: null, peers: null } },
        { sync: { asked: false, why: "it did not answer", inSync: null } },
      ],
    });
  });

  test("has null for everything that a silent node never said, and its problems", () => {
    expect(statusDocument(result)).toMatchObject({
      nodes: [
        {},
        {
          name: "grandma",
          state: "unreachable",
          address: null,
          filesPercent: null,
          measuredAt: null,
          disk: null,
          engine: null,
          problems: [{ code: "E-NO-ADDRESS-ANSWERS", message: "x", try: "pimesh status grandma" }],
        },
      ],
    });
  });

  test("has no numbers of a laptop whose tree was refused, and says why", () => {
    const error = new PimeshError("E-LAPTOP-TREE", "not mounted", { hint: "mount /mnt/dat" });
    const document = statusDocument({
      ...result,
      reference: { ...result.reference, counted: undefined, error },
    });
    expect(statusShape.safeParse(JSON.parse(JSON.stringify(document))).error).toBeUndefined();
    expect(document).toMatchObject({
      reference: {
        files: null,
        measuredAt: null,
        problems: [{ code: "E-LAPTOP-TREE", try: "mount /mnt/dat" }],
      },
      nodes: [{ files: laptopCounts.files / 2, filesPercent: null, filesDifference: null }, {}],
    });
  });

  test("has no percentage of an empty laptop", () => {
    const empty = { ...result.reference, counted: { at, counts: counts(0, 0) } };
    expect(statusDocument({ ...result, reference: empty })).toMatchObject({
      nodes: [{ filesPercent: null }, {}],
    });
  });
});

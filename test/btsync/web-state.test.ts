import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foldersAnswer } from "../../src/btsync/folders-answer.ts";
import { webState, type WebState } from "../../src/btsync/web-state.ts";
import { changed, recorded, type Recorded } from "./recorded.ts";

const tree = "/media/btsync/btsync";
const stateOf = (answer: unknown): WebState => webState(foldersAnswer.parse(answer).folders, tree);
type Case = readonly [
  what: string,
  fields: Readonly<Record<string, unknown>>,
  peer: Readonly<Record<string, unknown>> | undefined,
  state: WebState["state"],
];

test("the answer of 1.1 is never in sync: it does not tell who is connected", () => {
  expect(stateOf(recorded("1.1-synced"))).toEqual({
    state: "unknown",
    why: "it says of rpi: Synced on 10/08/13 11:21:30; this version does not tell who is connected",
    need: null,
    peers: [{ name: "rpi", connected: null }],
  });
});

test.each<Case>([
  ["gets files", {}, { status: "<div class='downarrow' /> 2.1 MB" }, "receiving"],
  ["sends files", {}, { status: "<div class='uparrow' /> 2.1 MB" }, "sending"],
  ["does both", {}, { status: "<div class='uparrow' /> 1 MB <div class='downarrow' /> 2 MB" }, "syncing"],
  ["knows nobody", { peers: [] }, undefined, "alone"],
  ["has another folder", { name: "/srv" }, undefined, "not-set-up"],
])("the answer of 1.1 that %s", (_, fields, peer, state) => {
  expect(stateOf(changed("1.1-synced", fields, peer)).state).toBe(state);
});

test("the answer of 1.4 in which nobody is connected is alone", () => {
  expect(stateOf(recorded("1.4-nobody-connected"))).toEqual({
    state: "alone",
    why: "no other home is connected to it",
    need: null,
    peers: [
      { name: "tinybox", connected: false },
      { name: "laptop", connected: false },
    ],
  });
});

const here = { is_connected: 1, status: "Synced on 08/19/14 20:14:45" };
test.each<Case>([
  ["is with all who are connected", {}, here, "synced"],
  ["gets files", {}, { is_connected: 1, status: "<div class='downarrow' /> 2.1 MB" }, "receiving"],
  ["is away with an arrow", {}, { status: "<div class='downarrow' />, Last seen 08/19/14" }, "alone"],
  ["says of one who is connected what is not understood", {}, { ...here, status: "Idle" }, "unknown"],
  [
    "says of one who is connected when it saw him last",
    {},
    { ...here, status: "Synced on 08/19/14 20:14:45, Last seen 08/19/14 20:15:01" },
    "unknown",
  ],
  ["does not say who is connected", {}, { ...here, is_connected: undefined }, "unknown"],
  ["indexes", { indexing: 1 }, here, "indexing"],
  ["does not say whether it indexes", { indexing: undefined }, here, "unknown"],
  ["does not say whether it is in error", { error: undefined }, here, "unknown"],
  ["is in error", { error: 106 }, here, "error"],
])("the answer of 1.4 that %s", (_, fields, peer, state) => {
  expect(stateOf(changed("1.4-nobody-connected", fields, peer)).state).toBe(state);
});

describe("the answer of 3.1", () => {
  test("is in sync when it says so, nothing is queued, and a home is there", () => {
    expect(stateOf(recorded("3.1-fields"))).toEqual({
      state: "synced",
      why: null,
      need: { files: 0, bytes: 0 },
      peers: [{ name: "home", connected: true }],
    });
  });

  test.each<Case>([
    ["has no state", { status: 0 }, undefined, "unknown"],
    ["is paused", { status: 1 }, undefined, "paused"],
    ["is paused by its flag", { paused: true }, undefined, "paused"],
    ["is stopped", { status: 2 }, undefined, "stopped"],
    ["gets files", { status: 3 }, undefined, "receiving"],
    ["sends files", { status: 4 }, undefined, "sending"],
    ["does both", { status: 5 }, undefined, "syncing"],
    ["is incomplete", { status: 6 }, undefined, "incomplete"],
    ["has no peers", { status: 8 }, undefined, "alone"],
    ["is pending", { status: 9 }, undefined, "unknown"],
    ["is invalid", { status: 10 }, undefined, "error"],
    ["was never connected", { status: 11 }, undefined, "alone"],
    ["has a state of the future", { status: 12 }, undefined, "unknown"],
    ["is in error all the same", { errors: [{ code: 106 }] }, undefined, "error"],
    ["has an error in words", { error: "Service files missing" }, undefined, "error"],
    ["is not connected", { synclevel: 0 }, undefined, "unknown"],
    ["has few fields", { synclevel: undefined, queue_download_files: undefined }, undefined, "unknown"],
    ["does not say whether it indexes", { indexing: undefined }, undefined, "unknown"],
    ["indexes", { indexing: 1 }, undefined, "indexing"],
    [
      "has something in the queue",
      { queue_download_files: "3", queue_download_size: 9 },
      undefined,
      "receiving",
    ],
    ["has nobody online", { onlinepeerscount: 0 }, { isonline: false }, "alone"],
    ["does not say who is online", { onlinepeerscount: undefined }, { isonline: undefined }, "alone"],
    ["has another folder", { path: "/srv", name: "x" }, undefined, "not-set-up"],
  ])("that says synced, but %s", (_, fields, peer, state) => {
    expect(stateOf(changed("3.1-fields", fields, peer)).state).toBe(state);
  });
});

test.each<Recorded>(["1.1-synced", "1.4-nobody-connected", "3.1-fields"])(
  "the keys in the answer of %s are dropped where it is read",
  (name) => {
    const read = JSON.stringify(foldersAnswer.parse(recorded(name)));
    expect(read).not.toMatch(/[A-Z][A-Z2-7]{32}/);
  },
);

test("what is no list of folders is refused, wrapped or not", () => {
  expect(foldersAnswer.safeParse({ value: { folders: [] } }).success).toBe(true);
  for (const answer of [{}, { folders: {} }, { folders: [1] }, [], "x", null, { status: 400 }]) {
    expect(foldersAnswer.safeParse(answer).success).toBe(false);
  }
});

test("a folder with a field that is lost, or of another kind, is never said to be in sync", () => {
  const fields = fc.constantFrom("status", "synclevel", "indexing", "queue_download_files");
  const strange = fc.oneof(fc.constant(undefined), fc.string(), fc.object(), fc.constant(null));
  fc.assert(
    fc.property(fields, strange, (field, value) => {
      // A number in quotes is one
      fc.pre(!(typeof value === "string" && /^-?\d+$/.test(value)));
      expect(stateOf(changed("3.1-fields", { [field]: value })).state).not.toBe("synced");
    }),
  );
});

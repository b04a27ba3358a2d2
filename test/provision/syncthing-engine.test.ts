import { describe, expect, test } from "vitest";
import type { Facts } from "../../src/facts/facts.ts";
import type { Inspection } from "../../src/provision/inspection.ts";
import { profileOf } from "../../src/provision/profile.ts";
import {
  mayRemember,
  syncthingCase,
  syncthingDropIn,
  syncthingSteps,
  type SyncthingInput,
} from "../../src/provision/syncthing-engine.ts";
import { mom } from "../facts/mom.ts";

const unit = "syncthing@pi.service";
const profile = profileOf(undefined);
const path = `/etc/systemd/system/${unit}.d/55-pimesh-syncthing.conf`;
const home = "/media/btsync/.pimesh/syncthing";

const value = <T>(of: T) => ({ kind: "value", value: of });

interface Situation {
  readonly tools?: readonly string[];
  readonly loaded?: boolean;
  readonly active?: string;
  readonly runs?: boolean;
  readonly uid?: number;
  readonly memory?: number;
  readonly files?: Readonly<Record<string, string>>;
}

function input(situation: Situation = {}, more: Partial<SyncthingInput> = {}): SyncthingInput {
  const { tools = ["syncthing", "apt-get"], loaded = true, active = "inactive", runs = false } = situation;
  return {
    node: { ...mom, engine: "syncthing" },
    facts: {
      tools: value(tools),
      units: value([
        { unit, loadState: loaded ? "loaded" : "not-found", activeState: active, subState: "", result: "" },
      ]),
      initScripts: { kind: "absent" },
      processes: value(runs ? [{ runs: "syncthing", pid: 7 }] : []),
      identity: value({ uid: situation.uid ?? 1000, gid: 1000, user: "pi", groups: [] }),
      memory: value({ total: situation.memory ?? 4 * 1024 ** 3 }),
    } as unknown as Facts,
    init: "systemd",
    profile,
    user: { name: "pi", owner: "1000:1000" },
    ...more,
  };
}

function seen(files: Readonly<Record<string, string>> = {}): Pick<Inspection, "files"> {
  return {
    files: new Map(
      Object.entries(files).map(([name, text]) => [
        name,
        { kind: "file", bytes: Buffer.from(text), mode: "644", owner: "0:0", sum: "" },
      ]),
    ),
  };
}

const database = (kind: "folder" | "absent", name = "index-v0.14.0.db", disk = "mounted") => ({
  disk: { kind: disk } as Inspection["disk"],
  files: new Map(
    ["index-v0.14.0.db", "index-v2"].map((each) => [
      `${home}/${each}`,
      { kind: each === name ? kind : "absent", mode: "700", owner: "1000:1000" } as const,
    ]),
  ) as Inspection["files"],
});

describe("whether files that are missing may be taken for deleted", () => {
  const node = { ...mom, engine: "syncthing" } as const;
  test.each([
    ["our Syncthing has a database on the disk", "ours", database("folder"), true],
    ["our Syncthing 2 has one", "ours", database("folder", "index-v2"), true],
    ["the disk is new to our Syncthing", "ours", database("absent"), false],
    ["Syncthing is yet to be installed, and the disk is new", "install", database("absent"), false],
    ["Syncthing is yet to be installed, on the old disk of another Pi", "install", database("folder"), true],
    ["nobody can look at the disk yet", "ours", database("absent", "", "unseen"), true],
    ["another engine keeps its database who knows where", "not-wanted", database("absent"), true],
  ] as const)("%s", (_, kind, inspection, expected) => {
    expect(mayRemember({ kind }, node, inspection)).toBe(expected);
  });
});

describe("whose a Syncthing is", () => {
  test.each<[string, Situation, string]>([
    ["one that is there and does not run becomes ours", {}, "ours"],
    ["one that is not there is installed", { tools: ["apt-get"], loaded: false }, "install"],
    ["ours stays ours while it runs", { active: "active", runs: true, files: { [path]: "" } }, "ours"],
    ["one that runs with a configuration of its own is left alone", { active: "active" }, "left-alone"],
    ["so is one that no unit of ours runs", { runs: true }, "left-alone"],
    ["a unit that runs another program is left alone", { tools: ["apt-get"] }, "left-alone"],
    ["without apt-get it has to be installed by hand", { tools: [], loaded: false }, "left-alone"],
    ["it never runs as root", { uid: 0 }, "left-alone"],
  ])("%s", (_, situation, kind) => {
    expect(syncthingCase(input(situation), seen(situation.files)).kind).toBe(kind);
  });

  test("a node with another engine has none", () => {
    const other = input({}, { node: { ...mom, engine: "btsync" } });
    expect(syncthingCase(other, seen()).kind).toBe("not-wanted");
  });

  test("without systemd nothing would run it", () => {
    expect(syncthingCase(input({}, { init: "sysvinit" }), seen()).kind).toBe("left-alone");
  });

  test("who is left alone is told how to hand it over", () => {
    expect(syncthingCase(input({ active: "active" }), seen())).toMatchObject({
      notice: { hint: expect.stringContaining(`systemctl disable --now ${unit}`) as string },
    });
  });
});

describe("the drop-in", () => {
  test("gives it a home on the disk, and no way to update itself", async () => {
    const { text, path: where } = await syncthingDropIn(input());
    expect(where).toBe(path);
    expect(text).toContain(`ExecStart=\nExecStart=/usr/bin/syncthing serve --home=${home} `);
    expect(text).toContain("--no-upgrade");
    expect(text).not.toContain("{{");
  });

  test("limits its memory by the board's, and says nothing where that is not known", async () => {
    const limit = /^Environment=GOMEMLIMIT=(\d+)MiB$/m;
    const small = limit.exec((await syncthingDropIn(input({ memory: 512 * 1024 ** 2 }))).text ?? "");
    expect(Number(small?.[1])).toBeLessThan(300);
    const silent = input();
    const unknown = { ...silent, facts: { ...silent.facts, memory: { kind: "absent" } } as Facts };
    expect((await syncthingDropIn(unknown)).text).not.toContain("GOMEMLIMIT");
  });
});

async function stepsOf(situation: Situation) {
  const given = input(situation);
  const dropIn = await syncthingDropIn(given);
  const files = seen({
    ...situation.files,
    ...(situation.files?.[path] === "same" ? { [path]: dropIn.text ?? "" } : {}),
  });
  const { first, before } = syncthingSteps(syncthingCase(given, files), given, dropIn, files);
  return { first, before, whats: [...first, ...before].map(({ kind, what }) => `${kind} ${what}`) };
}

describe("its steps", () => {
  const keys = { [`${home}/cert.pem`]: "public" };

  test("keys are made once", async () => {
    expect((await stepsOf({})).whats).toEqual([`change make Syncthing's keys in ${home}`]);
    expect((await stepsOf({ files: keys })).whats).toEqual([`keep Syncthing's keys in ${home}`]);
  });

  test("the package comes before everything, and keys when it is there", async () => {
    const { first, before } = await stepsOf({ tools: ["apt-get"], loaded: false });
    expect(first.map(({ what }) => what)).toEqual(["install syncthing"]);
    expect(before).toEqual([]);
  });

  test("ours is restarted when it was told something else, and not otherwise", async () => {
    const active = { active: "active", runs: true };
    expect((await stepsOf({ ...active, files: { ...keys, [path]: "old" } })).whats).toContain(
      `change restart ${unit}`,
    );
    expect((await stepsOf({ ...active, files: { ...keys, [path]: "same" } })).whats).not.toContain(
      `change restart ${unit}`,
    );
  });

  test("what is left alone has none", async () => {
    expect((await stepsOf({ active: "active" })).whats).toEqual([]);
  });
});

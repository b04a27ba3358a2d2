import { describe, expect, test } from "vitest";
import { noEngineSettings } from "../support/engine-settings.ts";
import { inventoryFrom, problemsOf, withNode } from "./parsed.ts";

/** The engine of the one node `mom`, with these defaults. */
function engineOf(own: string, defaults = ""): object {
  const common = defaults === "" ? "" : `defaults: { engine: ${defaults} }\n`;
  const [mom] = inventoryFrom(withNode(own === "" ? "" : `engine: ${own}`, common)).nodes;
  return { engine: mom?.engine, ...mom?.engineSettings };
}

const none = noEngineSettings;

describe("a node's engine", () => {
  test("a kind alone is short for a mapping with that kind", () => {
    expect(engineOf("btsync")).toEqual({ engine: "btsync", ...none });
    expect(engineOf("{ kind: btsync }")).toEqual(engineOf("btsync"));
    expect(engineOf("{}")).toEqual({ engine: "syncthing", ...none });
  });

  test("rates are bytes a second, paths are expanded, ./ is the folder of the inventory", () => {
    const long =
      "{ kind: btsync, upload: 900 KiB/s, download: 1.5 MB/s, binary: ./bin/btsync, key_file: ~/key }";
    expect(engineOf(long)).toEqual({
      engine: "btsync",
      upload: 921_600,
      download: 1_500_000,
      binary: "/bin/btsync",
      keyFile: "/home/ada/key",
    });
  });

  test("it is laid over the defaults key by key", () => {
    const defaults = "{ kind: btsync, upload: 900 KiB/s, download: 1 MiB/s, binary: $DISK/a, key_file: /k }";
    expect(engineOf("", defaults)).toMatchObject({
      engine: "btsync",
      upload: 921_600,
      binary: "/mnt/dat/a",
    });
    expect(engineOf("{ upload: 100 kB/s, key_file: /other }", defaults)).toEqual({
      engine: "btsync",
      upload: 100_000,
      download: 1024 ** 2,
      binary: "/mnt/dat/a",
      keyFile: "/other",
    });
  });

  test("unlimited and false take back what the defaults say", () => {
    const defaults = "{ kind: btsync, upload: 900 KiB/s, download: 1 MiB/s, binary: /b, key_file: /k }";
    expect(
      engineOf("{ upload: unlimited, download: unlimited, binary: false, key_file: false }", defaults),
    ).toEqual({ engine: "btsync", ...none });
    expect(engineOf("false", defaults)).toEqual({ engine: false, ...none });
  });

  test("another kind inherits the rates of the line, but no program, and a key only if it has keys", () => {
    const defaults = "{ kind: btsync, upload: 1 MiB/s, binary: /b, key_file: /k }";
    const upload = 1024 ** 2;
    expect(engineOf("resilio", defaults)).toEqual({ engine: "resilio", ...none, upload, keyFile: "/k" });
    expect(engineOf("syncthing", defaults)).toEqual({ engine: "syncthing", ...none, upload });
    expect(engineOf("{ kind: resilio, binary: /r }", defaults)).toMatchObject({
      binary: "/r",
      keyFile: "/k",
    });
  });

  test("a node may ask for an engine that the defaults switch off", () => {
    expect(engineOf("{ kind: syncthing, upload: 1 MiB/s }", "false")).toMatchObject({ engine: "syncthing" });
  });
});

/** Below the one node of a sound inventory: from line 6, column 5. */
const cases: readonly (readonly [engine: string, problem: string])[] = [
  ["{ knid: btsync }", "6:15: nodes.mom.engine.knid: unknown key (did you mean kind?)"],
  [
    "{ kind: btsnyc }",
    "6:21: nodes.mom.engine.kind: must be syncthing, resilio or btsync (did you mean btsync?)",
  ],
  ["{ kind: false }", "6:21: nodes.mom.engine.kind: must be syncthing, resilio or btsync"],
  ["[btsync]", "6:13: nodes.mom.engine: must be syncthing, resilio, btsync or false"],
  ["", "6:12: nodes.mom.engine: has no value; give it one or take the line out"],
  ["{ upload: 900 }", "6:23: nodes.mom.engine.upload: needs a unit: 900 KiB/s or 900 MiB/s"],
  ["{ upload: '900' }", "6:23: nodes.mom.engine.upload: needs a unit: 900 KiB/s or 900 MiB/s"],
  ["{ upload: 900 KiB }", "6:23: nodes.mom.engine.upload: is an amount; a rate is 900 KiB/s"],
  ["{ upload: 8 Mbit/s }", "6:23: nodes.mom.engine.upload: is in bits; in bytes it is 977 KiB/s"],
  ["{ download: 100 Mbps }", "6:25: nodes.mom.engine.download: is in bits; in bytes it is 11.9 MiB/s"],
  ["{ upload: 0 }", "6:23: nodes.mom.engine.upload: is less than 1 KiB/s; for no limit write unlimited"],
  [
    "{ upload: 0 KiB/s }",
    "6:23: nodes.mom.engine.upload: is less than 1 KiB/s; for no limit write unlimited",
  ],
  ["{ upload: unlimted }", "6:23: nodes.mom.engine.upload: is not a rate (did you mean unlimited?)"],
  ["{ upload: fast }", "6:23: nodes.mom.engine.upload: is not a rate, such as 900 KiB/s or unlimited"],
  ["{ upload: false }", "6:23: nodes.mom.engine.upload: is not a rate, such as 900 KiB/s or unlimited"],
  [
    "{ kind: btsync, binary: btsync-arm }",
    "6:37: nodes.mom.engine.binary: is not absolute: it starts with neither / nor ~; ./ is the folder of the inventory",
  ],
  ["{ kind: btsync, binary: ./../btsync }", "6:37: nodes.mom.engine.binary: holds .."],
  [
    "{ binary: ./syncthing }",
    "6:15: nodes.mom.engine.binary: is for btsync and resilio: Syncthing is the distribution's",
  ],
  [
    "{ kind: syncthing, key_file: ~/key }",
    "6:32: nodes.mom.engine.key_file: is for btsync and resilio: Syncthing has no key to share",
  ],
];

describe("what is wrong with an engine is said with its place", () => {
  test.each(cases)("engine: %s", (engine, problem) => {
    expect(problemsOf(withNode(`engine: ${engine}`.trimEnd()))).toEqual([`pimesh.yaml:${problem}`]);
  });

  test("a key that is written in place of its file is never repeated", () => {
    const key = "ABYLI66VS2YU4V5TR422B3N43SHAJLHMN";
    for (const engine of [key, `{ kind: btsync, key_file: ${key} }`, `{ kind: btsync, secret: ${key} }`]) {
      const problems = problemsOf(withNode(`engine: ${engine}`));
      expect(problems).toHaveLength(1);
      expect(problems.join("\n")).not.toContain(key);
    }
  });

  test("the defaults make sense alone, and are told once", () => {
    const text = `laptop: {tree: /t}
defaults: {engine: {key_file: /k}}
nodes: {a: {address: a, engine: btsync}, b: {address: b}}
`;
    expect(problemsOf(text)).toEqual([
      "pimesh.yaml:2:21: defaults.engine.key_file: is for btsync and resilio: Syncthing has no key to share",
    ]);
  });

  test("a kind that is not in order is all that is said of it", () => {
    expect(problemsOf(withNode("engine: { kind: btsnyc, key_file: /k }"))).toHaveLength(1);
  });

  test("settings for an engine that the defaults switch off need a kind", () => {
    expect(problemsOf(withNode("engine: { upload: 1 MiB/s }", "defaults: { engine: false }\n"))).toEqual([
      "pimesh.yaml:6:5: nodes.mom.engine.kind: is missing: the defaults say engine: false",
    ]);
  });
});

describe("the laptop's engine", () => {
  test.each([
    ["  engine: syncthing\n", "syncthing"],
    ["  engine: false\n", false],
    ["", undefined],
  ])("%j is %s", (line, engine) => {
    expect(inventoryFrom(withEngine(line)).laptop.engine).toBe(engine);
  });

  test("is Syncthing or none", () => {
    expect(problemsOf(withEngine("  engine: btsync\n"))).toEqual([
      "pimesh.yaml:3:11: laptop.engine: must be syncthing or false",
    ]);
  });
});

/** An inventory whose `laptop:` ends with this line. */
function withEngine(line: string): string {
  return `laptop:\n  tree: /t\n${line}nodes: { mom: { address: a } }\n`;
}

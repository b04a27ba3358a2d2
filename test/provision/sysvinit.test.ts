import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { engines } from "../../src/engine/engines.ts";
import type { InitScript } from "../../src/facts/init-scripts.ts";
import type { SwapArea } from "../../src/facts/swaps.ts";
import { profileOf } from "../../src/provision/profile.ts";
import type { SwapPolicy } from "../../src/provision/swap-policy.ts";
import type { SizedNode } from "../../src/provision/swap-size.ts";
import {
  heldForSwap,
  planInitScripts,
  sysvinitConf,
  sysvinitFiles,
  sysvinitUnits,
} from "../../src/provision/sysvinit.ts";
import { factsWith, mom } from "../facts/mom.ts";
import { evaluate, parse, type Event } from "./texts/udev-rules.ts";

const MiB = 1024 ** 2;
const uuid = "2f6c1c8e-1111-4222-8333-944445555666";
const shared: SwapPolicy = { kind: "shared", gate: false };
const off: SwapPolicy = { kind: "off", why: "x" };

function node(swap: Partial<Exclude<SizedNode["swap"], false>> = {}): SizedNode {
  return { ...mom, swap: { bytes: 1024 * MiB, policy: "shared", require: "auto", ...swap } };
}

function withScripts(...scripts: InitScript[]): ReturnType<typeof factsWith> {
  return factsWith({ initScripts: { kind: "value", value: scripts } });
}

describe("the engine's init script", () => {
  test.each([
    ["syncthing", [], "syncthing"],
    ["btsync", [], "btsync"],
    ["btsync", ["btsync_initd"], "btsync_initd"],
    ["btsync", ["btsync", "btsync_initd"], "btsync"],
    ["resilio", ["rslsync"], "rslsync"],
  ] as const)("of %s, with %j on the node, is %s", (engine, there, expected) => {
    const facts = withScripts(...there.map((name) => ({ name, enabled: true })));
    expect(sysvinitUnits({ engine }, facts).engine).toBe(expected);
  });

  test("is none without an engine", () => {
    expect(sysvinitUnits({ engine: false }, withScripts()).engine).toBeUndefined();
  });
});

describe("the runlevels", () => {
  const units = sysvinitUnits({ engine: "syncthing" }, withScripts());
  const calls = (...scripts: InitScript[]): string[] =>
    planInitScripts(withScripts(...scripts), units).flatMap((step) =>
      step.kind === "change" ? [step.call.text] : [],
    );

  test("get ours first, and then lose every engine's, also of one that the inventory has given up", () => {
    expect(calls({ name: "syncthing", enabled: true }, { name: "btsync_initd", enabled: true })).toEqual([
      "enable_unit pimesh",
      "disable_unit syncthing",
      "disable_unit btsync_initd",
    ]);
  });

  test("are left alone when they are so already", () => {
    expect(calls({ name: "syncthing", enabled: false }, { name: "pimesh", enabled: true })).toEqual([]);
  });

  test("are no business of a node with systemd", () => {
    expect(planInitScripts(withScripts(), { ...units, mount: "media-btsync.mount" })).toEqual([]);
  });
});

describe("the threshold of active swap", () => {
  test.each([
    ["as of old by default", node(), shared, "500000"],
    ["as the inventory says", node({ threshold: 100 * MiB }), shared, "102400"],
    ["none where the engine is told not to wait", node({ require: false }), shared, "0"],
    ["none where the disk's swap stays off", node(), off, "0"],
  ])("is %s", (_, given, policy, expected) => {
    const conf = new Map(sysvinitConf(given, policy, sysvinitUnits(given, withScripts())));
    expect(conf.get("SWAP_THRESHOLD")).toBe(expected);
    expect(conf.get("ENGINE_PROCESSES")).toBe(engines.syncthing.processNames.join(" "));
  });

  const card: SwapArea = {
    path: "/var/swap",
    type: "file",
    bytes: 100 * MiB,
    used: 0,
    priority: -2,
    gone: false,
    deleted: false,
  };
  const held = (bytes: number, areas: SwapArea[] = [], swapOff = "", policy: SwapPolicy = shared): boolean =>
    heldForSwap(node({ bytes }), policy, factsWith({ swaps: { kind: "value", value: areas } }), {
      swapOff,
    }) !== undefined;

  test("holds an engine back that could never see it exceeded", () => {
    expect(held(1024 * MiB)).toBe(false);
    expect(held(256 * MiB)).toBe(true);
    expect(held(450 * MiB)).toBe(true);
    expect(held(450 * MiB, [card])).toBe(false);
    expect(held(450 * MiB, [{ ...card, gone: true }])).toBe(true);
    expect(held(1024 * MiB, [], "the file has holes")).toBe(true);
    expect(held(1 * MiB, [], "", off)).toBe(false);
  });
});

describe("the udev rule", async () => {
  const files = await sysvinitFiles({
    node: mom as SizedNode,
    disk: { uuid } as never,
    profile: profileOf(undefined),
    policy: off,
  });
  const rule = files.find(({ path }) => path.endsWith(".rules"))?.text ?? "";
  const script = "/usr/local/lib/pimesh/pimesh-disk";
  const event = (action: string, changes: Readonly<Record<string, string>> = {}): Event => ({
    action,
    subsystem: "block",
    database: {},
    properties: {
      DEVTYPE: "partition",
      ID_FS_TYPE: "ext4",
      ID_FS_UUID_ENC: uuid,
      ID_FS_LABEL_ENC: "btsync",
      ...changes,
    },
  });

  test("is written in udev's grammar, line by line", () => {
    expect(parse(rule).flatMap((line) => line.problems)).toEqual([]);
  });

  test.each<[string, Event, string[]]>([
    ["a plugged partition", event("add"), [`${script} plugged`]],
    ["a file system on the whole disk", event("add", { DEVTYPE: "disk" }), [`${script} plugged`]],
    ["a disk without a file system of its own", event("add", { DEVTYPE: "disk", ID_FS_UUID_ENC: "" }), []],
    ["a pull", event("remove"), [`${script} pulled`]],
    ["a new medium in a reader", event("change", { DISK_MEDIA_CHANGE: "1" }), [`${script} plugged`]],
    ["fsck or e2label", event("change"), []],
    ["another disk with the label", event("add", { ID_FS_UUID_ENC: "0000" }), []],
    ["another disk that is pulled", event("remove", { ID_FS_UUID_ENC: "0000" }), []],
    ["a new file system on the right disk", event("add", { ID_FS_TYPE: "vfat" }), []],
    ["no block device", { ...event("add"), subsystem: "usb" }, []],
  ])("of %s starts %s", (_, given, expected) => {
    const programs: string[] = [];
    evaluate(rule, given, programs);
    expect(programs).toEqual(expected);
  });

  test("keeps automounters off the disk and off any other with its label", () => {
    const hidden = { UDISKS_IGNORE: "1", UDISKS_PRESENTATION_NOPOLICY: "1" };
    expect(evaluate(rule, event("add"))).toMatchObject(hidden);
    expect(evaluate(rule, event("add", { ID_FS_UUID_ENC: "0000" }))).toMatchObject(hidden);
    const stranger = event("add", { ID_FS_UUID_ENC: "0000", ID_FS_LABEL_ENC: "x" });
    expect(evaluate(rule, stranger)).not.toHaveProperty("UDISKS_IGNORE");
  });
});

test("the init script has the header that insserv wants, and stops in every runlevel that ends work", () => {
  const text = readFileSync(new URL("../../provision/etc/init.d/pimesh", import.meta.url), "utf8");
  const header = /### BEGIN INIT INFO\n([^]*?)### END INIT INFO\n/.exec(text)?.[1] ?? "";
  for (const line of [
    "Provides:          pimesh",
    "Default-Start:     2 3 4 5",
    "Default-Stop:      0 1 6",
  ]) {
    expect(header).toContain(`# ${line}\n`);
  }
});

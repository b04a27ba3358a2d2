import { describe, expect, test } from "vitest";
import type { Facts } from "../../src/facts/facts.ts";
import type { Inventory } from "../../src/inventory/inventory.ts";
import type { DesiredFile } from "../../src/provision/desired.ts";
import { profileOf } from "../../src/provision/profile.ts";
import type { Step } from "../../src/provision/step.ts";
import {
  indexNotices,
  indexWay,
  planIndex,
  planIndexStop,
  treeIndex,
  type PlanIndexInput,
  type TreeIndexInput,
} from "../../src/provision/tree-index.ts";
import { factsWith, mom } from "../facts/mom.ts";

const python = (version: string): Facts["python"] => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return { kind: "value", value: { version, major, minor } };
};
const find = (flavour: "gnu" | "busybox"): Facts["find"] => ({ kind: "value", value: { flavour } });

const input: TreeIndexInput = {
  node: mom,
  inventory: { ignore: [".DS_Store"], laptop: { folders: {} } } as unknown as Inventory,
  uuid: "2f6c1c8e-0000-4000-8000-000000000001",
  way: "python",
  init: "systemd",
  profile: profileOf(undefined),
  mountUnit: "media-btsync.mount",
};

describe("a node makes its index with", () => {
  test.each<[string, Facts["python"], Facts["find"], ReturnType<typeof indexWay>]>([
    ["python3, on Raspberry Pi OS", python("3.11.2"), find("gnu"), "python"],
    ["python3, beside busybox on LibreELEC", python("3.14.0"), find("busybox"), "python"],
    ["the oldest python3 that will do", python("3.5.3"), { kind: "absent" }, "python"],
    ["find, beside the python3 of wheezy", python("3.2.3"), find("gnu"), "find"],
    ["find, on DietPi without python3", { kind: "absent" }, find("gnu"), "find"],
    ["nothing, where there is busybox alone", { kind: "absent" }, find("busybox"), undefined],
  ])("%s", (_, pythonThere, findThere, way) => {
    expect(indexWay(factsWith({ python: pythonThere, find: findThere }))).toBe(way);
  });
});

describe("what it gets for that", () => {
  test("with python3 a program, its rules, a service and a timer that the disk brings", async () => {
    expect(await written({})).toEqual([
      "/usr/local/lib/pimesh/index.py",
      "/usr/local/lib/pimesh/index",
      "/etc/pimesh/index-rules.json",
      "/etc/systemd/system/pimesh-index.service",
      "/etc/systemd/system/pimesh-index.timer",
      "/etc/systemd/system/media-btsync.mount.d/50-pimesh-index.conf",
    ]);
  });

  test("without it the rules in the words of find, and without systemd a line for cron", async () => {
    expect(await written({ way: "find", init: "sysvinit" })).toEqual([
      "/usr/local/lib/pimesh/index",
      "/etc/pimesh/index-rules.sh",
      "/etc/cron.d/pimesh-index",
    ]);
  });

  test("with neither it gets nothing, and what was there goes", async () => {
    expect(await written({ way: undefined })).toEqual([]);
    expect((await treeIndex({ ...input, way: undefined })).files).not.toEqual([]);
  });

  test("cron looks twice an hour, at a minute of its own, and has a line end", async () => {
    const text = await textOf({ init: "sysvinit" }, "cron.d/pimesh-index");
    const [first, second] = (/^(\d+),(\d+) \* \* \* \* root /m.exec(text)?.slice(1) ?? []).map(Number);
    expect((second ?? 0) - (first ?? 0)).toBe(30);
    expect(second).toBeLessThan(60);
    expect(text.endsWith("\n")).toBe(true);
    expect(await textOf({ init: "sysvinit", uuid: "another" }, "cron.d/pimesh-index")).not.toBe(text);
  });

  test.each<[string, Partial<TreeIndexInput>]>([
    ["the ignore list", { inventory: { ...input.inventory, ignore: ["Thumbs.db"] } }],
    ["the disk", { uuid: "another" }],
    ["the tree", { node: { ...mom, tree: "family" } }],
    ["the way", { way: "find" }],
  ])("a count is known by %s: with another it is made anew", async (_, changes) => {
    expect(await idOf(changes)).not.toBe(await idOf({}));
  });

  test("and by nothing else", async () => {
    expect(await idOf({ node: { ...mom, folders: ["music"], engine: false } })).toBe(await idOf({}));
  });
});

describe("the plan for it", () => {
  const active = new Map([["pimesh-index.timer", { enabled: "static", active: "active" }]]);
  const units = {
    mount: "media-btsync.mount",
    swap: "pimesh-swap.service",
    noswap: "pimesh-noswap.service",
    engine: undefined,
    index: "pimesh-index.timer",
  };
  const node: PlanIndexInput = {
    facts: factsWith({}),
    inspection: { units: active, runs: [] },
    units,
    way: "python",
  };
  const rules: Step = {
    kind: "change",
    resource: "index",
    what: "change /etc/pimesh/index-rules.json",
    why: "x",
    call: { kind: "command", text: "put", shown: "put" },
  };
  test.each<[string, Partial<PlanIndexInput>, readonly Step[], readonly string[]]>([
    ["has nothing to do where all is as it should be", {}, [], []],
    [
      "starts the timer of a disk that was mounted before",
      { inspection: { units: new Map(), runs: [] } },
      [rules],
      ["start_unit pimesh-index.timer", "index_now"],
    ],
    ["counts anew by changed rules", {}, [rules], ["index_now"]],
    [
      "lets the timer know of changed times",
      {},
      [{ ...rules, what: "change /etc/systemd/system/pimesh-index.timer" }],
      ["restart_unit pimesh-index.timer", "index_now"],
    ],
    ["pays no heed to changes of others", {}, [{ ...rules, resource: "swap" }], []],
    [
      "counts where an earlier run may not have come as far",
      { inspection: { units: active, runs: [{ id: "1", state: "open", steps: 3 }] } },
      [],
      ["index_now"],
    ],
    ["needs no timer where cron looks", { units: { ...units, index: undefined } }, [rules], ["index_now"]],
    ["is empty where there is nothing to count with", { way: undefined }, [rules], []],
  ])("%s", (_, changes, steps, expected) => {
    expect(calls(planIndex({ ...node, ...changes }, steps))).toEqual(expected);
  });

  test("stops the timer before its files go", () => {
    expect(calls(planIndexStop({ ...node, way: undefined }))).toEqual(["stop_unit pimesh-index.timer"]);
    expect(planIndexStop(node)).toEqual([]);
  });

  test.each<[string, Partial<PlanIndexInput>, string | undefined]>([
    ["nothing where it works", {}, undefined],
    ["why there is none", { way: undefined }, "neither python3 nor GNU find"],
    ["that there is no cron", { units: { ...units, index: undefined } }, "there is no cron"],
    [
      "nothing where there is cron",
      {
        units: { ...units, index: undefined },
        facts: factsWith({ initScripts: { kind: "value", value: [{ name: "cron", enabled: true }] } }),
      },
      undefined,
    ],
  ])("says %s", (_, changes, words) => {
    const said = indexNotices(mom, { ...node, ...changes }).map(({ message }) => message);
    expect(said).toHaveLength(words === undefined ? 0 : 1);
    expect(said.join("")).toContain(words ?? "");
  });
});

function calls(steps: readonly Step[]): string[] {
  return steps.map((step) => (step.kind === "change" ? step.call.text : "keep"));
}

async function filesOf(changes: Partial<TreeIndexInput>): Promise<readonly DesiredFile[]> {
  return (await treeIndex({ ...input, ...changes })).files;
}

async function written(changes: Partial<TreeIndexInput>): Promise<string[]> {
  return (await filesOf(changes)).filter(({ text }) => text !== undefined).map(({ path }) => path);
}

async function textOf(changes: Partial<TreeIndexInput>, path: string): Promise<string> {
  return (await filesOf(changes)).find((file) => file.path.endsWith(path))?.text ?? "";
}

async function idOf(changes: Partial<TreeIndexInput>): Promise<string | undefined> {
  return (await treeIndex({ ...input, ...changes })).conf.find(([name]) => name === "INDEX_ID")?.[1];
}

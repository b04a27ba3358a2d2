import { describe, expect, test } from "vitest";
import type { PresentDisk } from "../../src/facts/disk-of.ts";
import type { KeyEngineDesired } from "../../src/provision/btsync-desired.ts";
import { planEngineChange } from "../../src/provision/btsync-restart.ts";
import { factsWith } from "../facts/mom.ts";

const changed = { changes: true } as KeyEngineDesired;
const same = { changes: false } as KeyEngineDesired;

describe("an engine that runs", () => {
  test("is stopped before its files change", () => {
    const change = decide("active", changed, true);
    expect(change).toMatchObject({ kind: "restart", stop: { call: { text: "stop_unit btsync.service" } } });
  });

  test("is left in peace when nothing of it changes", () => {
    expect(decide("active", same, true)).toEqual({ kind: "none" });
  });

  test("keeps its files until the disk is mounted", () => {
    expect(decide("active", changed, false)).toMatchObject({ kind: "later" });
  });
});

test.each(["inactive", "failed", "activating"])("one that is %s needs no stop", (state) => {
  expect(decide(state, changed, false)).toEqual({ kind: "none" });
});

test("without systemd one is stopped by our script, which a node has after its first provision", () => {
  const engine = { pid: 5, comm: "btsync", rss: 1, state: "S", runs: "btsync" } as const;
  const processes = { kind: "value", value: [engine] } as const;
  const provisioned = {
    kind: "value",
    value: { version: 1, node: "mom", uuid: "u", mount: "/media/btsync" },
  } as const;
  const disk = { mounted: {} } as PresentDisk;
  const input = { unit: "btsync", desired: changed, disk };
  expect(planEngineChange({ ...input, facts: factsWith({ processes }) })).toEqual({ kind: "none" });
  expect(planEngineChange({ ...input, facts: factsWith({ processes, provisioned }) })).toMatchObject({
    kind: "restart",
    stop: { call: { text: "stop_unit btsync" } },
  });
});

function decide(activeState: string, desired: KeyEngineDesired, mounted: boolean) {
  const unit = "btsync.service";
  const facts = factsWith({
    units: {
      kind: "value",
      value: [{ unit, loadState: "loaded", activeState, subState: "running", result: "success" }],
    },
  });
  return planEngineChange({ facts, unit, desired, disk: (mounted ? { mounted: {} } : {}) as PresentDisk });
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { askEngine } from "../../src/commands/ask-engine.ts";
import { writeKnownDevices } from "../../src/history/device-ids.ts";
import type { Sync } from "../../src/history/sync-measurement.ts";
import { treePath, type Inventory, type Node } from "../../src/inventory/inventory.ts";
import { judge } from "../../src/health/problems.ts";
import { applyPlan } from "../../src/syncthing/apply-plan.ts";
import type { Change } from "../../src/syncthing/change.ts";
import { askState } from "../../src/syncthing/instance-state.ts";
import { nodeInstance } from "../../src/syncthing/node-instance.ts";
import { markerOf, ourFolder, syncthingHome } from "../../src/syncthing/our-folder.ts";
import { planInstance } from "../../src/syncthing/plan-instance.ts";
import { mom as anyNode } from "../facts/mom.ts";
import { subjectOf } from "../health/subject.ts";
import { counts, healthy } from "../report/measurements.ts";
import { localConnection } from "../support/local-connection.ts";
import { requires } from "../support/requires.ts";
import { makeSyncthing, type SyncthingProcess } from "../support/syncthing-process.ts";
import { until } from "../syncthing/support/mesh.ts";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const uuid = "2f6c1c8e-0000-4000-8000-000000000001";

/** Each test goes on from where the one before has left the two homes. */
describe.runIf(requires("syncthing"))("what two real Syncthings know", () => {
  const folder = mkdtempSync(join(tmpdir(), "pimesh-ask-"));
  const nodes = ["home", "mom"].map((name): Node => ({
    ...anyNode,
    name,
    disk: { label: "btsync", mount: join(folder, name) },
  }));
  const [home, mom] = nodes as [Node, Node];
  const inventory: Inventory = {
    path: "pimesh.yaml",
    laptop: { tree: "/none", folders: {} },
    nodes,
    ignore: [],
    peers: {},
  };
  const processes: SyncthingProcess[] = [];

  beforeAll(async () => {
    for (const node of nodes) {
      mkdirSync(treePath(node), { recursive: true });
      processes.push(await makeSyncthing(syncthingHome(node)));
    }
    await Promise.all(processes.map((process) => process.start()));
  });
  afterAll(async () => {
    await Promise.all(processes.map((process) => process.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = (node: Node): Promise<Sync | undefined> =>
    askEngine({ stateFolder: folder, signal: new AbortController().signal }, inventory, node, {
      connection: localConnection({ node: node.name }),
      measurement: healthy(),
    });
  const isSo = (node: Node, what: string, look: (sync: Sync) => boolean): Promise<Sync> =>
    until(`${node.name}: ${what}`, async () => {
      const sync = await ask(node);
      return sync !== undefined && look(sync) ? sync : undefined;
    });
  const verdict = (sync: Sync, held: number) =>
    judge(
      subjectOf(healthy({ sync, counts: counts(held, held) }), {
        tree: treePath(mom),
        reference: { files: held, bytes: held },
      }),
    );

  test("is nothing before they are paired", async () => {
    const sync = (await ask(mom)) as Sync;
    expect(sync).toMatchObject({ kind: "told", state: "not-set-up", inSync: false, bound: null });
    expect(verdict(sync, 0)).toMatchObject({ state: "degraded", problems: [{ code: "W-NOT-PAIRED" }] });
  });

  test("is that they are in sync, once they are paired and have all files", async () => {
    writeFileSync(join(treePath(home), "sea.jpg"), "x");
    for (const node of nodes) await pair(node);
    await writeKnownDevices(folder, { devices: { home: idOf(0), mom: idOf(1) }, known: [] });
    const sync = await isSo(
      mom,
      "in sync with one file",
      (said) => said.kind === "told" && said.inSync && said.local?.files === 1,
    );
    expect(sync).toMatchObject({
      state: "idle",
      bound: true,
      elsewhere: null,
      need: { files: 0, deletes: 0, bytes: 0 },
      peers: [{ name: "home", id: idOf(0), reach: "direct", percent: 100 }],
    });
    expect(verdict(sync, 1)).toEqual({ state: "ok", problems: [] });
  });

  test("is that one is alone when the other has gone", async () => {
    await processes[0]?.stop();
    const sync = await isSo(mom, "alone", (said) => said.kind === "told" && !said.inSync);
    const { state, problems } = verdict(sync, 1);
    expect([state, problems.map(({ code }) => code)]).toEqual(["degraded", ["W-SYNC-ALONE"]]);
    expect(problems[0]?.message).toContain("home last seen just now");
    await processes[0]?.start();
    await isSo(mom, "not alone", (said) => said.kind === "told" && said.inSync);
  });

  test("is that the marker of the disk is not there, in Syncthing's words", async () => {
    rmSync(join(treePath(mom), markerOf(uuid)));
    using instance = await nodeInstance(localConnection({ node: "mom" }), {
      home: syncthingHome(mom),
      downHint: "",
    });
    await instance?.rest.send("POST", `/rest/db/scan?folder=${ourFolder.id}`).catch(() => undefined);
    const sync = await isSo(mom, "in error", (said) => said.kind === "told" && said.state === "error");
    const { state, problems } = verdict(sync, 1);
    expect([state, problems.map(({ code }) => code)]).toEqual(["degraded", ["W-SYNC-MARKER"]]);
    expect(problems[0]?.message).toContain("folder marker missing");
  });

  test("is that they are in sync again, once the marker was made anew", async () => {
    const changes = await pair(mom);
    expect(changes.map(({ what }) => what)).toEqual([`make the marker ${markerOf(uuid)} of pimesh anew`]);
    await isSo(
      mom,
      "in sync again",
      (said) => said.kind === "told" && said.inSync && said.local?.files === 1,
    );
    expect(await pair(mom)).toEqual([]);
  });

  test("is not known, and no failure of the node, when nobody answers", async () => {
    await processes[1]?.stop();
    expect(await ask(mom)).toMatchObject({
      kind: "silent",
      code: "E-ENGINE-DOWN",
      hint: "ssh mom.example.org systemctl status syncthing@pi.service",
    });
  });

  function idOf(index: number): string {
    return processes[index]?.id ?? "";
  }

  async function pair(node: Node): Promise<readonly Change[]> {
    using instance = await nodeInstance(localConnection({ node: node.name }), {
      home: syncthingHome(node),
      downHint: "",
    });
    if (instance === undefined) throw new Error(`${node.name} has no configuration`);
    const plan = planInstance(
      await askState(instance.rest, ourFolder.id),
      {
        whose: "ours",
        name: node.name,
        folder: { ...ourFolder, path: treePath(node), marker: markerOf(uuid), fileSystem: "ext4" },
        devices: processes.map(({ id, address }, index) => ({
          id,
          name: nodes[index]?.name ?? "",
          addresses: [address],
        })),
        unheard: [],
        known: [],
        memory: "ordinary",
        rates: { up: undefined, down: undefined },
      },
      instance.paired,
    );
    await applyPlan(instance, plan, {
      ensureMarker: async () => {
        const marker = join(treePath(node), markerOf(uuid));
        mkdirSync(dirname(marker), { recursive: true });
        writeFileSync(marker, "");
      },
    });
    return plan.changes;
  }
});

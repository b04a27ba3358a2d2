import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { NodeHome } from "../../src/commands/home-to-pair.ts";
import { pairHomes } from "../../src/commands/pair-homes.ts";
import type { Inventory, Node } from "../../src/inventory/inventory.ts";
import { profileOf } from "../../src/provision/profile.ts";
import { syncthingHome } from "../../src/syncthing/our-folder.ts";
import { mom } from "../facts/mom.ts";
import { localConnection } from "../support/local-connection.ts";
import { requires } from "../support/requires.ts";
import { makeSyncthing, type SyncthingProcess } from "../support/syncthing-process.ts";
import { testContext } from "../support/test-context.ts";

// Three real processes that start, on a machine that may have better things to do.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe.runIf(requires("syncthing"))("a disk that is a copy of another home's", () => {
  const names = ["home", "mom", "grandma"];
  const nodes: Node[] = names.map((name) => ({ ...mom, name }));
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "pimesh-twins-"));
    const processes: Record<string, SyncthingProcess> = {};
    for (const name of names) processes[name] = await makeSyncthing(join(folder, name, syncthingHome(mom)));
    for (const file of ["cert.pem", "key.pem"])
      copyFileSync(join(homeOf("mom"), file), join(homeOf("grandma"), file));
    await Promise.all(Object.values(processes).map((each) => each.start()));
    return async () => {
      await Promise.all(Object.values(processes).map((each) => each.stop()));
      rmSync(folder, { recursive: true, force: true });
    };
  });

  test("is an outcome of both: they are named with the remedy, and the third is paired without them", async () => {
    const { context, said } = testContext(folder, async () => localConnection());
    const inventory: Inventory = {
      path: "",
      laptop: { tree: folder, folders: {}, engine: false },
      nodes,
      ignore: [],
      peers: {},
    };
    const paired = await pairHomes(context, inventory, nodes.map(homeToPair), {
      dryRun: true,
      json: false,
      yes: true,
      acceptMassChange: false,
    });
    expect(paired).toMatchObject([
      { node: "home", ok: true, value: { result: "planned" } },
      {
        node: "mom",
        ok: false,
        error: { code: "E-DISK-WRONG", message: expect.stringContaining("grandma") as string },
      },
      {
        node: "grandma",
        ok: false,
        error: { hint: expect.stringContaining("pimesh provision grandma") as string },
      },
    ]);
    expect(said.out).toContain("with nobody yet");
    expect(said.out).not.toMatch(/pair with (?:mom|grandma)/);
  });

  function homeOf(name: string): string {
    return join(folder, name, syncthingHome(mom));
  }

  function homeToPair(node: Node): NodeHome {
    return {
      node,
      connection: localConnection({ node: node.name, root: join(folder, node.name) }),
      place: { profile: profileOf(undefined), init: "systemd", mount: mom.disk.mount, uuid: "1111-2222" },
      user: "pi",
      memoryTotal: undefined,
      held: undefined,
    };
  }
});

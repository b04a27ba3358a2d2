import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NodeHome } from "../../src/commands/home-to-pair.ts";
import type { Inventory, Node } from "../../src/inventory/inventory.ts";
import { profileOf } from "../../src/provision/profile.ts";
import { nodeInstance } from "../../src/syncthing/node-instance.ts";
import type { Instance } from "../../src/syncthing/instance.ts";
import { syncthingHome } from "../../src/syncthing/our-folder.ts";
import { mom } from "../facts/mom.ts";
import { localConnection } from "./local-connection.ts";
import { makeSyncthing, type SyncthingProcess } from "./syncthing-process.ts";

/** Nodes that are folders of this machine, each with a real Syncthing on its disk. */
export interface RealHomes {
  /** For what the laptop keeps. */
  readonly folder: string;
  readonly inventory: Inventory;
  readonly homes: readonly NodeHome[];
  readonly process: (name: string) => SyncthingProcess;
  readonly tree: (name: string) => string;
  /** The caller disposes it. */
  readonly instance: (name: string) => Promise<Instance>;
  readonly end: () => Promise<void>;
}

/** Their processes are not started. The disk is taken for mounted, and `disk-guard` for content. */
export async function realHomes(names: readonly string[]): Promise<RealHomes> {
  const folder = mkdtempSync(join(tmpdir(), "pimesh-homes-"));
  const nodes = names.map((name): Node => ({
    ...mom,
    name,
    disk: { ...mom.disk, mount: join(folder, name) },
  }));
  const root = makeRoot(folder, nodes);
  const processes: Record<string, SyncthingProcess> = {};
  for (const node of nodes) {
    mkdirSync(join(node.disk.mount, node.tree), { recursive: true });
    processes[node.name] = await makeSyncthing(syncthingHome(node));
  }
  const process = (name: string): SyncthingProcess => {
    const found = processes[name];
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  };
  return {
    folder,
    inventory: {
      path: "",
      laptop: { tree: folder, folders: {}, engine: false },
      nodes,
      ignore: [],
      peers: {},
    },
    homes: nodes.map((node) => ({
      node,
      connection: localConnection({ node: node.name, root }),
      place: {
        profile: { ...profileOf(undefined), libFolder: join(folder, "lib") },
        init: "systemd",
        mount: node.disk.mount,
        uuid: "1111-2222",
      },
      user: "pi",
      memoryTotal: undefined,
      held: undefined,
    })),
    process,
    tree: (name) => join(folder, name, mom.tree),
    async instance(name) {
      const { home } = process(name);
      const found = await nodeInstance(localConnection({ node: name }), { home, downHint: "" });
      if (found === undefined) throw new Error(`${name} has no configuration`);
      return found;
    },
    async end() {
      await Promise.all(Object.values(processes).map((each) => each.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Stands for `/`: this machine's own folders behind a link, so that pimesh and Syncthing mean the same place by a path. */
function makeRoot(folder: string, nodes: readonly Node[]): string {
  const root = join(folder, "root");
  mkdirSync(join(root, "proc/self"), { recursive: true });
  const mounts = nodes.map(({ disk }) => `/dev/sda1 ${disk.mount} ext4 rw 0 0\n`);
  writeFileSync(join(root, "proc/self/mounts"), mounts.join(""));
  const [top = ""] = folder.split("/").filter((part) => part !== "");
  symlinkSync(`/${top}`, join(root, top));
  mkdirSync(join(folder, "lib"));
  writeFileSync(join(folder, "lib/disk-guard"), "#!/bin/sh\nexit 0\n");
  chmodSync(join(folder, "lib/disk-guard"), 0o755);
  return root;
}

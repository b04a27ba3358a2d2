import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { asRoot, makePi, type Pi } from "../../src/demo/pi.ts";
import { mustCost, type Bench } from "./bench.ts";
import type { FarNode } from "./far-end.ts";
import { makeLaptop, type Laptop } from "./laptop.ts";

/** Provisioned Pis: simulated ones, which are folders with real shells and a few stand-ins, behind a real sshd. */
export interface Fleet {
  readonly nodes: readonly FarNode[];
  readonly laptop: Laptop;
  /** For another laptop that knows some of them. */
  readonly settings: { readonly tree: string; readonly more: readonly string[] };
}

export async function makeFleet(bench: Bench, many: number): Promise<Fleet> {
  const { place, say } = bench;
  say(`making ${many} simulated Pis`);
  const pis: Pi[] = [];
  for (let number = 1; number <= many; number += 1) pis.push(await makeOne(place.folder, number));
  const nodes = pis.map((pi, index) => ({ name: pi.name, port: 3001 + index, environment: pi.environment }));
  const tree = join(place.folder, "fleet-tree");
  mkdirSync(tree);
  const settings = { tree, more: defaults };
  const laptop = makeLaptop(place, nodes, { name: "fleet", ...settings });
  say(`provisioning them`);
  const provision = [...bench.pimesh, "provision", "--all", "--yes", "--inventory", laptop.inventory];
  await mustCost(bench, nodes, provision, { env: await laptop.freshState() });
  // On a Pi a timer does it
  for (const pi of pis)
    await asRoot(pi, "systemctl", ["start", "pimesh-index.service"]).catch(() => bench.note(noIndex));
  return { nodes, laptop, settings };
}

const noIndex = "the simulated Pis could not make an index of their trees, so `status` walked through them";

const defaults = ["swap: { size: 1GiB }", "folders: [movies, series, photos, music]", "player: false"];

/** A Pi 4 with Syncthing and a fresh disk. */
function makeOne(folder: string, number: number): Promise<Pi> {
  const name = `n${String(number).padStart(3, "0")}`;
  return makePi(join(folder, "pis", name), {
    name,
    disks: [
      {
        device: "/dev/sda1",
        label: "btsync",
        uuid: `2f6c1c8e-0000-4000-8000-${String(number).padStart(12, "0")}`,
        bytes: 1_000_203_091_968,
      },
    ],
    units: {
      "syncthing@.service":
        "[Unit]\nDescription=Syncthing for %I\n\n[Service]\nUser=%i\nExecStart=/usr/local/bin/syncthing serve --no-browser\n",
    },
    // Not where the distribution's would be: this one cannot be paired
    files: { "usr/local/bin/syncthing": { content: "#!/bin/sh\n", mode: 0o755 } },
  });
}

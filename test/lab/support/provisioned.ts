import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Lab } from "./lab.ts";
import { Laptop, type InventoryKeys } from "./laptop.ts";
import type { Checkpoint, Machine } from "./machine.ts";
import type { ImageName } from "./recipe.ts";
import { makeDisk, type DiskOptions, type UsbDisk } from "./usb-disk.ts";

export interface Provisioned {
  readonly machine: Machine;
  /** Plugged in, mounted, and the node's own. */
  readonly disk: UsbDisk;
  readonly laptop: Laptop;
}

export interface Kind {
  readonly image: ImageName;
  readonly disk?: Omit<DiskOptions, "folder">;
  readonly keys?: InventoryKeys;
}

/** The swap is a gate, so that it is isolated and used: what a node with a tree too large for its memory has. */
export const withSwap: InventoryKeys = { defaults: { swap: { size: "768MiB", require: true } } };

/** Everything that a plug has to bring. */
export const allIsUp = `
mountpoint -q /media/btsync &&
grep -q '^/media/btsync/swapfile ' /proc/swaps &&
systemctl is-active syncthing@pi`;

/** Everything that a pull has to take; the swap area that kernel 6.12 keeps is another matter. */
export const allIsDown = `
! mountpoint -q /media/btsync &&
! systemctl is-active syncthing@pi &&
! pgrep -x syncthing`;

/**
 * A machine that pimesh has provisioned and that is at work, for a test that asks what happens then. It is made once in a
 * run of the lab and saved; everyone after that goes on from there.
 */
export async function provisioned(lab: Lab, kind: Kind, name = "mom", isUp = allIsUp): Promise<Provisioned> {
  const kept = `${dirname(lab.folder)}/provisioned-${kind.image}-${digest(JSON.stringify(kind))}`;
  const saved = await onlyOnce(kept, () => make(lab, kind, kept, isUp));
  const machine = await lab.machine(saved);
  const laptop = await Laptop.of(`${machine.folder}/laptop`, { [name]: machine }, kind.keys ?? withSwap);
  const disk = machine.disks[0];
  if (disk === undefined) throw new Error("the saved machine has no disk");
  return { machine, disk, laptop };
}

async function make(lab: Lab, kind: Kind, kept: string, isUp: string): Promise<Checkpoint> {
  const machine = await lab.machine(kind.image);
  const disk = await makeDisk({ folder: lab.folder, ...kind.disk });
  await machine.plug(disk);
  await machine.waitFor("the disk is seen", `[ -e /dev/disk/by-uuid/${disk.uuid} ]`);
  const laptop = await Laptop.of(`${machine.folder}/laptop`, { mom: machine }, kind.keys ?? withSwap);
  await laptop.does("provision", "mom", "--yes");
  await machine.waitFor("all is up", isUp, 300);
  const checkpoint = await machine.checkpoint();
  // It outlives the file of tests that happened to need it first
  await cp(machine.folder, kept, {
    recursive: true,
    filter: (path) => !path.endsWith("/qmp") && !path.endsWith("/door"),
  });
  const moved = (path: string): string => path.replace(machine.folder, kept);
  const disks = checkpoint.disks.map(({ disk: each, port }) => ({ disk: each, port }));
  for (const each of disks) {
    await cp(each.disk.file, `${kept}/${each.disk.id}.img`);
  }
  return {
    ...checkpoint,
    root: moved(checkpoint.root),
    state: `${kept}/state`,
    disks: disks.map(({ disk: each, port }) => ({ disk: { ...each, file: `${kept}/${each.id}.img` }, port })),
  };
}

/** Makes what lies in a folder unless another process has, or is about to. */
async function onlyOnce(folder: string, work: () => Promise<Checkpoint>): Promise<Checkpoint> {
  const file = `${folder}.json`;
  for (;;) {
    const there = await readFile(file, "utf8").catch(() => undefined);
    if (there !== undefined) return JSON.parse(there) as Checkpoint;
    const mine = await mkdir(`${folder}.lock`).then(
      () => true,
      () => false,
    );
    if (!mine) {
      await delay(500);
      continue;
    }
    try {
      const made = await work();
      await writeFile(file, JSON.stringify(made));
      return made;
    } finally {
      await rm(`${folder}.lock`, { recursive: true });
    }
  }
}

function digest(text: string): string {
  let sum = 0;
  for (const byte of Buffer.from(text)) sum = (sum * 31 + byte) >>> 0;
  return sum.toString(16);
}

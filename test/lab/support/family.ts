import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { makeSyncthing, type SyncthingProcess } from "../../support/syncthing-process.ts";
import type { Lab } from "./lab.ts";
import { Laptop, type InventoryKeys } from "./laptop.ts";
import type { Machine } from "./machine.ts";
import type { ImageName } from "./recipe.ts";
import { makeDisk, type UsbDisk } from "./usb-disk.ts";

/** Where the tree is on every Pi. */
export const tree = "/media/btsync/btsync";

/** Pis with real disks and the Syncthing of their Debian, and a laptop with this machine's; nothing is provisioned yet. */
export interface Family<Name extends string = string> {
  readonly names: readonly Name[];
  readonly machines: Readonly<Record<Name, Machine>>;
  readonly disks: Readonly<Record<Name, UsbDisk>>;
  readonly laptop: Laptop;
  readonly keys: InventoryKeys;
  readonly own: SyncthingProcess;
  /** The laptop's tree. */
  readonly here: string;
  /** `127.0.0.2:22000`: where the laptop finds the Syncthing of a Pi. */
  readonly doors: Readonly<Record<Name, string>>;
}

/**
 * QEMU lets the laptop in at the Pis, and nobody out: the Pis hear of each other's files through the laptop. `net`: three numbers of
 * a loopback net that no other file of tests uses, as two of them run at once.
 */
export async function makeFamily<Name extends string>(
  lab: Lab,
  images: Readonly<Record<Name, ImageName>>,
  { net, diskBytes = 512 * 1024 ** 2 }: { readonly net: string; readonly diskBytes?: number },
): Promise<Family<Name>> {
  const names = Object.keys(images) as Name[];
  const address = (name: Name): string => `${net}.${names.indexOf(name) + 2}`;
  const doors = recordOf(names, (name) => `${address(name)}:22000`);
  const made = await Promise.all(
    names.map(async (name) => {
      const machine = await lab.machine(images[name], { doors: [`tcp:${doors[name]}-:22000`] });
      const [disk] = await Promise.all([giveDisk(lab, machine, diskBytes), takeStandInAway(machine)]);
      return { machine, disk };
    }),
  );
  const machines = recordOf(names, (_, index) => (made[index] as (typeof made)[0]).machine);
  const disks = recordOf(names, (_, index) => (made[index] as (typeof made)[0]).disk);
  const folder = `${lab.folder}/laptop`;
  const keys: InventoryKeys = {
    defaults: { swap: false, folders: ["photos"] },
    laptop: { tree: `${folder}/tree`, engine: "syncthing" },
    // The second address is where its Syncthing is reached
    nodes: recordOf(names, (name) => ({
      address: [`127.0.0.1:${machines[name].port}`, address(name)],
    })),
  };
  const laptop = await Laptop.of(folder, machines, keys);
  const own = await makeSyncthing(join(folder, ".config/syncthing"));
  onTestFinished(() => own.stop());
  await own.start();
  return { names, machines, disks, laptop, keys, own, here: join(folder, "tree"), doors };
}

export async function giveDisk(lab: Lab, machine: Machine, bytes = 512 * 1024 ** 2): Promise<UsbDisk> {
  const disk = await makeDisk({ folder: lab.folder, bytes });
  await plugged(machine, disk);
  return disk;
}

export async function plugged(machine: Machine, disk: UsbDisk): Promise<void> {
  await machine.plug(disk);
  await machine.waitFor("the disk is seen", `[ -e /dev/disk/by-uuid/${disk.uuid} ]`);
}

/** Pulled without a word, until its engine has ended. */
export async function pulled(machine: Machine, disk: UsbDisk): Promise<void> {
  await machine.pull(disk);
  await machine.waitFor("its engine is down", "! pgrep -x syncthing", 300);
}

/** The image comes with one, which syncs nothing. */
export async function takeStandInAway(machine: Machine): Promise<void> {
  await machine.run(`systemctl stop 'syncthing@*' 2>/dev/null
rm -f /lib/systemd/system/syncthing@.service /usr/local/bin/syncthing
systemctl daemon-reload`);
}

/** Path below the laptop's tree → content; undefined takes the file away. Its Syncthing is told. */
export async function put(
  { here, own }: Pick<Family, "here" | "own">,
  files: Readonly<Record<string, string | Buffer | undefined>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(here, path);
    if (content === undefined) rmSync(file);
    else {
      await mkdir(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  }
  await scan(own);
}

/** Now, and not when the watcher has seen it. */
async function scan({ home, guiPort }: SyncthingProcess): Promise<void> {
  const key = execFileSync("sed", ["-n", "s|.*<apikey>\\(.*\\)</apikey>.*|\\1|p", `${home}/config.xml`]);
  const url = `http://127.0.0.1:${guiPort}/rest/db/scan?folder=pimesh`;
  const answer = await fetch(url, { method: "POST", headers: { "X-API-Key": key.toString().trim() } });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
}

const listing = `find . -type f ! -path './.st*' ! -path './config_raspi/*' -exec sha256sum {} + | sort -k 2`;

/** `hash  path` of every file of the laptop's tree; engine files and what the Pis write of themselves left out. */
export function hashesHere(here: string): string[] {
  return linesOf(execFileSync("sh", ["-c", `cd "$0" && ${listing}`, here]).toString());
}

/** The same of a Pi. */
export async function hashesAt(machine: Machine): Promise<string[]> {
  return linesOf(await machine.run(`cd ${tree} && ${listing}`));
}

/** Until a Pi holds what the laptop's tree holds, by hashes. */
export async function untilSame(machine: Machine, here: string): Promise<void> {
  const sum = execFileSync("sh", ["-c", `cd "$0" && ${listing} | sha256sum`, here])
    .toString()
    .split(" ")[0];
  await machine.waitFor(
    "it has what the laptop has",
    `[ "$(cd ${tree} && ${listing} | sha256sum)" = "${sum}  -" ]`,
    900,
  );
}

export async function untilAllSame({ names, machines, here }: Family): Promise<void> {
  await Promise.all(names.map((name) => untilSame(machines[name] as Machine, here)));
}

/** `status` says so of all of them; they still hear of their own folder for a moment. */
export async function untilInSync({ laptop, names }: Pick<Family, "laptop" | "names">): Promise<void> {
  for (let left = 30; ; left -= 1) {
    const { out } = await laptop.pimesh("status", ...names);
    if (names.every((name) => new RegExp(`^${name} .* in-sync `, "m").test(out))) return;
    if (left === 0) throw new Error(`never in sync: ${out}`);
  }
}

function recordOf<Name extends string, T>(
  names: readonly Name[],
  make: (name: Name, index: number) => T,
): Record<Name, T> {
  return Object.fromEntries(names.map((name, index) => [name, make(name, index)])) as Record<Name, T>;
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

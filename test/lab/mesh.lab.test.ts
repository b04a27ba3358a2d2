import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeSyncthing, type SyncthingProcess } from "../support/syncthing-process.ts";
import { openLab } from "./support/lab.ts";
import { Laptop, type InventoryKeys } from "./support/laptop.ts";
import type { Machine } from "./support/machine.ts";
import { makeDisk, type UsbDisk } from "./support/usb-disk.ts";

const lab = openLab();
const tree = "/media/btsync/btsync";

/**
 * Two Pis with the Syncthing of bookworm and of trixie, and a laptop with this machine's. QEMU lets the laptop in at the Pis, and nobody
 * out: the Pis hear of each other's files through the laptop.
 */
test("a family is paired by provision alone; pulled and empty disks cost nobody a file", async () => {
  const machines = {
    mom: await lab.machine("bookworm", { doors: ["tcp:127.0.0.2:22000-:22000"] }),
    grandma: await lab.machine("trixie", { doors: ["tcp:127.0.0.3:22000-:22000"] }),
  };
  const disks = { mom: await giveDisk(machines.mom), grandma: await giveDisk(machines.grandma) };
  for (const machine of Object.values(machines)) await takeStandInAway(machine);
  const laptop = await Laptop.of(`${lab.folder}/laptop`, machines, keysFor(machines));
  const own = await makeSyncthing(join(laptop.folder, ".config/syncthing"));
  onTestFinished(() => own.stop());
  await own.start();
  const here = join(laptop.folder, "tree");

  const first = await laptop.does("provision", "--all", "--yes");
  expect(first.out + first.err).toContain("install syncthing");
  expect(first.out + first.err).toMatch(/^laptop +paired: \d+ changed/m);
  const second = await laptop.does("provision", "--all", "--yes");
  expect(second.out).toMatch(/^mom +nothing to do/m);
  expect(second.out).toMatch(/^grandma +paired already/m);

  // What the laptop is given comes to both
  mkdirSync(join(here, "photos"), { recursive: true });
  for (let index = 0; index < 200; index += 1)
    writeFileSync(join(here, "photos", `${index}.jpg`), `${index}`);
  writeFileSync(join(here, "photos", "holiday.mp4"), Buffer.alloc(8 * 1024 ** 2, "film"));
  await scan(own);
  for (const machine of Object.values(machines)) await untilSame(machine, here);

  // Who is asked says the same: the engine, the counts, the comparison of every file
  for (const name of Object.keys(machines)) {
    await untilInSync(laptop, name);
    expect((await laptop.pimesh("diff", "laptop", name)).out).not.toContain("photos/");
  }

  // A deletion goes to the others' archive
  rmSync(join(here, "photos", "7.jpg"));
  await scan(own);
  for (const machine of Object.values(machines)) {
    await machine.waitFor("the deletion has come", `[ ! -e ${tree}/photos/7.jpg ]`, 300);
    expect(await machine.run(`cat ${tree}/.stversions/photos/7.jpg`)).toBe("7");
  }

  // Pulled while files arrive
  for (let index = 0; index < 60; index += 1)
    writeFileSync(join(here, "photos", `new-${index}.jpg`), Buffer.alloc(100_000, String(index)));
  await scan(own);
  await machines.mom.waitFor("some have come", `ls ${tree}/photos/new-* | grep -q .`, 300);
  await machines.mom.pull(disks.mom);
  await machines.mom.waitFor("its engine is down", "! pgrep -x syncthing", 300);
  await untilSame(machines.grandma, here);
  expect(countOf(here)).toBe(200 + 60);
  expect(await machines.mom.run("ls -A /media/btsync")).toBe("");
  await machines.mom.plug(disks.mom);
  await untilSame(machines.mom, here);

  // An empty disk with the same label in its place: nobody takes that for deleted
  await machines.mom.pull(disks.mom);
  await machines.mom.waitFor("its engine is down", "! pgrep -x syncthing", 300);
  const empty = await makeDisk({ folder: lab.folder, bytes: 512 * 1024 ** 2 });
  await machines.mom.plug(empty);
  await machines.mom.waitFor("the disk is seen", `[ -e /dev/disk/by-uuid/${empty.uuid} ]`);
  const refused = await laptop.pimesh("provision", "mom", "--yes");
  expect(refused).toMatchObject({ code: 5 });
  expect(await machines.mom.run("pgrep -x syncthing || echo none")).toBe("none");
  await machines.mom.pull(empty);
  await machines.mom.plug(disks.mom);
  await untilSame(machines.mom, here);
  await untilSame(machines.grandma, here);
  expect(countOf(here)).toBe(200 + 60);
});

function keysFor(machines: Readonly<Record<string, Machine>>): InventoryKeys {
  return {
    defaults: { swap: false, folders: ["photos"] },
    laptop: { tree: `${lab.folder}/laptop/tree`, engine: "syncthing" },
    // The second address is where its Syncthing is reached
    nodes: Object.fromEntries(
      Object.entries(machines).map(([name, { port }], index) => [
        name,
        { address: [`127.0.0.1:${port}`, `127.0.0.${index + 2}`] },
      ]),
    ),
  };
}

/** It still hears of its own folder for a moment. */
async function untilInSync(laptop: Laptop, name: string): Promise<void> {
  for (let left = 20; ; left -= 1) {
    const { out } = await laptop.pimesh("status", name);
    if (new RegExp(`^${name} .* in-sync `, "m").test(out)) return;
    if (left === 0) throw new Error(`never in sync: ${out}`);
  }
}

async function giveDisk(machine: Machine): Promise<UsbDisk> {
  const disk = await makeDisk({ folder: lab.folder, bytes: 512 * 1024 ** 2 });
  await machine.plug(disk);
  await machine.waitFor("the disk is seen", `[ -e /dev/disk/by-uuid/${disk.uuid} ]`);
  return disk;
}

/** The image comes with one, which syncs nothing. */
async function takeStandInAway(machine: Machine): Promise<void> {
  await machine.run(`systemctl stop 'syncthing@*' 2>/dev/null
rm -f /lib/systemd/system/syncthing@.service /usr/local/bin/syncthing
systemctl daemon-reload`);
}

/** By what the laptop's tree holds, engine files left out. */
async function untilSame(machine: Machine, here: string): Promise<void> {
  const listing = `find . -type f ! -path './.st*' ! -path './config_raspi/*' -exec sha256sum {} + | sort -k 2`;
  const sum = execFileSync("sh", ["-c", `cd "$0" && ${listing} | sha256sum`, here])
    .toString()
    .split(" ")[0];
  await machine.waitFor(
    "it has what the laptop has",
    `[ "$(cd ${tree} && ${listing} | sha256sum)" = "${sum}  -" ]`,
    600,
  );
}

function countOf(here: string): number {
  return Number(
    execFileSync("sh", ["-c", `find "$0"/photos -type f ! -name '.*' | wc -l`, here]).toString().trim(),
  );
}

/** Now, and not when the watcher has seen it. */
async function scan({ home, guiPort }: SyncthingProcess): Promise<void> {
  const key = execFileSync("sed", ["-n", "s|.*<apikey>\\(.*\\)</apikey>.*|\\1|p", `${home}/config.xml`]);
  const url = `http://127.0.0.1:${guiPort}/rest/db/scan?folder=pimesh`;
  const answer = await fetch(url, { method: "POST", headers: { "X-API-Key": key.toString().trim() } });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
}

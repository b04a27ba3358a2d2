import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compared } from "./support/compared.ts";
import {
  giveDisk,
  hashesAt,
  hashesHere,
  makeFamily,
  plugged,
  pulled,
  put,
  takeStandInAway,
  tree,
  untilAllSame,
  untilInSync,
  untilSame,
  type Family,
} from "./support/family.ts";
import { openLab } from "./support/lab.ts";
import type { Machine } from "./support/machine.ts";
import { stages } from "./support/rounds.ts";

const lab = openLab();

test("a new Pi takes over a disk, a new disk comes to a Pi, and a Pi leaves: nobody loses a file", async () => {
  const images = { mom: "bookworm", grandma: "trixie" } as const;
  const family = await makeFamily(lab, images, { net: "127.0.1" });
  const { machines, disks, laptop, here, keys, doors } = family;
  const stage = stages();
  await laptop.does("provision", "--all", "--yes");
  const photos = Array.from({ length: 100 }, (_, index) => [`photos/${index}.jpg`, `${index}`]);
  await put(family, {
    ...Object.fromEntries(photos),
    "photos/film.mp4": Buffer.alloc(4 * 1024 ** 2, "film"),
  });
  await untilAllSame(family);
  await untilInSync(family);
  const whole = hashesHere(here);
  stage("paired");

  // Grandma's Pi breaks. The disk goes into a new one, with a new SD card
  const inodes = await filesOf(machines.grandma);
  const ids = idsOf(laptop.folder);
  await machines.grandma.powerFail();
  const successor = await lab.machine("trixie", { doors: [`tcp:${doors.grandma}-:22000`] });
  await takeStandInAway(successor);
  await successor.run("rm /etc/ssh/ssh_host_*; ssh-keygen -A >/dev/null; systemctl restart ssh");
  await plugged(successor, disks.grandma);
  const nodes = {
    ...keys.nodes,
    grandma: { address: [`127.0.0.1:${successor.port}`, doors.grandma.replace(/:.*/, "")] },
  };
  await laptop.write({ ...keys, nodes });
  const stranger = await laptop.pimesh("provision", "grandma", "--yes");
  expect(stranger).toMatchObject({ code: 3 });
  expect(stranger.err).toContain("pimesh trust grandma --replace");
  await laptop.does("trust", "grandma", "--replace", "--yes");
  await put(family, { "photos/meanwhile.jpg": "meanwhile" });
  expect((await laptop.does("provision", "grandma", "--yes")).out).toMatch(/^grandma +paired already/m);
  await untilSame(successor, here);
  await untilInSync({ laptop, names: ["grandma"] });
  expect((await filesOf(successor)).filter((line) => !line.endsWith("meanwhile.jpg"))).toEqual(inodes);
  expect(idsOf(laptop.folder)).toEqual(ids);
  const settled = await laptop.does("provision", "--all", "--yes");
  expect(settled.out).toMatch(/^mom +paired already/m);
  await put(family, { "photos/meanwhile.jpg": undefined });
  stage("a new Pi with the old disk");

  // Mom's disk is worn out: an empty one takes its place for good
  await pulled(machines.mom, disks.mom);
  await giveDisk(lab, machines.mom);
  const refused = await laptop.pimesh("provision", "mom", "--yes");
  expect(refused).toMatchObject({ code: 5 });
  expect(refused.err).toMatch(/try: .* sudo rm \/etc\/pimesh\/node\.conf$/m);
  await machines.mom.run("rm /etc/pimesh/node.conf");
  const renewed = await laptop.does("provision", "mom", "--yes");
  expect(renewed.out).toContain("knows nothing of this disk yet");
  for (const machine of [machines.mom, successor]) await untilSame(machine, here);
  expect(hashesHere(here)).toEqual(whole);
  await laptop.does("provision", "--all", "--yes");
  await untilInSync(family);
  expect(idsOf(laptop.folder).mom).not.toBe(ids.mom);
  for (const devices of [await devicesOf(successor), laptopDevices(family)]) {
    expect(devices).not.toContain(ids["mom"]);
    expect(devices).toContain(idsOf(laptop.folder)["mom"]);
  }
  stage("a new disk in the old Pi");

  // Grandma leaves the family
  await laptop.write({ ...keys, nodes }, ["grandma"]);
  await laptop.does("provision", "--all", "--yes");
  expect(await devicesOf(machines.mom)).not.toContain(ids.grandma);
  expect(laptopDevices(family)).not.toContain(ids.grandma);
  await put(family, { "photos/after.jpg": "after" });
  await untilSame(machines.mom, here);
  expect(await hashesAt(successor)).toEqual(whole);
  expect(await compared(family, "mom")).toEqual({ rsync: [], diff: [] });
  expect(await successor.run("pgrep -x syncthing >/dev/null && echo runs")).toBe("runs");
  stage("a Pi has left");
});

/** `inode time path`: a file that was sent again has another inode. */
async function filesOf(machine: Machine): Promise<string[]> {
  return (await machine.run(`cd ${tree} && find photos -type f -printf '%i %T@ %p\\n' | sort -k 3`)).split(
    "\n",
  );
}

function idsOf(folder: string): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(join(folder, "state/pimesh/devices.json"), "utf8")).devices;
}

const deviceIds = /(?<=<device id=")[^"]+(?=")/g;

async function devicesOf(machine: Machine): Promise<string[]> {
  return (await machine.run("cat /media/btsync/.pimesh/syncthing/config.xml")).match(deviceIds) ?? [];
}

function laptopDevices({ own }: Pick<Family, "own">): string[] {
  return readFileSync(join(own.home, "config.xml"), "utf8").match(deviceIds) ?? [];
}

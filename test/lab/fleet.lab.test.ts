import { mkdir, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { openLab } from "./support/lab.ts";
import { Laptop } from "./support/laptop.ts";
import type { Machine } from "./support/machine.ts";
import { makeDisk } from "./support/usb-disk.ts";

const lab = openLab();

test("three machines and this laptop: provision, status and diff; one that goes dark meanwhile does not stop the others", async () => {
  const machines = {
    home: await lab.machine("bookworm"),
    mom: await lab.machine("bookworm"),
    grandma: await lab.machine("trixie"),
  };
  for (const machine of Object.values(machines)) await giveDisk(machine);
  const laptop = await Laptop.of(`${lab.folder}/laptop`, machines, { defaults: { swap: false } });
  await mkdir(`${laptop.folder}/tree/photos`, { recursive: true });
  await writeFile(`${laptop.folder}/tree/photos/beach.jpg`, "a picture");

  await laptop.does("provision", "--all", "--yes");
  const { out } = await laptop.pimesh("status");
  for (const name of Object.keys(machines))
    expect(out).toMatch(new RegExp(`^${name} +(ok|behind|degraded)`, "m"));
  const difference = await laptop.pimesh("diff", "laptop", "home");
  expect(difference.code).toBe(1);
  expect(difference.out).toContain("+ photos/beach.jpg");

  // Dark while the command is at work: it has logged in there
  const loggedIn = "pgrep -f '^sshd(-session)?: pi'";
  const during = async (...args: readonly string[]) => {
    const { ended } = laptop.start(...args);
    await Promise.race([machines.grandma.waitFor("the laptop has logged in", loggedIn), ended]);
    await machines.grandma.powerFail();
    const said = await ended;
    await machines.grandma.powerOn();
    return said;
  };
  await laptop.write({ defaults: { swap: false, folders: ["photos", "music"] } });
  const provision = await during("provision", "--all", "--yes");
  expect(provision.out + provision.err).toMatch(/^home +done/m);
  expect(provision.out + provision.err).toMatch(/^mom +done/m);
  expect(provision.out + provision.err).toMatch(
    /grandma.*(unreachable|E-UNREACHABLE|E-CONNECTION-LOST|E-TIMED-OUT)/,
  );
  expect(provision.code).toBe(4);

  const status = await during("status", "--json");
  expect(status.code).toBe(4);
  const { nodes } = JSON.parse(status.out) as {
    nodes: { name: string; state: string; files: number | null }[];
  };
  expect(nodes.find(({ name }) => name === "grandma")?.state).toBe("unreachable");
  for (const name of ["home", "mom"])
    expect(nodes.find((node) => node.name === name)?.files).toEqual(expect.any(Number));

  const dark = await during("diff", "laptop", "grandma");
  expect(dark.code).toBe(4);
  expect(dark.err).toContain("grandma");
  expect((await laptop.pimesh("diff", "laptop", "mom")).code).toBe(1);
  await laptop.does("provision", "--all", "--yes");
});

async function giveDisk(machine: Machine): Promise<void> {
  const disk = await makeDisk({ folder: lab.folder, bytes: 512 * 1024 ** 2 });
  await machine.plug(disk);
  await machine.waitFor("the disk is seen", `[ -e /dev/disk/by-uuid/${disk.uuid} ]`);
}

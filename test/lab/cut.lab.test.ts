import { describe, expect, test } from "vitest";
import { etcOf } from "./support/etc-of.ts";
import { openLab } from "./support/lab.ts";
import { Laptop } from "./support/laptop.ts";
import type { Machine } from "./support/machine.ts";
import { allIsUp, withSwap } from "./support/provisioned.ts";
import { randomNumbers } from "./support/random.ts";
import { rounds, tell } from "./support/rounds.ts";
import { cloneDisk, makeDisk, type UsbDisk } from "./support/usb-disk.ts";

const lab = openLab();

describe("provision is cut off at a random moment", () => {
  test("by the power or by the disk: the next run finishes, and the result equals an undisturbed one", async () => {
    const { seed, next } = randomNumbers();
    process.stderr.write(`  lab: the moments of the cuts come from --seed ${seed}\n`);
    const blank = await makeDisk({ folder: lab.folder });
    const undisturbed = await begin(blank);
    const whole = await undisturbed.laptop.does("provision", "mom", "--yes");
    tell("provision, undisturbed", whole.seconds);
    const wanted = await resultOf(undisturbed.machine);
    await undisturbed.machine[Symbol.asyncDispose]();

    const bugs: string[] = [];
    const count = rounds(2, 30);
    for (let round = 1; round <= count; round++) {
      const by = round % 2 === 1 ? "power" : "disk";
      const after = next() * whole.seconds;
      process.stderr.write(`  lab: round ${round}: ${by} cut after ${after.toFixed(1)} s\n`);
      const { machine, disk, laptop } = await begin(blank);
      const run = laptop.start("provision", "mom", "--yes");
      await new Promise((resolve) => setTimeout(resolve, after * 1000));
      if (by === "power") {
        const before = await machine.bootId();
        await machine.powerCut();
        // The laptop hears nothing any more; nobody waits for its patience to end
        run.child.kill("SIGKILL");
        await run.ended;
        await machine.waitForNewBoot(before);
      } else {
        await machine.pull(disk);
        bugs.push(...((await run.ended).err.match(/this is a bug in pimesh.*/gs) ?? []));
        await machine.waitFor("the disk is gone", "! mountpoint -q /media/btsync");
        await machine.plug(disk);
      }
      await machine.waitFor("the disk is there", `[ -e /dev/disk/by-uuid/${disk.uuid} ]`);
      await laptop.does("provision", "mom", "--yes");
      await machine.waitFor("all is up", allIsUp, 300);
      expect(await resultOf(machine), `round ${round} of seed ${seed}`).toEqual(wanted);
      const again = await laptop.does("provision", "mom", "--dry-run");
      expect(again.out + again.err).toContain("nothing to do");
      await machine[Symbol.asyncDispose]();
    }
    expect(bugs).toEqual([]);
  });
});

async function begin(blank: UsbDisk): Promise<{ machine: Machine; disk: UsbDisk; laptop: Laptop }> {
  const machine = await lab.machine("bookworm");
  const disk = await cloneDisk(blank, machine.folder);
  await machine.plug(disk);
  await machine.waitFor("the disk is seen", `[ -e /dev/disk/by-uuid/${disk.uuid} ]`);
  const laptop = await Laptop.of(`${machine.folder}/laptop`, { mom: machine }, withSwap);
  return { machine, disk, laptop };
}

/** All of the system's and the disk's files, with their contents but for what differs by nature: an index tells its time. */
async function resultOf(machine: Machine): Promise<readonly string[]> {
  // The inventory on the disk names the port that this machine happens to have
  const disk = await machine.run(`cd /media/btsync
find . \\( -name lost+found -o -name written-by-the-engine -o -path "./.pimesh/index*" \\) -prune -o -name swapfile -printf '%y %m %U:%G %s %p\\n' -o -name inventory.yaml -printf '%y %m %U:%G %p ' -exec sed 's/:[0-9]*//' {} ';' -o -type f -printf '%y %m %U:%G %p ' -exec sha256sum {} ';' -o -printf '%y %m %U:%G %p\\n'
cat /proc/sys/kernel/panic
systemctl is-enabled pimesh-noswap`);
  return [...(await etcOf(machine)), ...disk.split("\n").toSorted()];
}

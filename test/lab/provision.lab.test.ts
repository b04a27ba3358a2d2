import { describe, expect, test } from "vitest";
import { openLab } from "./support/lab.ts";
import { Laptop } from "./support/laptop.ts";
import { tell } from "./support/rounds.ts";
import { etcOf, type EtcListing } from "./support/etc-of.ts";
import { makeDisk } from "./support/usb-disk.ts";

const lab = openLab();

describe.each(["bookworm", "trixie"] as const)("a plain machine with %s", (image) => {
  test("is provisioned once, comes up after a reboot, and is as it was after a rollback", async () => {
    const machine = await lab.machine(image);
    const disk = await makeDisk({ folder: lab.folder });
    const laptop = await Laptop.of(
      `${lab.folder}/laptop-${image}`,
      { mom: machine },
      { defaults: { swap: { size: "256MiB", require: true } } },
    );
    await machine.plug(disk);
    await machine.waitFor("the kernel has seen the disk", `[ -e /dev/disk/by-uuid/${disk.uuid} ]`);
    const before: EtcListing = await etcOf(machine);

    const first = await laptop.does("provision", "mom", "--yes");
    const second = await laptop.does("provision", "mom", "--dry-run");
    expect(second.out + second.err).toContain("nothing to do");
    tell(`${image}: provision, first run`, first.seconds);
    tell(`${image}: provision, nothing to do`, second.seconds);

    expect(await laptop.problemsOf("mom")).toEqual([]);
    tell(`${image}: reboot`, await machine.reboot());
    tell(`${image}: boot to engine`, await machine.waitFor("all is up after a reboot", up));
    expect(await laptop.problemsOf("mom")).toEqual([]);

    await laptop.does("rollback", "mom", "--yes");
    expect(await etcOf(machine)).toEqual(before);
  });
});

const up = `
mountpoint -q /media/btsync
grep -q '^/media/btsync/swapfile ' /proc/swaps
systemctl is-active syncthing@pi`;

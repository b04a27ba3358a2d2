import { describe, expect, test } from "vitest";
import { openLab } from "./support/lab.ts";
import type { Machine } from "./support/machine.ts";
import { allIsDown, allIsUp, provisioned } from "./support/provisioned.ts";
import { rounds, systems, tell } from "./support/rounds.ts";
import { makeDisk } from "./support/usb-disk.ts";

const lab = openLab();

describe.each(["bookworm", "trixie"] as const)("the disk is plugged into a machine with %s", (image) => {
  test("at any time: mounted, swap on and the engine at work, every time, whatever the kernel calls it", async () => {
    const { machine, disk } = await provisioned(lab, { image });
    const other = await makeDisk({ folder: lab.folder, label: "holiday", bytes: 64 * 1024 ** 2 });
    const up: number[] = [];
    const names = new Set<string>();
    const count = rounds(2, 10);
    for (let round = 1; round <= count; round++) {
      await machine.pull(disk);
      await machine.waitFor("all is down", allIsDown);
      // Another stick that comes first takes the name that the disk had
      if (round === 2) await machine.plug(other);
      await machine.plug(disk);
      await machine.waitFor("all is up", allIsUp);
      names.add(await machine.run("findmnt -n -o SOURCE /media/btsync"));
      up.push(await plugToEngine(machine));
    }
    expect(
      [...names].some((name) => name !== "/dev/sda1"),
      "it had another name at least once",
    ).toBe(true);
    expect(await machine.run("systemctl --failed --no-legend --plain | cut -d ' ' -f 1")).toBe("");
    tell(`${image}: plug to engine, the machine's own clock`, ...up);
    expect(Math.max(...up)).toBeLessThan(180);
  });
});

describe.each(systems(["trixie"], ["bookworm", "trixie"]))(
  "the disk is plugged into a machine with %s",
  (image) => {
    test("after it was pulled in the middle of writing: fsck mends it and it is mounted", async () => {
      const { machine, disk } = await provisioned(lab, { image });
      const written = "/media/btsync/btsync/written-by-the-engine";
      await machine.waitFor("the engine writes", `[ -s ${written} ]`);
      await machine.pull(disk);
      await machine.waitFor("all is down", allIsDown);
      await machine.plug(disk);
      await machine.waitFor("all is up", allIsUp);
      expect(await machine.run("journalctl -b -o cat -u 'systemd-fsck@*' | tail -n 3")).toMatch(
        /recovering journal|clean/,
      );
      expect(await machine.run(`wc -l <${written}`)).not.toBe("0");
    });

    test("before it was switched on: all is up after a power cut", async () => {
      const { machine } = await provisioned(lab, { image });
      const before = await machine.bootId();
      await machine.powerCut();
      await machine.waitForNewBoot(before);
      await machine.waitFor("all is up", allIsUp, 300);
      expect(await machine.run("systemctl --failed --no-legend --plain | cut -d ' ' -f 1")).toBe("");
    });

    test("with its file system on the whole disk: the same", async () => {
      const { machine, disk } = await provisioned(lab, { image, disk: { partitioned: false } });
      expect(await machine.run("findmnt -n -o SOURCE /media/btsync")).toMatch(/^[/]dev[/]sd[a-z]$/);
      await machine.pull(disk);
      await machine.waitFor("all is down", allIsDown);
      await machine.plug(disk);
      await machine.waitFor("all is up", allIsUp);
    });
  },
);

/** Seconds from the kernel's word that a disk is there to the engine's unit being active. */
async function plugToEngine(machine: Machine): Promise<number> {
  const [attached, active] = (
    await machine.run(`dmesg | sed -n 's/^\\[ *\\([0-9.]*\\)\\].*Attached SCSI \\(removable \\)*disk.*/\\1/p' | tail -n 1
systemctl show -p ActiveEnterTimestampMonotonic --value syncthing@pi`)
  ).split("\n");
  return Number(active) / 1e6 - Number(attached);
}

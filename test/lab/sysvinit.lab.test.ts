import { expect, test } from "vitest";
import { etcOf } from "./support/etc-of.ts";
import { openLab } from "./support/lab.ts";
import { Laptop, type InventoryKeys } from "./support/laptop.ts";
import { provisioned } from "./support/provisioned.ts";
import { rounds, tell } from "./support/rounds.ts";
import { makeDisk } from "./support/usb-disk.ts";

const lab = openLab();

/** Without systemd nobody can be kept out of the disk's swap: only who accepts that has it. */
const shared: InventoryKeys = {
  defaults: { swap: { size: "256MiB", policy: "shared", threshold: "100MiB" } },
};
const kind = { image: "sysvinit", keys: shared } as const;

const up = `
mountpoint -q /media/btsync &&
grep -q '^/media/btsync/swapfile ' /proc/swaps &&
pgrep -x syncthing`;
const down = `
! mountpoint -q /media/btsync &&
! pgrep -x syncthing`;

test("a machine without systemd is provisioned once, and is as it was after a rollback", async () => {
  const machine = await lab.machine("sysvinit");
  const disk = await makeDisk({ folder: lab.folder });
  await machine.plug(disk);
  await machine.waitFor("the disk is seen", `[ -e /dev/disk/by-uuid/${disk.uuid} ]`);
  const laptop = await Laptop.of(`${machine.folder}/laptop`, { mom: machine }, shared);
  const before = await etcOf(machine);
  const first = await laptop.does("provision", "mom", "--yes");
  await machine.waitFor("all is up", up);
  const second = await laptop.does("provision", "mom", "--dry-run");
  expect(second.out + second.err).toContain("nothing to do");
  tell("sysvinit: provision, first run", first.seconds);
  tell("sysvinit: provision, nothing to do", second.seconds);
  await laptop.does("rollback", "mom", "--yes");
  expect(await etcOf(machine)).toEqual(before);
});

test("its disk is pulled and plugged: the engine goes and comes with it, and what it does stands in one log", async () => {
  const { machine, disk, laptop } = await provisioned(lab, kind, "mom", up);
  const pulls: number[] = [];
  const plugs: number[] = [];
  const count = rounds(1, 10);
  for (let round = 1; round <= count; round++) {
    await machine.pull(disk);
    pulls.push(await machine.waitFor("all is down", down));
    expect((await laptop.statusOf("mom")).state).toBe("disk-absent");
    expect(await machine.run("lsattr -d /media/btsync | grep -o i | head -n 1; ls -A /media/btsync")).toBe(
      "i",
    );
    await machine.plug(disk);
    plugs.push(await machine.waitFor("all is up", up));
  }
  tell("sysvinit: pull to all down", ...pulls);
  tell("sysvinit: plug to all up", ...plugs);
  const log = await machine.run("cat /var/log/pimesh.log");
  expect(log.split("\n").every((line) => /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d/.test(line))).toBe(true);
});

test("it boots with its disk, boots without it, and shuts down in order", async () => {
  const { machine, disk, laptop } = await provisioned(lab, kind, "mom", up);
  tell("sysvinit: reboot", await machine.reboot());
  await machine.waitFor("all is up", up, 300);
  expect(await machine.run("dmesg | grep -c 'recovery complete' || true"), "it was unmounted in order").toBe(
    "0",
  );
  await machine.powerOff();
  await machine.pull(disk);
  await machine.powerOn();
  expect((await laptop.statusOf("mom")).state).toBe("disk-absent");
  expect(await machine.run("pgrep -x syncthing || true")).toBe("");
  await machine.plug(disk);
  await machine.waitFor("all is up", up, 300);
  const before = await machine.bootId();
  await machine.powerCut();
  await machine.waitForNewBoot(before);
  await machine.waitFor("all is up after a power cut", up, 300);
});

test("its engine is suspended and resumed, and a pull wakes it up to stop it", async () => {
  const { machine, disk } = await provisioned(lab, kind, "mom", up);
  const script = "/usr/local/lib/pimesh/pimesh-disk";
  const states =
    "for each in $(pgrep -x syncthing); do sed -n 's/^State:[[:space:]]*\\(.\\).*/\\1/p' /proc/$each/status; done | sort -u";
  await machine.run(`${script} suspend`);
  expect(await machine.run(states)).toBe("T");
  await machine.run(`${script} resume`);
  expect(await machine.run(states)).toMatch(/^[RSD]/);
  await machine.run(`${script} suspend`);
  await machine.pull(disk);
  await machine.waitFor("all is down", down);
  expect(await machine.run("grep -c 'the engine is suspended' /var/log/pimesh.log")).toBe("2");
});

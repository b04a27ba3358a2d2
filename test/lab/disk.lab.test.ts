import { expect, test } from "vitest";
import { openLab } from "./support/lab.ts";
import { Laptop } from "./support/laptop.ts";
import { allIsUp, provisioned, withSwap } from "./support/provisioned.ts";
import { makeDisk } from "./support/usb-disk.ts";

const lab = openLab();

test("a disk is prepared: one that holds data only by the name of what it holds, the system's own never", async () => {
  const machine = await lab.machine("trixie");
  const laptop = await Laptop.of(`${machine.folder}/laptop`, { mom: machine }, withSwap);
  const blank = await makeDisk({ folder: lab.folder, fs: "none" });
  const full = await makeDisk({ folder: lab.folder, label: "holiday", bytes: 1536 * 1024 ** 2 });
  await machine.plug(blank);
  await machine.waitFor("the blank disk is seen", "[ -b /dev/sda ]");
  await machine.plug(full);
  await machine.waitFor("the other disk is seen", `[ -e /dev/disk/by-uuid/${full.uuid} ]`);

  const prepare = (device: string, ...more: readonly string[]) =>
    laptop.pimesh("disk", "prepare", "mom", "--device", device, ...more);
  const refused = { code: 5, err: expect.stringMatching(/E-/) };
  expect(await prepare("/dev/vda", "--confirm", "mom")).toMatchObject(refused);
  expect(await prepare("/dev/sda", "--confirm", "grandma")).toMatchObject(refused);
  const unnamed = await prepare("/dev/sdb", "--confirm", "mom");
  expect(unnamed).toMatchObject(refused);
  expect(unnamed.err).toContain(full.uuid);
  expect(await machine.run("blkid -o value -s LABEL /dev/sdb1; blkid /dev/sda || true")).toBe("holiday");

  // Pulled in the middle of being formatted: it can be prepared again
  const run = laptop.start("disk", "prepare", "mom", "--device", "/dev/sda", "--confirm", "mom");
  await machine.waitFor("it is being formatted", "pgrep mke2fs || pgrep mkfs.ext4 || blkid -L btsync");
  await machine.pull(blank);
  await run.ended;
  await machine.plug(blank);
  await machine.waitFor("it is seen again", `lsblk -dn -o SERIAL | grep -qx ${blank.serial}`);
  const device = `/dev/${await machine.run(`lsblk -dn -o NAME,SERIAL | awk '$2 == "${blank.serial}" { print $1 }'`)}`;
  // How far it had come, nobody knows: what lies there by now has to be named, as on any disk
  const second = await prepare(device, "--confirm", "mom");
  const named = /--erase-data (\S+)/.exec(second.err)?.[1];
  const third =
    named === undefined ? second : await prepare(device, "--confirm", "mom", "--erase-data", named);
  expect({ code: third.code, said: third.out + third.err }).toEqual({ code: 0, said: expect.any(String) });

  expect(await machine.run(`blkid -o value -s LABEL ${device}1`)).toBe("btsync");
  expect(
    await machine.run(
      `tune2fs -l ${device}1 | awk '/^Block count/ { all = $3 } /^Reserved block count/ { print int(100 * $4 / all + 0.5) }'`,
    ),
  ).toBe("1");
  await laptop.does("provision", "mom", "--yes");
  await machine.waitFor("all is up", allIsUp, 300);
  expect(await prepare(device, "--confirm", "mom"), "it is mounted now").toMatchObject(refused);
});

test("a disk is ejected: safe to pull, nothing has failed, and a plug brings all back", async () => {
  const { machine, disk, laptop } = await provisioned(lab, { image: "bookworm" });
  const dryRun = await laptop.pimesh("eject", "mom", "--dry-run");
  expect(dryRun.code).toBe(1);
  expect(await machine.run("systemctl is-active syncthing@pi")).toBe("active");

  const busy = await machine.run("cd /media/btsync && (sleep 3600 >/dev/null 2>&1 & echo $!)");
  const refused = await laptop.pimesh("eject", "mom");
  expect(refused.code).toBe(5);
  expect(refused.err).toContain("sleep");
  expect(await machine.run(allIsUp), "what was stopped runs again").toBe("active");
  await machine.run(`kill ${busy}`);

  const said = await laptop.does("eject", "mom");
  expect(said.out).toContain("safe to pull");
  expect(await machine.run("mountpoint -q /media/btsync || echo gone; tail -n +2 /proc/swaps")).toBe("gone");
  expect(await machine.run("pgrep -x syncthing || true")).toBe("");
  expect(await machine.run("systemctl --failed --no-legend --plain | cut -d ' ' -f 1")).toBe("");
  expect((await laptop.does("eject", "mom")).out, "twice is as good as once").toContain("safe to pull");

  await machine.pull(disk);
  await machine.plug(disk);
  await machine.waitFor("all is up", allIsUp, 300);
  const checks = await machine.run("journalctl -b -o cat -u 'systemd-fsck@*' | grep '^btsync: '");
  expect(checks.split("\n").at(-1), "it was unmounted in order").toContain("clean");
  expect(checks).not.toContain("recovering");
  expect(await laptop.problemsOf("mom")).toEqual([]);
});

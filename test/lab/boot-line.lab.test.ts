import { expect, test } from "vitest";
import { openLab } from "./support/lab.ts";
import { Laptop } from "./support/laptop.ts";
import { allIsUp, withSwap } from "./support/provisioned.ts";
import { tell } from "./support/rounds.ts";
import { makeDisk } from "./support/usb-disk.ts";

const lab = openLab();

const line = "/boot/firmware/cmdline.txt";

test("without the memory controller the swap stays off, until a person allows the change of the boot line and reboots; rollback undoes it", async () => {
  const machine = await lab.machine("bookworm");
  // What a Pi's firmware says by itself, in front of the file's words
  await machine.run(`sed -i 's/^/cgroup_disable=memory /' ${line}`);
  const original = await machine.run(`base64 -w 0 ${line}`);
  await machine.reboot();
  expect(await machine.run("cat /sys/fs/cgroup/cgroup.controllers")).not.toMatch(/\bmemory\b/);
  const disk = await makeDisk({ folder: lab.folder });
  await machine.plug(disk);
  await machine.waitFor("the disk is seen", `[ -e /dev/disk/by-uuid/${disk.uuid} ]`);
  const laptop = await Laptop.of(`${machine.folder}/laptop`, { mom: machine }, withSwap);

  const offer = await laptop.does("provision", "mom", "--yes");
  expect(offer.out).toContain("the disk's swap stays off");
  expect(offer.out).toContain("pimesh provision mom --accept-boot-change");
  expect(await machine.run(`base64 -w 0 ${line}`), "not asked, not touched").toBe(original);
  // The inventory makes the swap a gate, and whoever asks by hand gets the same answer
  await machine.ask("systemctl start syncthing@pi");
  expect(await machine.run("pgrep -x syncthing || true"), "the engine waits").toBe("");
  expect(await machine.run("tail -n +2 /proc/swaps")).toBe("");
  expect((await laptop.statusOf("mom")).problems).toContainEqual(
    expect.objectContaining({
      code: "W-SWAP-OFF",
      message: expect.stringMatching(
        /memory controller is off.*the engine waits.*pimesh can switch it on; that takes a reboot/,
      ),
    }),
  );

  const allowed = await laptop.does("provision", "mom", "--yes", "--accept-boot-change");
  expect(allowed.out).toContain("a reboot is needed");
  expect(await machine.run(`cat ${line}`)).toMatch(/^(?!.*cgroup_disable).*root=\S+.* cgroup_enable=memory$/);
  expect(await machine.run(`base64 -w 0 ${line}.pimesh-backup`)).toBe(original);
  expect((await laptop.statusOf("mom")).problems).toContainEqual(
    expect.objectContaining({
      code: "W-SWAP-OFF",
      message: expect.stringContaining("it waits for a reboot"),
    }),
  );

  tell("reboot with the new line", await machine.reboot());
  expect(await machine.run("cat /sys/fs/cgroup/cgroup.controllers")).toMatch(/\bmemory\b/);
  const on = await laptop.does("provision", "mom", "--yes");
  tell("provision that switches the swap on", on.seconds);
  await machine.waitFor("all is up", allIsUp, 300);
  expect(await machine.run("/usr/local/lib/pimesh/noswap check")).toBe("");
  expect(await laptop.problemsOf("mom")).toEqual([]);

  await laptop.does("rollback", "mom", "--yes");
  expect(await machine.run("tail -n +2 /proc/swaps"), "nothing keeps others out of it any more").toBe("");
  expect(await machine.run("pgrep -x syncthing || true"), "it waits again").toBe("");
  await laptop.does("rollback", "mom", "--yes");
  expect(await machine.run(`base64 -w 0 ${line}`)).toBe(original);
  expect(await machine.run(`ls ${line.slice(0, line.lastIndexOf("/"))}`)).toBe("cmdline.txt");
});

import { expect, test } from "vitest";
import { openLab } from "./support/lab.ts";
import type { Machine } from "./support/machine.ts";
import { allIsDown, provisioned, type Provisioned } from "./support/provisioned.ts";
import { casesOf } from "./support/rounds.ts";
import { cloneDisk, makeDisk } from "./support/usb-disk.ts";

const lab = openLab();

interface WrongDisk {
  readonly what: string;
  /** Begins with the node's own disk pulled, and leaves the wrong one plugged in. */
  readonly arrange: (given: Provisioned) => Promise<void>;
  /** When the machine has seen and dealt with it. */
  readonly settled: string;
  /** What status says first of it. */
  readonly status: string;
  readonly says: RegExp;
  readonly provision: { readonly code: number; readonly says: RegExp };
  /** It is the right disk after all, so that its swap may be on. */
  readonly swap?: "may be on";
}

const seen = (uuid: string | undefined): string => `[ -e /dev/disk/by-uuid/${uuid} ]`;
const nothingIsTried = '[ -z "$(systemctl list-jobs --no-legend)" ]';

const wrongDisks: readonly WrongDisk[] = [
  {
    what: "another disk with the same label",
    arrange: async ({ machine }) => {
      await machine.plug(
        await makeDisk({ folder: lab.folder, uuid: "11111111-2222-4333-8444-555555555555" }),
      );
    },
    settled: seen("11111111-2222-4333-8444-555555555555"),
    status: "E-DISK-WRONG",
    says: /not its own, but another disk with the same label.*11111111-2222/,
    provision: { code: 5, says: /E-DISK-WRONG|E-DISK-ABSENT/ },
  },
  {
    what: "the right disk with a new file system",
    arrange: async ({ machine, disk }) => {
      await machine.run("echo stands for mkfs on another machine");
      const fresh = await makeDisk({ folder: lab.folder, uuid: "22222222-2222-4333-8444-555555555555" });
      await machine.plug({ ...fresh, serial: disk.serial });
    },
    settled: seen("22222222-2222-4333-8444-555555555555"),
    status: "E-DISK-WRONG",
    says: /2222/,
    provision: { code: 5, says: /E-DISK-WRONG|E-DISK-ABSENT/ },
  },
  {
    what: "FAT with the label",
    arrange: async ({ machine }) => {
      await machine.plug(await makeDisk({ folder: lab.folder, fs: "vfat", label: "btsync" }));
    },
    settled: seen("1234-ABCD"),
    status: "E-DISK-WRONG",
    says: /vfat/,
    provision: { code: 5, says: /E-DISK/ },
  },
  {
    what: "the right disk, read-only",
    arrange: async ({ machine, disk }) => machine.plug({ ...disk, readOnly: true }),
    settled: `${nothingIsTried} && mountpoint -q /media/btsync || systemctl is-failed media-btsync.mount`,
    status: "E-DISK-NOT-MOUNTED",
    says: /write-protected/,
    provision: { code: 5, says: /E-DISK-READ-ONLY/ },
  },
  {
    what: "the right disk, without its identity file",
    arrange: async ({ machine, disk }) => {
      await editDisk(machine, disk.file, "rm /mnt/.pimesh/identity");
      await machine.plug(disk);
    },
    settled: "mountpoint -q /media/btsync",
    status: "W-NO-IDENTITY",
    says: /no identity file/,
    provision: { code: 0, says: /identity/ },
  },
  {
    what: "the right disk, full",
    arrange: async ({ machine, disk }) => {
      await editDisk(machine, disk.file, "dd if=/dev/zero of=/mnt/btsync/film bs=1M 2>/dev/null || true");
      await machine.plug(disk);
    },
    settled: "mountpoint -q /media/btsync",
    status: "W-DISK-FULL",
    says: /full|free/,
    provision: { code: 5, says: /E-DISK-FULL|E-NO-ROOM|free/ },
    swap: "may be on",
  },
  {
    what: "the disk of another home: its own UUID, but another node's identity",
    arrange: async ({ machine, disk }) => {
      await editDisk(machine, disk.file, "sed -i s/node=mom/node=grandma/ /mnt/.pimesh/identity");
      await machine.plug(disk);
    },
    settled: "mountpoint -q /media/btsync",
    status: "E-DISK-WRONG",
    says: /grandma/,
    provision: { code: 5, says: /grandma/ },
  },
];

test.each(casesOf(wrongDisks))(
  "the engine never starts on $what; status and provision name it",
  async (wrong) => {
    const given = await provisioned(lab, { image: "bookworm" });
    const { machine, disk, laptop } = given;
    await machine.pull(disk);
    await machine.waitFor("all is down", allIsDown);
    const starts = await machine.run(engineStarts);

    await wrong.arrange(given);
    await machine.waitFor(`${wrong.what} is dealt with`, wrong.settled);
    await machine.waitFor("nothing is tried any more", nothingIsTried);
    // Whoever asks for it by hand gets the same answer
    await machine.ask("systemctl start syncthing@pi");
    expect(await machine.run("pgrep -x syncthing || true")).toBe("");
    expect(await machine.run(engineStarts), "the engine's program was never run").toBe(starts);
    const areas = await machine.run("tail -n +2 /proc/swaps");
    expect(wrong.swap === "may be on" ? "" : areas).toBe("");

    const status = await laptop.statusOf("mom");
    expect(status.problems).toContainEqual(
      expect.objectContaining({ code: wrong.status, message: expect.stringMatching(wrong.says) }),
    );
    const plan = await laptop.pimesh("provision", "mom", "--yes");
    expect({ code: plan.code, said: plan.out + plan.err }).toEqual({
      code: wrong.provision.code,
      said: expect.stringMatching(wrong.provision.says),
    });
  },
);

test("two disks with the label: the pinned one works on, and the other is named", async () => {
  const { machine, laptop } = await provisioned(lab, { image: "bookworm" });
  const other = await makeDisk({ folder: lab.folder, bytes: 64 * 1024 ** 2 });
  await machine.plug(other);
  await machine.waitFor("the other is seen", seen(other.uuid));
  expect(await machine.run("systemctl is-active syncthing@pi")).toBe("active");
  expect(await laptop.problemsOf("mom")).toContain("E-DISK-AMBIGUOUS");
});

test("two disks with the label on a machine that has none yet: provision does not choose", async () => {
  const machine = await lab.machine("bookworm");
  const one = await makeDisk({ folder: lab.folder, bytes: 64 * 1024 ** 2 });
  const two = await makeDisk({ folder: lab.folder, bytes: 64 * 1024 ** 2 });
  await machine.plug(one);
  await machine.plug(two);
  await machine.waitFor("both are seen", `${seen(one.uuid)} && ${seen(two.uuid)}`);
  const { Laptop } = await import("./support/laptop.ts");
  const laptop = await Laptop.of(`${machine.folder}/laptop`, { mom: machine });
  const plan = await laptop.pimesh("provision", "mom", "--yes");
  expect(plan.code).toBe(5);
  expect(plan.err).toContain("E-DISK-AMBIGUOUS");
});

test("a copy of the disk, UUID and all, beside it: the engine does not start on the copy", async () => {
  const { machine, disk, laptop } = await provisioned(lab, { image: "bookworm" });
  await machine.pull(disk);
  await machine.waitFor("all is down", allIsDown);
  const copy = await cloneDisk(disk, lab.folder);
  await machine.plug(copy);
  await machine.waitFor("it is mounted", "mountpoint -q /media/btsync");
  // A complete copy cannot be told from its original while the original is away; both at once can
  await machine.plug(disk);
  await machine.waitFor("both are there", `[ "$(lsblk -n -o UUID | grep -c ${disk.uuid})" = 2 ]`);
  expect(await laptop.problemsOf("mom")).toContain("E-DISK-AMBIGUOUS");
});

/** Mounts a disk that is not plugged in, on the machine of the tests, and changes something on it. */
async function editDisk(_machine: Machine, file: string, script: string): Promise<void> {
  const { execFile } = await import("node:child_process");
  const { promisify } = await import("node:util");
  await promisify(execFile)("unshare", [
    "-m",
    "sh",
    "-euc",
    `mount -o loop,offset=1048576 "$0" /mnt; ${script}; umount /mnt`,
    file,
  ]);
}

/** How often the engine's program was started in this boot. */
const engineStarts = `journalctl -b -o cat -u syncthing@pi | grep -c '^Started' || true`;

import { execFileSync, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { PimeshError } from "../../src/core/error.ts";
import { script, sh, shellFile } from "../../src/core/shell.ts";
import { contentsOf, isUnfinished } from "../../src/disk/contents.ts";
import { lookAtDevice, type DeviceLook, type Disk } from "../../src/disk/device-look.ts";
import { guardPrepare } from "../../src/disk/guard-prepare.ts";
import { prepareDisk } from "../../src/disk/prepare-disk.ts";
import { nodeText } from "../../src/provision/texts.ts";
import { temporaryFolder } from "../support/folder.ts";
import { localConnection, type LocalOptions } from "../support/local-connection.ts";
import { requires } from "../support/requires.ts";
import { mom } from "./mom.ts";

vi.setConfig({ testTimeout: 60_000 });

// Loop devices and mounts are root's; for others the simulated Pi has to do, but not in CI.
const isRoot = process.getuid?.() === 0 || process.env["CI"] !== undefined;

/** This machine as the node, with loop devices as its disks: real sfdisk, mkfs.ext4, wipefs, blkid, partx and mounts. */
describe.runIf(
  isRoot && requires("losetup", "mkfs.ext4", "mkfs.vfat", "sfdisk", "wipefs", "partx", "unshare"),
)("disk prepare on a real disk", () => {
  test("looking at file systems, one of them with a journal to replay, changes not a byte", async () => {
    const loop = realDisk({ size: "64M" });
    loop.partition("label: gpt\nsize=40M\n,\n");
    run("mkfs.ext4", "-q", "-L", "btsync", `${loop.device}p1`);
    run("mkfs.vfat", "-n", "PHOTOS", `${loop.device}p2`);
    const place = loop.mount(`${loop.device}p1`);
    mkdirSync(join(place, "photos"));
    // As after a pulled plug: what is on the medium now is what is found later
    const pulled = `${loop.image}.pulled`;
    run("sh", "-c", 'sync -f "$1"; cp "$2" "$3"; umount "$1"', "sh", place, loop.device, pulled);
    run("dd", `if=${pulled}`, `of=${loop.device}`, "bs=1M", "conv=fsync");
    expect(run("dumpe2fs", "-h", `${loop.device}p1`)).toMatch(/features:.* needs_recovery/);
    const before = loop.sum();
    const { disk } = await loop.look();
    // A kernel need not know FAT
    expect(disk?.volumes[1]?.holds?.names).toEqual(["lost+found", "photos"]);
    expect(loop.sum()).toBe(before);
  });

  test("a disk that was never formatted becomes the disk of its node", async () => {
    const loop = realDisk();
    const look = await loop.look();
    expect(contentsOf(look.disk as Disk)).toEqual([]);

    const { steps, made } = await loop.prepare(look);
    expect(made.device).toBe(`${loop.device}p1`);
    expect(steps).toHaveLength(5);

    expect(run("blkid", "-p", "-s", "LABEL", "-o", "value", made.device)).toBe("btsync");
    expect(run("blkid", "-p", "-s", "UUID", "-o", "value", made.device)).toBe(made.uuid);
    expect(run("blkid", "-p", "-s", "PTTYPE", "-o", "value", loop.device)).toBe("gpt");
    const superblock = run("dumpe2fs", "-h", made.device);
    const count = (name: string): number => Number(new RegExp(`${name}: +(\\d+)`).exec(superblock)?.[1]);
    expect(count("Reserved block count")).toBe(Math.floor(count("Block count") / 100));
    expect(superblock).not.toMatch(/orphan_file|metadata_csum_seed/);
    expect(run("debugfs", "-R", "cat /.pimesh/identity", made.device)).toBe(
      `# written by pimesh: this disk belongs to this node\nuuid=${made.uuid}\nnode=mom`,
    );
    const stat = run("debugfs", "-R", "stat /.pimesh/identity", made.device);
    expect(stat).toMatch(/Mode: +0644/);
    expect(stat).toMatch(/User: +0 +Group: +0/);
    expect(run("debugfs", "-R", "stat /", made.device)).toMatch(/Mode: +0755/);
    expect(run("debugfs", "-R", "stat /.pimesh", made.device)).toMatch(/Mode: +0755/);
  });

  test("the disk that it has made counts as data from then on, and says whose it is", async () => {
    const loop = realDisk();
    const { made } = await loop.prepare(await loop.look());
    const again = await loop.look();
    const refused = refusal(() => loop.guard(again));
    expect(refused.code).toBe("E-DISK-HAS-DATA");
    expect(refused.message).toContain("this is the disk of mom, without a file so far");
    expect(refused.hint).toContain(`--erase-data ${made.uuid}`);
    expect(loop.guard(again, [made.uuid.toUpperCase()]).path).toBe(loop.device);
  });

  test("several file systems must each be named; then all of them are gone", async () => {
    const loop = realDisk();
    loop.partition("label: dos\nsize=1G, type=c\nsize=512M, type=82\ntype=83\n");
    run("mkfs.vfat", "-n", "PHOTOS", `${loop.device}p1`);
    run("mkswap", "-L", "old", `${loop.device}p2`);
    run("mkfs.ext4", "-q", "-L", "btsync", `${loop.device}p3`);
    const look = await loop.look();
    const contents = contentsOf(look.disk as Disk);
    expect(contents.map(({ volume, what, label }) => [volume.name.slice(-2), what, label])).toEqual([
      ["p1", "vfat file system", "PHOTOS"],
      ["p2", "swap area", "old"],
      ["p3", "ext4 file system", "btsync"],
    ]);
    const keys = contents.map(({ key }) => key);
    expect(refusal(() => loop.guard(look, keys.slice(0, 2))).hint).toContain(`--erase-data ${keys[2]}`);
    await loop.prepare(look, keys);
    expect((await loop.look()).disk?.volumes.map(({ name }) => name)).toEqual([loop.name, `${loop.name}p1`]);
  });

  test.each<[string, (device: string) => void, string]>([
    ["a file system over the whole disk", (device) => run("mkfs.ext4", "-q", device), "ext4 file system"],
    ["a FAT over the whole disk", (device) => run("mkfs.vfat", "-I", device), "vfat file system"],
    ["an empty partition table", (device) => table(device, "label: gpt\n"), "empty partition table (gpt)"],
    [
      "partitions without a file system",
      (device) => table(device, "label: gpt\n,1G\n,\n"),
      "2 empty partitions (gpt)",
    ],
    [
      "bytes that no tool knows",
      (device) => writeFileSync(device, "photos?", { flag: "r+" }),
      "bytes that no tool knows",
    ],
    [
      "an encrypted volume",
      // The first bytes of a LUKS1 header (its on-disk format, version 1.2.3): magic, version, and the UUID at 168
      (device) => {
        const header = Buffer.alloc(1024);
        header.write("LUKS\xba\xbe", 0, "latin1");
        header.writeUInt16BE(1, 6);
        header.write("7d1f0a52-3c64-4a0e-9b1b-5a0e6f2c9d11", 168, "latin1");
        writeFileSync(device, header, { flag: "r+" });
      },
      "encrypted volume (LUKS)",
    ],
  ])("%s is data, and what allows its loss is said", async (_, make, what) => {
    const loop = realDisk();
    make(loop.device);
    run("sh", "-c", 'partx -u "$1" 2>/dev/null || :', "sh", loop.device);
    const look = await loop.look();
    expect(contentsOf(look.disk as Disk).map((content) => content.what)).toEqual([what]);
    const refused = refusal(() => loop.guard(look));
    const keys = [...(refused.hint ?? "").matchAll(/--erase-data (\S+)/g)].map((match) => match[1] as string);
    expect(keys).toHaveLength(1);
    const { made } = await loop.prepare(look, keys);
    expect(run("wipefs", "-p", made.device).split("\n")).toHaveLength(1);
  });

  test.each([
    ["it was partitioned", "make_partition DISK SUM"],
    ["the file system was made", 'make_partition DISK SUM; make_file_system "$root/dev/$part" UUID "uuid=x"'],
  ])("cut off after %s, the next run needs no --erase-data and completes it", async (__, done) => {
    const loop = realDisk();
    const look = await loop.look();
    const disk = look.disk as Disk;
    const text = done.replace("DISK", disk.name).replace("SUM", disk.sum).replace("UUID", randomUUID());
    const cut = await localConnection().run(
      script(
        sh`nonce=x`,
        shellFile(await nodeText("whole-disk.sh")),
        shellFile(await nodeText("prepare-disk.sh")),
        shellFile(`mkdir -p /run/pimesh; why=/run/pimesh/why.$$; ${text}; rm -f "$why"`),
      ),
    );
    expect({ code: cut.code, stderr: cut.stderr.toString() }).toMatchObject({ code: 0 });
    const next = await loop.look();
    expect(isUnfinished(next.disk as Disk)).toBe(true);
    const { made } = await loop.prepare(next);
    expect(run("blkid", "-p", "-s", "LABEL", "-o", "value", made.device)).toBe("btsync");
  });

  test("whatever has changed since the look is not erased", async () => {
    const loop = realDisk();
    const look = await loop.look();
    run("mkfs.ext4", "-q", "-L", "new", loop.device);
    const before = loop.sum();
    await expect(loop.prepare(look)).rejects.toMatchObject({ code: "E-CHANGED-MEANWHILE" });
    expect(loop.sum()).toBe(before);
  });

  test("another disk that has got the name in between is not erased, however alike it is", async () => {
    const loop = realDisk();
    const look = await loop.look();
    const other = join(temporaryFolder(), "other");
    run("truncate", "-s", "3G", other);
    run("losetup", "-d", loop.device);
    run("losetup", loop.device, other);
    await expect(loop.prepare(look)).rejects.toMatchObject({ code: "E-CHANGED-MEANWHILE" });
    expect(spawnSync("wipefs", ["-p", loop.device], { encoding: "utf8" }).stdout).toBe("");
  });

  test("a disk that was mounted since the look is not erased", async () => {
    const loop = realDisk();
    loop.partition("label: gpt\n,\n");
    run("mkfs.ext4", "-q", `${loop.device}p1`);
    const look = await loop.look();
    loop.mount(`${loop.device}p1`);
    const keys = contentsOf(look.disk as Disk).map(({ key }) => key);
    await expect(loop.prepare(look, keys)).rejects.toMatchObject({
      code: expect.stringMatching(/^E-(DISK-IN-USE|CHANGED-MEANWHILE)$/) as string,
    });
  });

  test("a disk in use is refused, and where it is mounted is said", async () => {
    const loop = realDisk();
    loop.partition("label: gpt\n,\n");
    run("mkfs.ext4", "-q", `${loop.device}p1`);
    const place = loop.mount(`${loop.device}p1`);
    const look = await loop.look();
    const refused = refusal(() => loop.guard(look));
    expect(refused).toMatchObject({ code: "E-DISK-IN-USE" });
    expect(refused.message).toContain(`${loop.device}p1 at ${place}`);
  });

  test("two preparations of one node do not meet", async () => {
    const loop = realDisk();
    const look = await loop.look();
    mkdirSync(loop.state, { recursive: true });
    const holder = execFileSync(
      "sh",
      [
        "-c",
        'echo "ann@laptop" >"$1"; flock "$1" sleep 30 >/dev/null 2>&1 & echo $!',
        "sh",
        join(loop.state, "lock"),
      ],
      {
        encoding: "utf8",
      },
    ).trim();
    onTestFinished(() => void spawnSync("sh", ["-c", 'pkill -P "$1"; kill "$1"', "sh", holder]));
    await vi.waitFor(() => {
      if (spawnSync("flock", ["-n", join(loop.state, "lock"), "true"]).status === 0)
        throw new Error("not yet");
    });
    await expect(loop.prepare(look)).rejects.toMatchObject({ code: "E-LOCKED" });
  });

  test("busybox' own shell does it too", async () => {
    if (!requires("busybox")) return;
    const loop = realDisk({ shell: ["busybox", "sh"] });
    const { made } = await loop.prepare(await loop.look());
    expect(run("blkid", "-p", "-s", "LABEL", "-o", "value", made.device)).toBe("btsync");
  });
});

function run(program: string, ...words: string[]): string {
  return execFileSync(program, words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}

function table(device: string, text: string): void {
  execFileSync("sfdisk", ["--quiet", device], { input: text, stdio: ["pipe", "ignore", "ignore"] });
}

function refusal(work: () => unknown): PimeshError {
  try {
    work();
  } catch (error) {
    if (error instanceof PimeshError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

/** A loop device, by default of 3 GiB, which takes hardly any space. */
function realDisk(options: LocalOptions & { readonly size?: string } = {}) {
  const folder = temporaryFolder();
  const image = join(folder, "image");
  run("truncate", "-s", options.size ?? "3G", image);
  const device = run("losetup", "-f", "--show", image);
  const places: string[] = [];
  onTestFinished(() => {
    for (const place of places) spawnSync("umount", [place]);
    spawnSync("sh", ["-c", 'partx -d "$1"; losetup -d "$1"', "sh", device]);
  });
  const connection = localConnection(options);
  const state = join(folder, "state");
  const request = (eraseData: readonly string[]) =>
    ({ node: mom, device, eraseData, pinned: undefined, loopDevices: "allow" }) as const;
  return {
    device,
    image,
    name: device.slice("/dev/".length),
    state,
    sum: () => run("sh", "-c", 'sync "$2"; head -c 64M "$1" | sha256sum', "sh", image, device),
    look: () => lookAtDevice(connection, device, { canUnshare: true }),
    guard: (look: DeviceLook, eraseData: readonly string[] = []) => guardPrepare(look, request(eraseData)),
    partition: (text: string) => {
      table(device, text);
      run("sh", "-c", 'partx -u "$1" 2>/dev/null || partx -a "$1"', "sh", device);
    },
    mount: (of: string) => {
      const place = join(folder, "mounted");
      mkdirSync(place);
      run("mount", of, place);
      places.push(place);
      return place;
    },
    prepare: async (look: DeviceLook, eraseData: readonly string[] = []) => {
      const steps: string[] = [];
      const made = await prepareDisk(
        connection,
        {
          node: mom,
          disk: guardPrepare(look, request(eraseData)),
          uuid: randomUUID(),
          stateFolder: state,
          who: "the test",
        },
        (text) => void steps.push(text),
      );
      return { steps, made };
    },
  };
}

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { sh } from "../../src/core/shell.ts";
import { apply, rollBack, runName } from "../../src/provision/apply.ts";
import { inspect, sumOf, type Questions } from "../../src/provision/inspection.ts";
import { profileOf } from "../../src/provision/profile.ts";
import { temporaryFolder } from "../support/folder.ts";
import { localConnection } from "../support/local-connection.ts";
import { requires } from "../support/requires.ts";

vi.setConfig({ testTimeout: 60_000 });

// Loop devices and mounts are root's; for others the simulated Pi has to do, but not in CI.
const isRoot = process.getuid?.() === 0 || process.env["CI"] !== undefined;

/** This machine as the node, with a real ext4 file system on a loop device as its disk; systemd alone is played. */
describe.runIf(isRoot && requires("losetup", "mkfs.ext4", "unshare", "chattr", "mkswap"))(
  "on a real disk",
  () => {
    test("looking at a disk that is not mounted changes not a byte of it", async () => {
      const disk = realDisk();
      const before = disk.sum();
      const seen = await inspect(localConnection(), disk.questions);
      expect(seen.disk).toEqual({ kind: "looked" });
      expect(seen.files.get(`${disk.mount}/photos`)?.kind).toBe("folder");
      expect(seen.under).toBe("absent");
      expect(disk.sum()).toBe(before);
      expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(disk.device);
    });

    test("of one that was pulled out nothing is concluded before its journal is replayed, and its look changes no byte", async () => {
      const disk = realDisk({ pulled: true });
      const before = disk.sum();
      const seen = await inspect(localConnection(), disk.questions);
      expect(seen.disk).toEqual({ kind: "unseen" });
      expect(seen.files.get(`${disk.mount}/photos`)?.kind).not.toBe("folder");
      expect(disk.sum()).toBe(before);
    });

    test("it is mounted, filled and undone, and the bare folder under it takes no file while it is away", async () => {
      const disk = realDisk();
      const connection = localConnection({ path: disk.standIns });
      const place = {
        profile: { ...profileOf(undefined), stateFolder: disk.state },
        init: "systemd" as const,
        mount: disk.mount,
        uuid: disk.uuid,
      };
      const text = "uuid=x\n";
      const applied = await apply(
        connection,
        place,
        [
          sh`bare_folder`,
          sh`mount_disk the.mount`,
          sh`folder ${disk.mount}/.pimesh 755 0:0`,
          sh`put ${disk.mount}/.pimesh/identity 644 0:0 absent ${sumOf(text)} ${text}`,
          sh`swap_file ${disk.mount}/swapfile ${1024 * 1024}`,
        ],
        { run: runName(Date.now()), who: "the test", goesOn: false },
      );
      const seen = await inspect(connection, disk.questions);
      expect(seen).toMatchObject({
        disk: { kind: "mounted" },
        under: "immutable",
        swapFile: { bytes: 1024 * 1024, mode: "600", owner: "0:0", pageSize: 4096 },
      });
      execFileSync("umount", [disk.mount]);
      expect(() => writeFileSync(`${disk.mount}/on-the-card`, "x")).toThrow("EPERM");
      execFileSync("mount", [disk.device, disk.mount]);
      expect(await rollBack(connection, place, applied.run)).toEqual([]);
      expect(() => readFileSync(disk.mount)).toThrow("ENOENT");
    });
  },
);

function run(program: string, ...words: string[]): string {
  return execFileSync(program, words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}

/** `pulled`: as it lay on the medium while it was mounted and written to. */
function realDisk({ pulled = false } = {}) {
  const folder = temporaryFolder();
  const image = join(folder, "image");
  mkdirSync(join(folder, "files/photos"), { recursive: true });
  run("truncate", "-s", "64M", image);
  run("mkfs.ext4", "-q", "-L", "btsync", "-d", join(folder, "files"), image);
  if (pulled) {
    const place = join(folder, "was-here");
    mkdirSync(place);
    run("mount", "-o", "loop", image, place);
    writeFileSync(join(place, "photos/beach.jpg"), "a picture");
    run("sync", "-f", place);
    run("cp", "--sparse=always", image, `${image}-pulled`);
    run("umount", place);
    run("mv", `${image}-pulled`, image);
  }
  const device = run("losetup", "-f", "--show", image);
  const uuid = run("blkid", "-s", "UUID", "-o", "value", device);
  const mount = `/mnt/pimesh-test-${process.pid}`;
  const link = `/dev/disk/by-uuid/${uuid}`;
  run("mkdir", "-p", "/dev/disk/by-uuid");
  run("ln", "-sf", device, link);
  onTestFinished(() => {
    const clean =
      'umount "$1" 2>/dev/null; losetup -d "$2"; chattr -i "$1" 2>/dev/null; rmdir "$1" 2>/dev/null; rm -f "$3"; true';
    run("sh", "-c", clean, "sh", mount, device, link);
  });
  const standIns = join(folder, "bin");
  mkdirSync(standIns);
  const systemctl = `#!/bin/sh\ncase $1 in start) mount ${device} ${mount} ;; stop) umount ${mount} ;; is-*) exit 1 ;; esac\n`;
  writeFileSync(join(standIns, "systemctl"), systemctl, { mode: 0o755 });
  writeFileSync(join(standIns, "udevadm"), "#!/bin/sh\n", { mode: 0o755 });
  const questions: Questions = {
    init: "systemd",
    mount,
    device,
    elsewhere: undefined,
    systemPaths: ["/etc/hostname"],
    diskPaths: [`${mount}/photos`, `${mount}/.pimesh/identity`],
    swapFile: `${mount}/swapfile`,
    units: ["the.mount"],
    stateFolder: join(folder, "state"),
    otherUnits: [],
    pageSize: 4096,
    canUnshare: true,
  };
  const sum = (): string => createHash("sha256").update(readFileSync(image)).digest("hex");
  return { device, uuid, mount, standIns, state: join(folder, "state"), questions, sum };
}

import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { asRoot, diskFolder, makePi, plug, pull } from "../../src/demo/pi.ts";
import { onPi } from "../support/on-pi.ts";
import { familyDisk, simulatedPi } from "../support/simulated-pi.ts";

// Bounds, not waits: the tools are shell scripts, and the machine may be busy
vi.setConfig({ testTimeout: 30_000 });

const disk = { ...familyDisk, files: { "btsync/photos/tátra 🏔.jpg": "a photo" } };

describe("a disk", () => {
  test("is seen but not mounted when it was only plugged in", async () => {
    const pi = await simulatedPi({ disks: [disk] });
    const { stdout } = await onPi(
      pi,
      'readlink -f "$root/dev/disk/by-label/btsync"; grep -c sda "$root/proc/mounts"',
    );
    expect(stdout).toBe(`${pi.root}/dev/sda1\n0\n`);
  });

  test("shows its files at the mount point while it is mounted, and nothing after", async () => {
    const pi = await simulatedPi({ disks: [disk], files: { "media/btsync": null } });
    await asRoot(pi, "mount", [`UUID=${disk.uuid}`, "/media/btsync"]);
    expect(await readFile(join(pi.root, "media/btsync/btsync/photos/tátra 🏔.jpg"), "utf8")).toBe("a photo");
    await asRoot(pi, "umount", ["/media/btsync"]);
    expect(await readdir(join(pi.root, "media/btsync"))).toEqual([]);
  });

  test("hides what lies under its mount point, and a bind mount of the parent shows it", async () => {
    const pi = await simulatedPi({ disks: [disk], hidden: { "stray.txt": "on the SD card" } });
    const { stdout } = await onPi(
      pi,
      `mount /dev/sda1 "$root/media/btsync"
       ls "$root/media/btsync"
       mkdir -p "$root/run/look"
       unshare -m sh -c 'mount --bind "$PIMESH_ROOT/media" "$PIMESH_ROOT/run/look"; ls "$PIMESH_ROOT/run/look/btsync"'
       ls -A "$root/run/look"
       umount "$root/media/btsync"
       ls "$root/media/btsync"`,
      { as: "root" },
    );
    expect(stdout).toBe("btsync\nlost+found\nstray.txt\nstray.txt\n");
  });

  test("that was moved aside through a bind mount is really gone from the covered directory", async () => {
    const pi = await simulatedPi({ disks: [disk], hidden: { "stray.txt": "on the SD card" } });
    const { stdout } = await onPi(
      pi,
      `mount /dev/sda1 "$root/media/btsync"; mkdir -p "$root/run/look"
       mount --bind "$root/media" "$root/run/look"
       mv "$root/run/look/btsync/stray.txt" "$root/var/"
       umount "$root/run/look"; umount "$root/media/btsync"
       ls "$root/media/btsync" "$root/var/stray.txt"`,
      { as: "root" },
    );
    expect(stdout).toBe(`${pi.root}/var/stray.txt\n\n${pi.root}/media/btsync:\n`);
  });

  test("pulled while mounted is gone at once: files, mount, links", async () => {
    const pi = await simulatedPi({ disks: [{ ...disk, mounted: { at: "/media/btsync" } }] });
    await pull(pi, "/dev/sda1");
    expect(await readdir(join(pi.root, "media/btsync"))).toEqual([]);
    expect(await readFile(join(pi.root, "proc/mounts"), "utf8")).not.toContain("sda1");
    expect(await readdir(join(pi.root, "dev/disk/by-uuid"))).not.toContain(disk.uuid);
    expect((await onPi(pi, "lsblk -n -l -o NAME")).stdout).not.toContain("sda");
  });

  test("keeps what was written to it over a pull and a plug", async () => {
    const pi = await simulatedPi({ disks: [{ ...disk, mounted: { at: "/media/btsync" } }] });
    await writeFile(join(pi.root, "media/btsync/new.txt"), "new");
    await pull(pi, "/dev/sda1");
    await plug(pi, "/dev/sda1");
    expect(await readFile(join(await diskFolder(pi, "/dev/sda1"), "new.txt"), "utf8")).toBe("new");
  });

  test("with blanks in its label is found by udev's encoded name", async () => {
    const pi = await simulatedPi({ disks: [{ ...disk, label: "bt sync/é" }] });
    expect(await readdir(join(pi.root, "dev/disk/by-label"))).toContain(String.raw`bt\x20sync\x2fé`);
  });

  test("that is write-protected is mounted read-only whatever was asked for", async () => {
    const pi = await simulatedPi({ disks: [{ ...disk, readOnly: true }] });
    const said = await onPi(
      pi,
      'mkdir "$root/media/x"; mount -o rw /dev/sda1 "$root/media/x"; tail -n 1 "$root/proc/mounts"',
      { as: "root" },
    );
    expect(said.stdout).toBe("/dev/sda1 /media/x ext4 ro,relatime 0 0\n");
    expect(said.stderr).toContain("WARNING: source write-protected, mounted read-only");
  });
});

describe("systems", () => {
  test.each([
    ["raspberry-pi-os", "pi", 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"'],
    ["raspberry-pi-os-bookworm", "pi", 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"'],
    ["osmc", "osmc", 'PRETTY_NAME="Open Source Media Center"'],
    ["libreelec", "root", 'PRETTY_NAME="LibreELEC (official): 12.2.1"'],
  ] as const)("%s logs in as %s and says who it is", async (system, user, line) => {
    const pi = await simulatedPi({ system });
    const { stdout } = await onPi(pi, 'id -un; grep PRETTY "$root/etc/os-release"');
    expect(stdout).toBe(`${user}\n${line}\n`);
  });

  test("a command that the system lacks is really not found", async () => {
    const pi = await simulatedPi({ system: "libreelec", absent: ["python3"] });
    const { stdout } = await onPi(
      pi,
      "command -v findmnt python3 timeout || echo none; command -v awk >/dev/null && echo awk",
    );
    expect(stdout).toBe("none\nawk\n");
  });

  test("the model ends in a NUL byte and no newline, as in a device tree", async () => {
    const pi = await simulatedPi({ model: "Raspberry Pi Zero 2 W Rev 1.0" });
    expect(await readFile(join(pi.root, "proc/device-tree/model"), "latin1")).toBe(
      "Raspberry Pi Zero 2 W Rev 1.0\0",
    );
  });
});

test("a folder with blanks and quotes in its path can be a Pi's root", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pimesh it\'s a "Pi" '));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const pi = await makePi(folder, { name: "mom", disks: [{ ...disk, mounted: { at: "/media/btsync" } }] });
  const { stdout } = await onPi(
    pi,
    'mountpoint "$root/media/btsync"; df -kP "$root/media/btsync" | tail -n 1 | cut -d " " -f 1,6',
  );
  expect(stdout).toBe(`${pi.root}/media/btsync is a mountpoint\n/dev/sda1 /media/btsync\n`);
});

test("the login script runs a command of a real SSH server on the Pi", async () => {
  const pi = await simulatedPi();
  const { stdout } = await onPi(
    pi,
    `SSH_ORIGINAL_COMMAND='id -un; pwd; echo "$PIMESH_ROOT"' "$root/.sim/login"`,
  );
  expect(stdout).toBe(`pi\n${pi.home}\n${pi.root}\n`);
});

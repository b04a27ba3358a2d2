import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { PiOptions } from "../../src/demo/pi-options.ts";
import { plug, pull } from "../../src/demo/pi.ts";
import { onPi } from "../support/on-pi.ts";
import { piForAll } from "../support/pi-for-file.ts";
import { familyDisk, simulatedPi } from "../support/simulated-pi.ts";

// Bounds, not waits: the tools are shell scripts, and the machine may be busy
vi.setConfig({ testTimeout: 60_000 });

const device = `dev-disk-by\\x2duuid-${familyDisk.uuid.replaceAll("-", "\\x2d")}`;

/** The arrangement that was seen to work on booted machines, in small: a mount, a swap service, an engine with a guard. */
const arrangement: Partial<PiOptions> = {
  system: "raspberry-pi-os-bookworm",
  processes: [{ pid: 812, comm: "syncthing", rss: 81_200, unit: "engine.service" }],
  files: {
    "media/btsync": null,
    "etc/systemd/system/media-btsync.mount": `[Unit]
Requires=systemd-fsck@${device}.service
After=systemd-fsck@${device}.service

[Mount]
What=/dev/disk/by-uuid/${familyDisk.uuid}
Where=/media/btsync
Type=ext4
Options=noatime,nosuid,nodev,x-systemd.device-bound
LazyUnmount=yes

[Install]
WantedBy=multi-user.target
`,
    "etc/systemd/system/swap.service": `[Unit]
BindsTo=media-btsync.mount
After=media-btsync.mount

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/lib/pimesh/swap on
ExecStop=/usr/local/lib/pimesh/swap off
`,
    "usr/lib/systemd/system/engine.service":
      "[Unit]\nDescription=The engine\n\n[Service]\nExecStart=/usr/bin/syncthing\n",
    "etc/systemd/system/engine.service.d/10-disk.conf": `[Unit]
BindsTo=media-btsync.mount
After=media-btsync.mount
Wants=swap.service

[Service]
ExecStartPre=/usr/local/lib/pimesh/guard
`,
    "usr/local/lib/pimesh/swap": {
      mode: 0o755,
      content: `#!/bin/sh
file=$PIMESH_ROOT/media/btsync/swapfile
case $1 in
on) [ -e "$file" ] || { fallocate -l 8MiB "$file" && chmod 600 "$file" && mkswap "$file"; }; swapon -p 10 "$file" ;;
off) swapoff "$file" ;;
esac
`,
    },
    "usr/local/lib/pimesh/guard": {
      mode: 0o755,
      content:
        '#!/bin/sh\nmountpoint -q "$PIMESH_ROOT/media/btsync" && [ ! -e "$PIMESH_ROOT/media/btsync/wrong" ]\n',
    },
    "etc/udev/rules.d/992-disk.rules": `# leaves early, as a good rule does
ACTION=="remove", GOTO="disk_end"
SUBSYSTEM!="block", GOTO="disk_end"
ENV{ID_FS_UUID}=="${familyDisk.uuid}", ENV{UDISKS_IGNORE}="1", \\
  TAG+="systemd", ENV{SYSTEMD_WANTS}+="engine.service"
LABEL="disk_end"
`,
  },
};

const states = "systemctl is-active media-btsync.mount swap.service engine.service | paste -s -d ' ' -";

describe("a disk that is pulled and plugged", () => {
  const pi = piForAll({ ...arrangement, disks: [{ ...familyDisk, plugged: false }] });

  test("without the disk the mount's start fails as a dependency", async () => {
    expect(await onPi(pi(), "systemctl start media-btsync.mount", { as: "root" })).toMatchObject({
      code: 1,
      stderr: "A dependency job for media-btsync.mount failed. See 'journalctl -xe' for details.\n",
    });
  });

  test("starts what the rule wants, with what that needs, and all of it stops when the disk leaves", async () => {
    const look = async (): Promise<string> =>
      (await onPi(pi(), `${states}; grep -c swapfile "$root/proc/swaps"; ls "$root/proc" | grep -cx 812`))
        .stdout;
    expect(await look()).toBe("inactive inactive inactive\n0\n0\n");
    await plug(pi(), "/dev/sda1");
    expect(await look()).toBe("active active active\n1\n1\n");
    await pull(pi(), "/dev/sda1");
    expect(await look()).toBe("inactive inactive inactive\n0\n0\n");
    await plug(pi(), "/dev/sda1");
    expect(await look()).toBe("active active active\n1\n1\n");
  });

  test("a guard that refuses keeps the engine down and says so", async () => {
    const refused = await simulatedPi({ ...arrangement, disks: [{ ...familyDisk, files: { wrong: "" } }] });
    const said = await onPi(
      refused,
      `systemctl start engine; echo "$?"; systemctl show -p ActiveState,Result engine; systemctl reset-failed; ${states}`,
      { as: "root" },
    );
    expect(said.stdout).toBe("1\nActiveState=failed\nResult=exit-code\nactive active inactive\n");
    expect(said.stderr).toContain(
      "Job for engine.service failed because the control process exited with error code.",
    );
  });
});

describe("a disk that was there from the start", () => {
  const pi = piForAll({ ...arrangement, disks: [familyDisk] });

  test("stopping the mount stops what is bound to it first", async () => {
    const { stdout } = await onPi(
      pi(),
      `systemctl start engine.service; ${states}; systemctl stop media-btsync.mount; ${states}; ls -A "$root/media/btsync"`,
      { as: "root" },
    );
    expect(stdout).toBe("active active active\ninactive inactive inactive\n");
  });

  test("a plain umount stops what is bound to the mount, too", async () => {
    const { stdout } = await onPi(
      pi(),
      `systemctl start engine.service; ${states}; umount -l "$root/media/btsync"; systemctl is-active engine.service`,
      { as: "root" },
    );
    expect(stdout).toBe("active active active\ninactive\n");
  });

  test("the properties of the device are those that the rules leave", async () => {
    const { stdout } = await onPi(pi(), "udevadm info -q property -n /dev/sda1");
    expect(stdout.split("\n")).toEqual(
      expect.arrayContaining([
        "UDISKS_IGNORE=1",
        "SYSTEMD_WANTS=engine.service",
        "TAGS=:systemd:",
        "ID_FS_LABEL=btsync",
      ]),
    );
    expect((await onPi(pi(), "udevadm info -q property -n /dev/mmcblk0p2")).stdout).not.toContain(
      "UDISKS_IGNORE",
    );
  });
});

describe("unit files", () => {
  const pi = piForAll({ ...arrangement, disks: [{ ...familyDisk, plugged: false }] });

  test("enable makes a link, is-enabled sees it, disable takes it away", async () => {
    const unit = "media-btsync.mount";
    const said = await onPi(
      pi(),
      `systemctl is-enabled ${unit}; systemctl enable ${unit}; systemctl is-enabled ${unit}; systemctl disable ${unit}; systemctl is-enabled ${unit}`,
      { as: "root" },
    );
    expect(said.stdout).toBe("disabled\nenabled\ndisabled\n");
    expect(said.stderr).toContain(
      "Created symlink /etc/systemd/system/multi-user.target.wants/media-btsync.mount",
    );
  });

  test.each([
    ["systemctl is-enabled swap.service", 0, "static\n"],
    ["systemctl is-active nothing.service", 3, "inactive\n"],
    ["systemctl show -p LoadState --value nothing.service engine.service", 0, "not-found\n\nloaded\n"],
    [
      "systemctl show -p DropInPaths,FragmentPath engine",
      0,
      "DropInPaths=/etc/systemd/system/engine.service.d/10-disk.conf\nFragmentPath=/usr/lib/systemd/system/engine.service\n",
    ],
    ["systemctl show -p BindsTo -P BindsTo -- engine.service", 0, "media-btsync.mount\nmedia-btsync.mount\n"],
    [
      "systemctl cat engine | head -n 3",
      0,
      "# /usr/lib/systemd/system/engine.service\n[Unit]\nDescription=The engine\n",
    ],
    ["systemctl --version | head -n 1", 0, "systemd 252 (252.39-1~deb12u2)\n"],
    [
      "systemctl list-unit-files --no-legend 'swap*'",
      0,
      "swap.service static enabled\nswap.target static enabled\n",
    ],
  ])("%s", async (script, code, stdout) => {
    expect(await onPi(pi(), script)).toMatchObject({ code, stdout });
  });

  test("an unknown unit cannot be started", async () => {
    expect(await onPi(pi(), "systemctl start nothing", { as: "root" })).toMatchObject({
      code: 5,
      stderr: "Failed to start nothing.service: Unit nothing.service not found.\n",
    });
  });

  test("a masked unit cannot be started", async () => {
    const said = await onPi(
      pi(),
      "systemctl mask swap; systemctl mask fresh; systemctl start fresh; echo $?; systemctl unmask fresh",
      { as: "root" },
    );
    expect(said).toMatchObject({
      stdout: "1\n",
      stderr: "Failed to start fresh.service: Unit fresh.service is masked.\n",
    });
  });

  test("a changed file counts only after daemon-reload", async () => {
    const script = "systemctl show -p Description,NeedDaemonReload engine";
    expect((await onPi(pi(), script)).stdout).toBe("Description=The engine\nNeedDaemonReload=no\n");
    writeFileSync(
      join(pi().root, "etc/systemd/system/engine.service.d/20-name.conf"),
      "[Unit]\nDescription=\nDescription=Renamed\n",
    );
    expect((await onPi(pi(), script)).stdout).toBe("Description=The engine\nNeedDaemonReload=yes\n");
    const reloaded = await onPi(pi(), `systemctl daemon-reload; ${script}`, { as: "root" });
    expect(reloaded.stdout).toContain("Renamed\nNeedDaemonReload=no\n");
  });
});

describe("conditions and dependencies", () => {
  test("an unmet condition skips the unit without an error", async () => {
    const pi = await simulatedPi(
      withUnit("[Unit]\nConditionPathIsMountPoint=/media/btsync\n[Service]\nExecStart=/usr/bin/a\n"),
    );
    expect(await onPi(pi, "systemctl start a; echo $?; systemctl is-active a", { as: "root" })).toMatchObject(
      { stdout: "0\ninactive\n" },
    );
  });

  test("a program of the system is noted, not run", async () => {
    const pi = await simulatedPi(
      withUnit("[Service]\nType=oneshot\nExecStart=/usr/bin/touch /tmp/pimesh-must-not-be-there\n"),
    );
    await onPi(pi, "systemctl start a", { as: "root" });
    expect(existsSync("/tmp/pimesh-must-not-be-there")).toBe(false);
  });

  test("what is part of a unit stops with it", async () => {
    const pi = await simulatedPi(withUnit("[Unit]\nWants=b.service\n[Service]\nExecStart=/usr/bin/a\n"));
    const { stdout } = await onPi(
      pi,
      "systemctl start a; systemctl is-active a b; systemctl stop a; systemctl is-active a b",
      { as: "root" },
    );
    expect(stdout).toBe("active\nactive\ninactive\ninactive\n");
  });

  test("memory limits of drop-ins reach the control groups at the reload, and a re-exec charges PID 1's pages", async () => {
    const pi = await simulatedPi({
      disks: [],
      memoryController: true,
      files: {
        "etc/systemd/system/init.scope.d/50.conf": "[Scope]\nMemorySwapMax=0\n",
        "etc/systemd/system/system.slice.d/50.conf": "[Slice]\nMemorySwapMax=0\n",
      },
    });
    const { stdout } = await onPi(
      pi,
      `systemctl daemon-reload; cd "$root/sys/fs/cgroup"; cat init.scope/memory.swap.max system.slice/memory.swap.max user.slice/memory.swap.max
      head -n 1 init.scope/memory.stat; systemctl daemon-reexec; head -n 1 init.scope/memory.stat`,
      { as: "root" },
    );
    expect(stdout).toBe("0\n0\nmax\nanon 1314816\nanon 5178368\n");
  });
});

function withUnit(text: string): Partial<PiOptions> {
  return {
    disks: [],
    units: { "a.service": text, "b.service": "[Unit]\nPartOf=a.service\n[Service]\nExecStart=/usr/bin/b\n" },
  };
}

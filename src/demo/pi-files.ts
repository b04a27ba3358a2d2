import { join } from "node:path";
import { writeCard, type Write } from "./pi-disk.ts";
import type { PiOptions, ProcessOptions } from "./pi-options.ts";
import type { System } from "./systems.ts";

export interface Making {
  readonly options: PiOptions;
  readonly system: System;
  readonly user: string;
  readonly home: string;
  /** PATH of a command on the Pi. */
  readonly search: string;
}

/** The Pi's own files: /etc, /proc, /sys, /boot and what the stand-ins have to know. Uptime and load stand still. */
export function writeSystem(write: Write, making: Making): void {
  const { options, system } = making;
  writeSettings(write, making);
  writeEtc(write, making);
  writeProc(write, making);
  writeSys(write, options);
  writeBoot(write, system);
  if (options.init === "sysvinit") writeSysvinit(write);
  else writeSystemd(write, options.name);
  writeCard(write, {
    ...(options.card ?? { bytes: 31_373_893_632, used: 3_412_348_928 }),
    boot: system.boot,
  });
  for (const folder of [
    "run/udev",
    "media",
    "mnt",
    "tmp",
    "root",
    "var/lib",
    "var/log",
    "var/tmp",
    "srv",
    "usr/local/lib",
    "usr/local/bin",
    "usr/lib/udev/rules.d",
    "etc/udev/rules.d",
    "etc/sysctl.d",
    join(making.home, ".ssh"),
  ]) {
    write(folder, null);
  }
  // Merged /usr, as on every system since 2021
  for (const name of ["bin", "sbin", "lib"]) {
    write(join("usr", name), null);
    write(name, { link: `usr/${name}` });
  }
}

function writeSettings(write: Write, making: Making): void {
  const { options, system, user } = making;
  const sudo = options.sudo ?? system.sudo;
  const settings: Record<string, string | number> = {
    user,
    uid: user === "root" ? 0 : 1000,
    gid: user === "root" ? 0 : 1000,
    home: making.home,
    search: making.search,
    sudo: typeof sudo === "string" ? sudo : "password",
    "sudo-password": typeof sudo === "string" ? "" : sudo.password,
    systemd: system.systemd.version,
    "systemd-package": system.systemd.package,
    "util-linux": system.utilLinux,
    kernel: system.kernel,
    "kernel-build": system.kernelBuild,
    machine: options.machine ?? "aarch64",
    processors: options.processors ?? 4,
    "page-size": options.pageSize ?? 4096,
    throttled: options.throttled ?? "0x0",
    "clock-synchronised": options.clockSynchronised === false ? "no" : "yes",
    flags: options.immutableFlag === false ? "no" : "yes",
    // 6.1 lets go of a pulled disk's swap file, 6.12 answers EIO
    "swapoff-after-pull": kernelAtLeast(system.kernel, 6, 12) ? "fails" : "works",
  };
  for (const [key, value] of Object.entries(settings)) write(join(".sim/settings", key), `${value}\n`);
  for (const folder of ["covered", "inodes", "units", "running", "processes", "disks"])
    write(join(".sim", folder), null);
  write(".sim/mounts", "");
  write(
    ".sim/dmesg",
    `[    0.000000] Linux version ${system.kernel}\n[    2.812231] EXT4-fs (mmcblk0p2): mounted filesystem with ordered data mode.\n`,
  );
}

function writeEtc(write: Write, making: Making): void {
  const { options, system, user, home } = making;
  write("etc/os-release", system.osRelease);
  for (const [path, text] of Object.entries(system.marks)) write(path, text);
  write("etc/hostname", `${options.name}\n`);
  write("etc/hosts", `127.0.0.1\tlocalhost\n127.0.1.1\t${options.name}\n`);
  write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  const login = user === "root" ? "" : `${user}:x:1000:1000:,,,:${home}:/bin/bash\n`;
  const rootHome = user === "root" ? home : "/root";
  write(
    "etc/passwd",
    `root:x:0:0:root:${rootHome}:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n${login}`,
  );
  const groups = [
    "root:x:0:",
    `sudo:x:27:${user}`,
    `plugdev:x:46:${user}`,
    `video:x:44:${user}`,
    "nogroup:x:65534:",
  ];
  if (user !== "root") groups.push(`${user}:x:1000:`);
  write("etc/group", `${groups.join("\n")}\n`);
  const stock =
    system.fstab && system.boot === "/boot/firmware"
      ? [
          "proc            /proc           proc    defaults          0       0",
          "PARTUUID=8a676486-01  /boot/firmware  vfat    defaults          0       2",
          "PARTUUID=8a676486-02  /               ext4    defaults,noatime  0       1",
        ]
      : [];
  const lines = [...stock, ...(options.fstab ?? [])];
  write("etc/fstab", lines.length === 0 ? "" : `${lines.join("\n")}\n`);
}

function writeProc(write: Write, making: Making): void {
  const { options, system } = making;
  const model = options.model ?? "Raspberry Pi 4 Model B Rev 1.4";
  const memory = options.memory ?? { total: 931_000, available: 612_408 };
  const zramKib = system.zram ? Math.floor(memory.total / 2) - (Math.floor(memory.total / 2) % 4) : 0;
  const uptime = options.uptimeSeconds ?? 1_483_923;
  const mounts = [
    "/dev/mmcblk0p2 / ext4 rw,noatime 0 0",
    "proc /proc proc rw,relatime 0 0",
    "sysfs /sys sysfs rw,nosuid,nodev,noexec,relatime 0 0",
    `tmpfs /run tmpfs rw,nosuid,nodev,size=${Math.floor(memory.total / 5)}k,mode=755 0 0`,
    `/dev/mmcblk0p1 ${system.boot} vfat ${system.boot === "/flash" ? "ro" : "rw"},relatime 0 0`,
  ];
  write("proc/self/mounts", `${mounts.join("\n")}\n`);
  write("proc/mounts", { link: "self/mounts" });
  write("proc/meminfo", meminfo(memory, zramKib));
  const zramLine = zramKib === 0 ? "" : `${"/dev/zram0".padEnd(40)}partition\t${zramKib}\t\t0\t\t100\n`;
  write("proc/swaps", `Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n${zramLine}`);
  write("proc/loadavg", `${options.load ?? "0.23 0.13 0.46 1/123 4567"}\n`);
  write("proc/uptime", `${uptime}.34 ${uptime * 3}.71\n`);
  write(
    "proc/version",
    `Linux version ${system.kernel} (serge@raspberrypi.com) (gcc 14.2.0) ${system.kernelBuild}\n`,
  );
  write("proc/device-tree/model", `${model}\0`);
  write(
    "proc/cpuinfo",
    `processor\t: 0\nBogoMIPS\t: 108.00\n\nHardware\t: BCM2835\nRevision\t: c03114\nSerial\t\t: 10000000a1b2c3d4\nModel\t\t: ${model}\n`,
  );
  write(
    "proc/stat",
    `cpu  1204821 8012 402113 58211047 91234 0 12033 0 0 0\nctxt 912034412\nbtime ${Math.floor(Date.now() / 1000) - uptime}\nprocesses 48213\nprocs_running 1\nprocs_blocked 0\n`,
  );
  write("proc/vmstat", "pgpgin 17157857\npgpgout 5509661\npswpin 0\npswpout 0\n");
  write(
    "proc/cmdline",
    `${options.memoryController === true ? "" : "cgroup_disable=memory "}console=tty1 root=PARTUUID=8a676486-02 rootfstype=ext4 fsck.repair=yes rootwait${options.memoryController === true ? " cgroup_enable=memory" : ""}\n`,
  );
  write(
    "proc/partitions",
    "major minor  #blocks  name\n\n 179        0   31166976 mmcblk0\n 179        1     524288 mmcblk0p1\n 179        2   30638568 mmcblk0p2\n",
  );
  const kernel: Record<string, string> = {
    panic: "0",
    sysrq: "438",
    osrelease: system.kernel,
    hostname: options.name,
    ostype: "Linux",
    "random/boot_id": "4b9d5c1e-7a1f-4f0e-9a52-0c6f3d1b2a77",
  };
  for (const [path, text] of Object.entries(kernel)) write(join("proc/sys/kernel", path), `${text}\n`);
  for (const [path, text] of Object.entries({
    swappiness: "60",
    dirty_expire_centisecs: "3000",
    min_free_kbytes: "16384",
  })) {
    write(join("proc/sys/vm", path), `${text}\n`);
  }
  writeProcess(write, "proc/1", {
    pid: 1,
    comm: options.init === "sysvinit" ? "init" : "systemd",
    cmdline: ["/sbin/init"],
    rss: 12_644,
    swap: 0,
  });
  for (const process of options.processes ?? []) {
    if (process.unit === undefined) {
      writeProcess(write, join("proc", String(process.pid)), process);
    } else {
      const folder = join(".sim/processes", String(process.pid));
      write(join(folder, "unit"), `${process.unit}\n`);
      writeProcess(write, join(folder, "proc"), process);
    }
  }
}

function writeProcess(write: Write, folder: string, process: ProcessOptions): void {
  const { pid, comm, rss, swap = 0, state = "S" } = process;
  const stateName: Record<string, string> = {
    S: "sleeping",
    R: "running",
    D: "disk sleep",
    Z: "zombie",
    T: "stopped",
  };
  const anonymous = Math.floor(rss * 0.4);
  const words = process.cmdline ?? [comm];
  write(join(folder, "comm"), `${comm}\n`);
  if (process.opens !== undefined) write(join(folder, "fd/7"), { link: process.opens });
  write(join(folder, "cmdline"), words.map((word) => `${word}\0`).join(""));
  write(
    join(folder, "status"),
    [
      `Name:\t${comm}`,
      "Umask:\t0022",
      `State:\t${state} (${stateName[state] ?? "sleeping"})`,
      `Tgid:\t${pid}`,
      `Pid:\t${pid}`,
      `PPid:\t${pid === 1 ? 0 : 1}`,
      `VmPeak:\t${kib(rss * 3)} kB`,
      `VmSize:\t${kib(rss * 3)} kB`,
      `VmHWM:\t${kib(rss)} kB`,
      `VmRSS:\t${kib(rss)} kB`,
      `RssAnon:\t${kib(anonymous)} kB`,
      `RssFile:\t${kib(rss - anonymous)} kB`,
      `RssShmem:\t${kib(0)} kB`,
      `VmSwap:\t${kib(swap)} kB`,
      "Threads:\t1",
      "",
    ].join("\n"),
  );
  write(
    join(folder, "stat"),
    `${pid} (${comm}) ${state} ${pid === 1 ? 0 : 1} ${pid} ${pid} 0 -1 4194560 9120 0 12 0 4120 1033 0 0 20 0 1 0 1890 ${rss * 3072} ${Math.floor(rss / 4)} 18446744073709551615\n`,
  );
  write(
    join(folder, "statm"),
    `${Math.floor((rss * 3) / 4)} ${Math.floor(rss / 4)} 2201 12 0 ${Math.floor(anonymous / 4)} 0\n`,
  );
  write(
    join(folder, "cgroup"),
    `0::${process.unit === undefined ? "/init.scope" : `/system.slice/${process.unit}`}\n`,
  );
}

function kib(value: number): string {
  return String(value).padStart(8);
}

function meminfo(memory: { total: number; available: number }, swap: number): string {
  const free = Math.floor(memory.available * 0.55);
  const lines: [string, number][] = [
    ["MemTotal", memory.total],
    ["MemFree", free],
    ["MemAvailable", memory.available],
    ["Buffers", 10_060],
    ["Cached", memory.available - free],
    ["SwapCached", 0],
    ["Active", 132_932],
    ["Inactive", 81_996],
    ["SwapTotal", swap],
    ["SwapFree", swap],
    ["Dirty", 0],
    ["Writeback", 0],
    ["AnonPages", 77_644],
    ["Mapped", 69_624],
    ["Shmem", 996],
    ["CmaTotal", 262_144],
    ["CmaFree", 82_800],
  ];
  return lines.map(([key, value]) => `${`${key}:`.padEnd(15)}${String(value).padStart(9)} kB\n`).join("");
}

function writeSys(write: Write, options: PiOptions): void {
  write("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n");
  write("sys/class/thermal/thermal_zone0/temp", `${options.temperature ?? 48_312}\n`);
  write("sys/class/hwmon/hwmon1/name", "rpi_volt\n");
  const underVoltage = (Number(options.throttled ?? "0x0") & 1) === 1;
  write("sys/class/hwmon/hwmon1/in0_lcrit_alarm", underVoltage ? "1\n" : "0\n");
  const memory = options.memoryController === true;
  write("sys/fs/cgroup/cgroup.controllers", `cpuset cpu io${memory ? " memory" : ""} pids\n`);
  for (const group of ["init.scope", "system.slice", "user.slice"]) {
    write(join("sys/fs/cgroup", group), null);
    if (!memory) continue;
    write(join("sys/fs/cgroup", group, "memory.swap.max"), "max\n");
    write(join("sys/fs/cgroup", group, "memory.swap.current"), "0\n");
    // PID 1's early pages belong to the root group until it is executed again
    write(
      join("sys/fs/cgroup", group, "memory.stat"),
      `anon ${group === "init.scope" ? 1_314_816 : 41_943_040}\nfile 8388608\n`,
    );
  }
}

function writeBoot(write: Write, system: System): void {
  write(
    join(system.boot, "cmdline.txt"),
    "console=serial0,115200 console=tty1 root=PARTUUID=8a676486-02 rootfstype=ext4 fsck.repair=yes rootwait\n",
  );
  write(
    join(system.boot, "config.txt"),
    "dtparam=audio=on\ncamera_auto_detect=1\ndisplay_auto_detect=1\narm_64bit=1\n\n[all]\n",
  );
}

function writeSystemd(write: Write, name: string): void {
  write("run/systemd/system", null);
  for (const target of ["basic", "local-fs", "multi-user", "network-online", "time-sync", "timers", "swap"]) {
    write(`usr/lib/systemd/system/${target}.target`, `[Unit]\nDescription=${name}: ${target}\n`);
  }
  write(
    "usr/lib/systemd/system/systemd-fsck@.service",
    "[Unit]\nDescription=File System Check on %i\nBindsTo=%i.device\nAfter=%i.device\n\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/lib/systemd/systemd-fsck %i\n",
  );
  write("usr/lib/systemd/systemd", "");
  write("usr/sbin/init", { link: "../lib/systemd/systemd" });
}

/** Runlevels with what Debian's initscripts have there, as far as anybody looks. */
function writeSysvinit(write: Write): void {
  for (const level of ["0", "1", "2", "3", "4", "5", "6", "S"]) write(`etc/rc${level}.d/README`, "");
  write("etc/rcS.d/S02udev", { link: "../init.d/udev" });
  write("etc/init.d/udev", { content: "#!/bin/sh\n", mode: 0o755 });
  for (const name of ["boot", "start", "stop"]) write(`etc/init.d/.depend.${name}`, "TARGETS = udev\n");
  write("usr/sbin/init", "");
}

function kernelAtLeast(kernel: string, major: number, minor: number): boolean {
  const [one = 0, two = 0] = kernel.split(/[.+-]/).map(Number);
  return one > major || (one === major && two >= minor);
}

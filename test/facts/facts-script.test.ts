import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Node } from "../../src/inventory/inventory.ts";
import { blockDevices } from "../../src/facts/block-devices.ts";
import { diskOf } from "../../src/facts/disk-of.ts";
import type { Fact } from "../../src/facts/fact.ts";
import type { Facts } from "../../src/facts/facts.ts";
import { factsScript } from "../../src/facts/facts-script.ts";
import { indexSummary } from "../../src/facts/index-summary.ts";
import { overlayRoot } from "../../src/facts/overlay-root.ts";
import { parseFacts, parseHealthFacts } from "../../src/facts/parse-facts.ts";
import { privilege } from "../../src/facts/privilege.ts";
import { provisioned } from "../../src/facts/provisioned.ts";
import { throttled } from "../../src/facts/throttled.ts";
import { units } from "../../src/facts/units.ts";
import { mom } from "./mom.ts";
import { requires } from "../support/requires.ts";

const nonce = "5c9ab6c2f0e14d7c";

// A whole run takes half a second on an idle machine
vi.setConfig({ testTimeout: 60_000 });

/** The script, with the nonce that its answer is told by. */
const asking = (node: Node): string => `n=${nonce}\nasked=all\n${factsScript(node).text}`;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "pimesh facts "));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const shells = [["sh"], ["dash"], ["bash", "--posix"], ["busybox", "sh"]].filter(
  ([program = ""]) => locate(program) !== "" && (program !== "sh" || locate("dash") === ""),
);

describe.each(shells)("%s", (...shell) => {
  test("reads everything that a Pi with Raspberry Pi OS says", () => {
    makePi();
    const { stdout, stderr } = start(shell, asking(mom), ordinaryPath());
    expect(stderr).toBe("");
    expect(stdout.length).toBeLessThan(12 * 1024);
    const facts = parseFacts(stdout, nonce, mom);
    expect(value(facts, "os").flavour).toBe("raspberry-pi-os");
    expect(value(facts, "model")).toBe("Raspberry Pi 5 Model B Rev 1.0");
    expect(value(facts, "pageSize")).toBe(16384);
    expect(value(facts, "identity")).toEqual({ uid: 1000, gid: 1000, user: "pi", groups: ["pi", "sudo"] });
    expect(value(facts, "privilege")).toBe("sudo");
    expect(value(facts, "memory").total).toBe(426068 * 1024);
    expect(value(facts, "swaps").map(({ path, gone }) => [path, gone])).toEqual([
      ["/var/swap", false],
      ["/media/my disk/swapfile", true],
    ]);
    expect(value(facts, "load")).toEqual([0.23, 0.13, 0.46]);
    expect(value(facts, "uptime")).toBe(1483923.34);
    expect(value(facts, "mounts").map(({ target, part }) => [target, part])).toEqual([
      ["/", undefined],
      ["/media/btsync", undefined],
      ["/srv/photos", "/btsync/photos"],
    ]);
    expect(value(facts, "systemd").version).toBe(257);
    expect(value(facts, "memoryController")).toBe(true);
    expect(value(facts, "overlayRoot")).toBe(false);
    expect(value(facts, "processes").map(({ comm, state, rss }) => [comm, state, rss])).toEqual([
      ["syncthing", "D", 104448 * 1024],
      ["btsync", "Z", 0],
      ["kodi.bin_v8", "S", 198112 * 1024],
    ]);
    expect(value(facts, "units").map(({ unit, activeState }) => [unit, activeState])).toEqual([
      ["syncthing@pi.service", "active"],
      ["mediacenter.service", "inactive"],
      ["kodi.service", "inactive"],
      ["xbmc.service", "inactive"],
    ]);
    expect(value(facts, "temperature")).toBe(48.312);
    expect(value(facts, "throttled").underVoltageSeen).toBe(true);
    expect(value(facts, "clock").synchronised).toBe("no");
    expect(value(facts, "automounters")).toEqual([{ name: "udisks2", state: "running" }]);
    expect(value(facts, "provisioned").uuid).toBe("2f6c1c8e-0000-4000-8000-000000000001");
    expect(value(facts, "index").files).toBe(297481);
    expect(value(facts, "diskSpace").map(({ target, inodes }) => [target, inodes])).toEqual([
      ["/", 1000],
      ["/media/btsync", undefined],
    ]);
    expect(diskOf(facts, mom)).toMatchObject({
      kind: "present",
      device: "/dev/sda1",
      mounted: { readOnly: false },
      elsewhere: [],
    });
  });

  test("the quick way says what the question proper says", () => {
    makePi();
    const { stdout } = start(shell, asking(mom).replaceAll(/^(ask \w+) \w+$/gm, "$1"), ordinaryPath());
    const { clock: _, ...proper } = parseFacts(stdout, nonce, mom);
    expect(ask(shell, mom)).toMatchObject(proper);
  });

  test("for status only what it is made from is asked", () => {
    makePi();
    tool("sudo", "echo asked >&2");
    const { stdout } = start(shell, asking(mom).replace("asked=all", "asked=health"), ordinaryPath());
    const facts = parseHealthFacts(stdout, nonce, mom);
    expect(facts).not.toHaveProperty("privilege");
    expect(stdout).not.toContain("privilege");
    const { clock: _, ...health } = facts;
    expect(ask(shell, mom)).toMatchObject(health);
  });

  test("tells what is not there from what cannot be read and from what says nothing", () => {
    writeFiles({ "etc/fstab": "", "proc/loadavg": "nonsense", "proc/cpuinfo": "processor : 0\n" });
    // A folder: it is there, and reading it fails, for root too
    mkdirSync(join(root, "proc/uptime"));
    tool("systemctl", "exit 1");
    const facts = ask(shell, mom);
    expect(facts.swaps).toEqual({ kind: "absent" });
    expect(facts.mounts).toEqual({ kind: "absent" });
    expect(facts.provisioned).toEqual({ kind: "absent" });
    expect(facts.index).toEqual({ kind: "absent" });
    expect(facts.systemd).toEqual({ kind: "absent" });
    expect(facts.fstab).toEqual({ kind: "value", value: "" });
    expect(facts.model).toEqual({ kind: "empty" });
    expect(facts.uptime).toMatchObject({ kind: "failed", reason: expect.stringContaining("s a directory") });
    expect(facts.load).toEqual({ kind: "failed", reason: 'not a load: "nonsense"' });
    expect(facts.processes).toEqual({ kind: "failed", reason: "other users' processes are hidden" });
  });

  test("does nothing when it arrives cut", () => {
    const text = asking(mom);
    for (const share of [0.2, 0.5, 0.9]) {
      const { stdout } = start(shell, text.slice(0, text.length * share), process.env["PATH"] ?? "");
      expect(stdout).toBe("");
    }
  });
});

test.runIf(requires("busybox"))("asks busybox alone where there is nothing else, as on LibreELEC", () => {
  writeFiles({
    ...pi,
    "etc/os-release": 'NAME="LibreELEC"\nID="libreelec"\nPRETTY_NAME="LibreELEC (official): 12.0.2"\n',
    "etc/pimesh/node.conf": undefined,
    "storage/.config/pimesh/node.conf": nodeConf,
    "proc/self/smaps": "00400000-00500000 r-xp\nKernelPageSize:        4 kB\nKernelPageSize:        4 kB\n",
    "sys/block/sda/ro": "0\n",
    "sys/block/sda/sda1/ro": "1\n",
    "run/udev/data/b8:1":
      "S:disk/by-label/x\nE:ID_FS_LABEL_ENC=btsync\nE:ID_FS_UUID=2f6c1c8e-0000-4000-8000-000000000001\nE:ID_FS_TYPE=ext4\n",
  });
  symlinkSync("../../mmcblk0p1", made("dev/disk/by-label/boot\\x20fs"));
  tool(
    "df",
    'case $1 in -iP) echo "df: invalid option -- i" >&2; exit 1 ;; esac; exec BUSYBOX df "$@"'.replace(
      "BUSYBOX",
      locate("busybox"),
    ),
  );
  tool("stat", 'echo "stat: unrecognized option: c" >&2; exit 1');
  const facts = ask(["busybox", "sh"], mom, busyboxPath());
  expect(value(facts, "os").flavour).toBe("libreelec");
  expect(value(facts, "find").flavour).toBe("busybox");
  expect(value(facts, "pageSize")).toBe(4096);
  expect(value(facts, "privilege")).toBe(process.getuid?.() === 0 ? "root" : "none");
  expect(value(facts, "provisioned").node).toBe("mom");
  expect(value(facts, "clock").synchronised).toBe("unknown");
  expect(value(facts, "tools")).not.toContain("stat-c");
  expect(value(facts, "tools")).not.toContain("findmnt");
  expect(facts.python).toEqual({ kind: "absent" });
  expect(facts.throttled).toEqual({ kind: "absent" });
  expect(value(facts, "diskSpace")[0]?.inodes).toBeUndefined();
  expect(value(facts, "blockDevices")).toMatchObject([
    { name: "mmcblk0", type: "disk" },
    { name: "mmcblk0p1", parent: "mmcblk0", label: "boot fs" },
    { name: "sda", readOnly: false },
    { name: "sda1", label: "btsync", fstype: "ext4", readOnly: true },
  ]);
});

describe("single questions", () => {
  test.each(shells.map(([name = "", ...rest]) => ({ name, shell: [name, ...rest] })))(
    "$name falls back when lsblk does not know one of the columns",
    ({ shell }) => {
      writeFiles({ ...pi, "run/udev/data/b8:1": "E:ID_FS_LABEL_ENC=btsync\nE:ID_FS_UUID=1-2\n" });
      tool("lsblk", 'echo "lsblk: unknown column: RO" >&2; exit 1');
      tool("blkid", "exit 2");
      const sda1 = askOne(blockDevices, shell).find(({ name }) => name === "sda1");
      expect(sda1).toMatchObject({ label: "btsync", uuid: "1-2" });
    },
  );

  test("block devices fall back when lsblk cannot see udev's database", () => {
    writeFiles(pi);
    tool("lsblk", `echo '{"blockdevices":[{"name":"sda1","uuid":null}]}'`);
    tool("blkid", `echo '/dev/sda1: LABEL="btsync" UUID="1-2" TYPE="ext4"'`);
    const sda1 = askOne(blockDevices).find(({ name }) => name === "sda1");
    expect(sda1).toMatchObject({ label: "btsync", uuid: "1-2" });
  });

  test("a firmware that refuses is asked first, then the kernel's sensor", () => {
    writeFiles({
      "sys/class/hwmon/hwmon0/name": "cpu_thermal\n",
      "sys/class/hwmon/hwmon1/name": "rpi_volt\n",
      "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "1\n",
    });
    tool("vcgencmd", 'echo "Can\'t open device file: /dev/vcio_gencmd" >&2; exit 255');
    expect(askOne(throttled).underVoltageNow).toBe(true);
    rmSync(join(root, "sys/class/hwmon/hwmon1"), { recursive: true });
    expect(() => askOne(throttled)).toThrow("1: Can't open device file: /dev/vcio_gencmd");
  });

  test("a sudo that asks is no root, a stub of sudo is no obstacle to root, and no sudo is no way", () => {
    tool("sudo", "exit 1");
    tool("id", "echo 1000");
    expect(askOne(privilege)).toBe("password");
    tool("id", "echo 0");
    expect(askOne(privilege)).toBe("root");
    rmSync(join(root, "tools/sudo"));
    tool("id", "echo 1000");
    expect(askOne(privilege, ["sh"], join(root, "tools"))).toBe("none");
  });

  test("a node.conf that may not be read is a failure, not absent", () => {
    mkdirSync(join(root, "etc/pimesh/node.conf"), { recursive: true });
    expect(() => askOne(provisioned)).toThrow("1: cat: ");
  });

  test("the overlay of raspi-config is seen in the kernel's command line and in the root's type", () => {
    writeFiles({
      "proc/cmdline": "overlayroot=tmpfs console=tty1\n",
      "proc/mounts": "/dev/root / ext4 ro 0 0\n",
    });
    expect(askOne(overlayRoot)).toBe(true);
    writeFiles({
      "proc/cmdline": "console=tty1\n",
      "proc/mounts": "/dev/root / ext4 ro 0 0\noverlay / overlay rw 0 0\n",
    });
    expect(askOne(overlayRoot)).toBe(true);
    writeFiles({
      "proc/cmdline": "console=tty1\n",
      "proc/mounts": "/dev/root / ext4 rw 0 0\noverlay /x overlay rw 0 0\n",
    });
    expect(askOne(overlayRoot)).toBe(false);
  });

  test("a bus that is not there is a failure of systemctl, not its absence", () => {
    writeFiles({ "proc/1/comm": "systemd\n" });
    tool("systemctl", 'echo "Failed to connect to bus: No such file or directory" >&2; exit 1');
    expect(ask(["sh"], mom).units).toEqual({
      kind: "failed",
      reason: "Failed to connect to bus: No such file or directory",
    });
  });

  test.each<[Node["engine"], string]>([
    ["syncthing", "syncthing@gran.service"],
    ["resilio", "resilio-sync.service"],
    ["btsync", "btsync.service"],
    [false, "mediacenter.service"],
  ])("with the engine %s the first unit asked for is %s", (engine, unit) => {
    writeFiles({ "proc/1/comm": "systemd\n" });
    tool("id", "echo gran");
    tool("systemctl", systemctl);
    const found = askOne(units({ ...mom, engine }));
    expect(found[0]?.unit).toBe(unit);
    expect(found.at(-1)?.unit).toBe("xbmc.service");
  });

  test("a mount point with any characters is one word", () => {
    const mount = `/media/it's $(touch ${join(root, "forged")}) "x" *`;
    writeFiles({ [`${mount}/.pimesh/index-summary.json`]: '{"schemaVersion":1,"at":1,"files":2,"bytes":3}' });
    expect(askOne(indexSummary({ ...mom, disk: { label: "btsync", mount } })).files).toBe(2);
    expect(existsSync(join(root, "forged"))).toBe(false);
  });
});

test("the script is under 13 KiB", () => {
  expect(factsScript(mom).text.length).toBeLessThan(13 * 1024);
});

test.runIf(requires("shellcheck"))("shellcheck finds nothing in the script", () => {
  const { status, stdout } = spawnSync(
    locate("shellcheck"),
    ["-s", "sh", "-e", "SC2154,SC2016,SC2015,SC2317,SC2046,SC2012,SC2185", "-"],
    {
      input: `root=\n${asking(mom)}\n`,
      encoding: "utf8",
    },
  );
  expect(stdout).toBe("");
  expect(status).toBe(0);
});

/** The root is that of a Pi with Raspberry Pi OS. */
function makePi(): void {
  writeFiles(pi);
  tool("systemctl", systemctl);
  tool("vcgencmd", "echo throttled=0x50000");
  tool(
    "id",
    'case $1 in -u) echo 1000 ;; -un) echo pi ;; *) echo "uid=1000(pi) gid=1000(pi) groups=1000(pi),27(sudo)" ;; esac',
  );
  tool("sudo", '[ "$*" = "-n true" ]');
  tool("getconf", "echo 16384");
  tool("timedatectl", "echo NTPSynchronized=no");
  tool("lsblk", `cat <<'end'\n${lsblk}\nend`);
  tool("df", df);
}

function ask(shell: readonly string[], node: Node, path = ordinaryPath()): Facts {
  const { stdout, stderr } = start(shell, asking(node), path);
  expect(stderr).toBe("");
  return parseFacts(stdout, nonce, node);
}

/** One question alone, as the script would put it; throws `CODE: stderr` when it fails. */
function askOne<T>(fact: Fact<T>, shell: readonly string[] = ["sh"], path = ordinaryPath()): T {
  const { stdout, stderr, status } = start(shell, `q() {\n${fact.command.text}\n}\nq`, path);
  if (status !== 0) throw new Error(`${status}: ${stderr}`);
  return fact.parse(stdout);
}

/** The lines in front are those of a connection's bootstrap. */
function start(
  shell: readonly string[],
  text: string,
  path: string,
): { stdout: string; stderr: string; status: number | null } {
  const input = `LC_ALL=C; export LC_ALL; PATH=$PATH:/usr/sbin:/sbin; export PATH; root=\${PIMESH_ROOT-}\n${text}\n`;
  const [program = "sh", ...words] = shell;
  const isBusybox = path.includes("busybox");
  return spawnSync(locate(program), words, {
    input: isBusybox ? input.replace(":/usr/sbin:/sbin", "") : input,
    encoding: "utf8",
    env: { PATH: path, PIMESH_ROOT: root },
  });
}

function locate(program: string): string {
  return spawnSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" }).stdout.trim();
}

function value<K extends keyof Facts>(facts: Facts, name: K): Extract<Facts[K], { kind: "value" }>["value"] {
  const answer: Facts[K] = facts[name];
  if (answer.kind !== "value") throw new Error(`${name} is ${JSON.stringify(answer)}`);
  return answer.value;
}

function made(path: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  return file;
}

function writeFiles(files: Readonly<Record<string, string | undefined>>): void {
  for (const [path, text] of Object.entries(files)) if (text !== undefined) writeFileSync(made(path), text);
}

function tool(name: string, text: string): void {
  writeFileSync(made(`tools/${name}`), `#!/bin/sh\n${text}\n`);
  chmodSync(join(root, "tools", name), 0o755);
}

function ordinaryPath(): string {
  return `${join(root, "tools")}:${process.env["PATH"] ?? "/usr/bin:/bin"}`;
}

/** The applets of busybox, without those that LibreELEC's was built without. */
function busyboxPath(): string {
  const folder = join(root, "busybox");
  mkdirSync(folder);
  const busybox = locate("busybox");
  const applets = spawnSync(busybox, ["--list"], { encoding: "utf8" }).stdout.split("\n");
  const missing = new Set(
    "timeout base64 expr cmp diff comm split stty shuf fallocate setsid patch nproc".split(" "),
  );
  for (const applet of applets) {
    if (applet !== "" && !missing.has(applet)) symlinkSync(busybox, join(folder, applet));
  }
  return `${join(root, "tools")}:${folder}`;
}

const nodeConf =
  "PIMESH_VERSION=1\nPIMESH_NODE=mom\nPIMESH_UUID=2f6c1c8e-0000-4000-8000-000000000001\nPIMESH_MOUNT=/media/btsync\n";

const pi: Readonly<Record<string, string>> = {
  "etc/os-release":
    'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nID=debian\nHOME_URL="https://www.debian.org/"\n',
  "etc/rpi-issue": "Raspberry Pi reference 2026-06-18\n",
  "etc/debian_version": "13.1\n",
  "etc/fstab": "PARTUUID=8a676486-02  /  ext4  defaults,noatime  0  1\n",
  "etc/pimesh/node.conf": nodeConf,
  "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
  "proc/meminfo":
    "MemTotal:         426068 kB\nMemFree:          135076 kB\nMemAvailable:     233696 kB\nBuffers:           10060 kB\nCached:           129476 kB\nSwapCached:          108 kB\nSwapTotal:       2097148 kB\nSwapFree:        2092540 kB\n",
  "proc/swaps":
    "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/var/swap                               file\t\t102396\t\t0\t\t-2\n/media/my\\040disk/swapfile               file\t\t102396\t\t0\t\t10\n",
  "var/swap": "",
  "proc/loadavg": "0.23 0.13 0.46 1/123 4567\n",
  "proc/uptime": "1483923.34 1203912.71\n",
  "proc/cmdline": "console=tty1 root=PARTUUID=8a676486-02 rootfstype=ext4 rootwait\n",
  "proc/mounts":
    "/dev/mmcblk0p2 / ext4 rw,noatime 0 0\nproc /proc proc rw 0 0\nsystemd-1 /proc/sys/fs/binfmt_misc autofs rw 0 0\ntmpfs /dev/shm tmpfs rw 0 0\n/dev/sda1 /media/btsync ext4 rw,noatime 0 0\n/dev/sda1 /srv/photos ext4 rw,noatime 0 0\n",
  "proc/self/mountinfo":
    "22 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw\n40 22 8:1 / /media/btsync rw shared:9 - ext4 /dev/sda1 rw\n41 22 8:1 /btsync/photos /srv/photos rw shared:9 - ext4 /dev/sda1 rw\n42 22 0:23 /x /y rw - tmpfs tmpfs rw\n",
  "proc/partitions":
    "major minor  #blocks  name\n\n   1        0       4096 ram0\n 179        0   31166976 mmcblk0\n 179        1     524288 mmcblk0p1\n   8        0  976762584 sda\n   8        1  976760832 sda1\n",
  "proc/1/comm": "systemd\n",
  "proc/412/comm": "syncthing\n",
  "proc/412/status": "Name:\tsyncthing\nState:\tD (disk sleep)\nVmHWM:\t  204448 kB\nVmRSS:\t  104448 kB\n",
  "proc/512/comm": "btsync\n",
  "proc/512/status": "Name:\tbtsync\nState:\tZ (zombie)\n",
  "proc/600/comm": "syncthing-gtk\n",
  "proc/600/status": "Name:\tsyncthing-gtk\nState:\tS (sleeping)\n",
  "proc/700/comm": "udisksd\n",
  "proc/812/comm": "kodi.bin_v8\n",
  "proc/812/status": "Name:\tkodi.bin_v8\nState:\tS (sleeping)\nVmRSS:\t  198112 kB\n",
  "run/systemd/system/.keep": "",
  "sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids\n",
  "sys/class/thermal/thermal_zone0/temp": "48312\n",
  "media/btsync/.pimesh/index-summary.json":
    '{"schemaVersion":1,"at":1795589931,"files":297481,"bytes":801238475632}\n',
};

const lsblk =
  '{"blockdevices": [{"name":"sda","kname":"sda","pkname":null,"type":"disk","size":1000204886016,"fstype":null,"label":null,"uuid":null,"ro":false,"children":[{"name":"sda1","kname":"sda1","pkname":"sda","type":"part","size":1000203091968,"fstype":"ext4","label":"btsync","uuid":"2f6c1c8e-0000-4000-8000-000000000001","ro":false}]}]}';

const systemctl = `case $1 in
--version) echo "systemd 257 (257.13-1~deb13u1)"; exit ;;
esac
[ "$1 $2 $3" = "show --no-pager -p" ] || exit 64
shift 4
for unit; do
  case $unit in syncthing@*) a=active s=running ;; *) a=inactive s=dead ;; esac
  printf 'Result=success\\nId=%s\\nLoadState=loaded\\nActiveState=%s\\nSubState=%s\\n\\n' "$unit" $a $s
done`;

const df = `echo "Filesystem 1024-blocks Used Available Capacity Mounted on"
what=$1
case $2 in --output*) exit 1 ;; esac
shift
code=0
for place; do
  case $what:$place in
  -iP:*/) echo "/dev/mmcblk0p2 1000 10 990 1% /" ;;
  -iP:*) code=1 ;;
  *btsync) echo "/dev/sda1 960380628 812345678 99178264 90% /media/btsync" ;;
  *) echo "/dev/mmcblk0p2 29486280 11052352 17161740 40% /" ;;
  esac
done
exit "$code"`;

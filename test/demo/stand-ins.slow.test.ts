import { spawnSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { onPi } from "../support/on-pi.ts";
import { piForAll } from "../support/pi-for-file.ts";
import { familyDisk } from "../support/simulated-pi.ts";
import { requires } from "../support/requires.ts";

// Bounds, not waits: the tools are shell scripts, and the machine may be busy
vi.setConfig({ testTimeout: 30_000 });

const folder = fileURLToPath(new URL("../../src/demo/stand-ins/", import.meta.url));
const names = [
  ...readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name),
  "packages/syncthing/usr/bin/syncthing",
];

describe("every stand-in", () => {
  test.each(names)("%s says in its first comment that it is a simulation", (name) => {
    expect(readFileSync(join(folder, name), "utf8")).toMatch(/^#!\/bin\/sh\n# SIMULATION of \w+/);
  });

  test.runIf(requires("shellcheck"))("passes shellcheck", { timeout: 120_000 }, () => {
    const top = mkdtempSync(join(tmpdir(), "pimesh-shellcheck-"));
    onTestFinished(() => rmSync(top, { recursive: true, force: true }));
    const libraries = readdirSync(join(folder, "lib"));
    // It reads what is sourced anew for every file: the names of the libraries are enough there
    for (const name of libraries.filter((each) => each.endsWith(".sh"))) {
      const path = join(top, "src/demo/stand-ins/lib", name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, namesIn(readFileSync(join(folder, "lib", name), "utf8")));
    }
    const files = [...names, ...libraries.map((name) => `lib/${name}`)];
    const checked = spawnSync("shellcheck", ["-x", ...files.map((name) => join(folder, name))], {
      cwd: top,
      encoding: "utf8",
    });
    expect(checked.stderr + checked.stdout).toBe("");
  });
});

/** A script that sets and reads the variables which this one sets or reads. */
function namesIn(script: string): string {
  const set = [...script.matchAll(/(?:^|[\s;(])([a-z]\w*)=/gm)].map((match) => `${match[1]}=\n`);
  const read = [...script.matchAll(/\$\{?([a-z]\w*)/g)].map((match) => `: "$${match[1]}"\n`);
  return `# shellcheck shell=sh\n${[...new Set([...set, ...read])].join("")}`;
}

describe("sudo with a password", () => {
  const pi = piForAll({ sudo: { password: "tücsök és bogár" } });
  const password = "tücsök és bogár\n";

  test.each([
    ["-n is refused", "sudo -n true", "", { code: 1, stdout: "", stderr: "sudo: a password is required\n" }],
    [
      "-S prompts on stderr with -p and leaves the rest of stdin to the command",
      "sudo -S -p NONCE sh -c 'id -u; cat'",
      `${password}payload\n`,
      { code: 0, stdout: "0\npayload\n", stderr: "NONCE" },
    ],
    [
      "-Sp in one word is the same",
      "sudo -Sp NONCE id -un",
      password,
      { code: 0, stdout: "root\n", stderr: "NONCE" },
    ],
    [
      "a wrong one is asked for again",
      "sudo -S -p NONCE id -u",
      `wrong\n${password}`,
      { code: 0, stdout: "0\n", stderr: "NONCESorry, try again.\nNONCE" },
    ],
    [
      "three wrong ones end it",
      "sudo -S -p N id -u",
      "a\nb\nc\nd\n",
      {
        code: 1,
        stdout: "",
        stderr: "NSorry, try again.\nNSorry, try again.\nNsudo: 3 incorrect password attempts\n",
      },
    ],
    [
      "nothing on stdin ends it",
      "sudo -S -p N id -u",
      "",
      { code: 1, stdout: "", stderr: "N\nsudo: no password was provided\n" },
    ],
    [
      "the exit status is the command's",
      "sudo -S -p '' sh -c 'exit 7'",
      password,
      { code: 7, stdout: "", stderr: "" },
    ],
    [
      "who is root already is not asked",
      "sudo -S -p '' sudo -n id -u",
      password,
      { code: 0, stdout: "0\n", stderr: "" },
    ],
  ])("%s", async (_title, script, stdin, said) => {
    expect(await onPi(pi(), script, { stdin })).toEqual(said);
  });

  test("without a terminal and without -S there is nowhere to ask", async () => {
    expect(await onPi(pi(), "sudo true")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("a terminal is required") as string,
    });
  });

  test("root gets an environment of its own, not the user's", async () => {
    const { stdout } = await onPi(
      pi(),
      "SECRET=x FOO=y; export SECRET FOO; sudo -S -p '' sh -c 'echo \"${SECRET-none} $USER $SUDO_USER\"'",
      { stdin: password },
    );
    expect(stdout).toBe("none root pi\n");
  });
});

describe("sudo that asks for nothing", () => {
  const pi = piForAll();

  test("leaves the whole stdin to the command, password or not", async () => {
    const said = await onPi(pi(), "sudo -S -p NONCE cat", { stdin: "secret\npayload\n" });
    expect(said).toEqual({ code: 0, stdout: "secret\npayload\n", stderr: "" });
  });
});

describe("a package", () => {
  const pi = piForAll({ packages: ["syncthing"] });
  const asRoot = (script: string) => onPi(pi(), script, { as: "root" });
  const isInstalled = "dpkg-query -W -f '${Status}' syncthing";
  const home = '"$root/tmp/syncthing"';
  const generate = `runuser -u pi -- env HOME=${home} "$root/usr/bin/syncthing" generate --home=${home} --gui-password=- --no-default-folder`;

  test("is installed by root alone, and taken away again", async () => {
    expect(await onPi(pi(), "apt-get install -y -q syncthing")).toMatchObject({ code: 100 });
    expect(await asRoot(isInstalled)).toMatchObject({ code: 1 });
    expect(await asRoot("apt-get install -y -q --no-install-recommends syncthing")).toMatchObject({
      code: 0,
    });
    expect(await asRoot(isInstalled)).toMatchObject({ code: 0, stdout: "install ok installed" });
    expect(await asRoot("systemctl cat syncthing@pi.service")).toMatchObject({
      stdout: expect.stringContaining("ExecStart=/usr/bin/syncthing serve") as string,
    });
    await asRoot("apt-get remove -y -q syncthing");
    expect(await asRoot(`[ -e "$root/usr/bin/syncthing" ] || ${isInstalled}`)).toMatchObject({ code: 1 });
  });

  test("that nobody has is told as apt-get tells it", async () => {
    expect(await asRoot("apt-get install -y btsync")).toMatchObject({
      code: 100,
      stderr: "E: Unable to locate package btsync\n",
    });
  });

  test("of Syncthing makes keys and a configuration that only its user may read", async () => {
    await asRoot("apt-get install -y -q syncthing");
    expect(await onPi(pi(), generate)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/non-root/) as string,
    });
    expect(await asRoot(`echo secret | ${generate}`)).toMatchObject({ code: 0 });
    const { stdout } = await asRoot(`cd ${home} && stat -c '%a %n' * && grep -c secret * || cat config.xml`);
    expect(stdout).toMatch(/^600 cert.pem\n600 config.xml\n600 key.pem\n/);
    expect(stdout).toMatch(/<address>127.0.0.1:8384<\/address>[^]*<apikey>[0-9a-f]{32}<\/apikey>/);
  });
});

describe("LibreELEC's sudo", () => {
  const pi = piForAll({ system: "libreelec" });

  test("is a stub that says so and fails", async () => {
    expect(await onPi(pi(), "sudo -n true")).toEqual({
      code: 1,
      stdout: "\n You are 'root' so 'sudo' is not required or supported\n\n",
      stderr: "",
    });
  });
});

describe("what only root may", () => {
  const pi = piForAll();

  test.each([
    ['mount /dev/sda1 "$root/mnt"', 32, "must be superuser"],
    ["swapon /swap", 255, "Operation not permitted"],
    ['chown root "$root/etc/hostname"', 1, "Operation not permitted"],
    ['chattr +i "$root/etc/hostname"', 1, "Operation not permitted"],
    ["unshare -m true", 1, "Operation not permitted"],
    ["systemctl daemon-reload", 1, "Interactive authentication required"],
    ["sysctl -w kernel.panic=10", 255, "permission denied"],
    ["dmesg", 1, "Operation not permitted"],
  ])("%s is refused to a user", async (script, code, words) => {
    expect(await onPi(pi(), script)).toMatchObject({
      code,
      stderr: expect.stringContaining(words) as string,
    });
  });
});

describe("mount and its kin", () => {
  const pi = piForAll({
    disks: [
      familyDisk,
      { ...familyDisk, device: "/dev/sdb1", label: "fat", uuid: "AAAA-0001", fstype: "vfat" },
    ],
  });

  test.each([
    [
      "a device that is not there",
      'mount /dev/sdz1 "$root/mnt"',
      32,
      "special device /dev/sdz1 does not exist",
    ],
    ["a UUID that is not there", 'mount UUID=no "$root/mnt"', 1, "can't find UUID=no"],
    ["a mount point that is not there", 'mount /dev/sda1 "$root/nowhere"', 32, "mount point does not exist"],
    ["noload where there is no journal", 'mount -o ro,noload /dev/sdb1 "$root/mnt"', 32, "wrong fs type"],
    ["the wrong type", 'mount -t ext4 /dev/sdb1 "$root/mnt"', 32, "wrong fs type"],
    ["what is not mounted", 'umount "$root/mnt"', 32, "not mounted"],
    ["the root file system", 'umount "$root/"', 32, "target is busy"],
  ])("%s is refused", async (_title, script, code, words) => {
    expect(await onPi(pi(), script, { as: "root" })).toMatchObject({
      code,
      stderr: expect.stringContaining(words) as string,
    });
  });

  test("options are shown as the kernel shows them", async () => {
    const { stdout } = await onPi(
      pi(),
      `mount -o noatime,nofail,x-systemd.device-timeout=30,nodev,nosuid,errors=remount-ro LABEL=btsync "$root/mnt"
      tail -n 1 "$root/proc/self/mounts"; mount -o remount,ro "$root/mnt"; mount | tail -n 1; umount /dev/sda1`,
      { as: "root" },
    );
    expect(stdout).toBe(
      "/dev/sda1 /mnt ext4 rw,nosuid,nodev,noatime,errors=remount-ro 0 0\n/dev/sda1 on /mnt type ext4 (ro,nosuid,nodev,noatime,errors=remount-ro)\n",
    );
  });

  test("what unshare's command mounts is gone behind it, and its status comes back", async () => {
    const said = await onPi(
      pi(),
      `unshare -m sh -c 'mount -o ro,noload /dev/sda1 "$PIMESH_ROOT/mnt" && ls "$PIMESH_ROOT/mnt"; exit 9'; echo "status $?"; grep -c /mnt "$root/proc/mounts"`,
      { as: "root" },
    );
    expect(said.stdout).toBe("lost+found\nstatus 9\n0\n");
  });

  test("df knows the disk's size, its reserve and the SD card's", async () => {
    const { stdout } = await onPi(
      pi(),
      `mount /dev/sda1 "$root/mnt"; df -kP "$root/mnt/lost+found" "$root/etc"; umount "$root/mnt"`,
      { as: "root" },
    );
    expect(stdout.split("\n").map((line) => line.replaceAll(/ +/g, " "))).toEqual([
      "Filesystem 1024-blocks Used Available Capacity Mounted on",
      expect.stringMatching(/^\/dev\/sda1 976760832 \d{1,2} 9279227\d\d 1% \/mnt$/),
      "/dev/mmcblk0p2 30638568 3332372 25774267 12% /",
      "",
    ]);
  });

  test("device numbers differ between the disk and the card", async () => {
    const { stdout } = await onPi(
      pi(),
      `mount /dev/sda1 "$root/mnt"; stat -c %d "$root/mnt" "$root/mnt/lost+found" "$root/etc"; umount "$root/mnt"`,
      { as: "root" },
    );
    const [disk, below, card] = stdout.split("\n");
    expect(below).toBe(disk);
    expect(card).not.toBe(disk);
  });
});

describe("swap", () => {
  const pi = piForAll({
    system: "raspberry-pi-os-bookworm",
    disks: [{ ...familyDisk, mounted: { at: "/media/btsync" } }],
  });
  const make =
    'cd "$root/media/btsync"; rm -f swap; (umask 077; fallocate -l 4GiB swap); mkswap swap >/dev/null; chown 0:0 swap;';

  test("a file of 4 GiB is on without taking 4 GiB, and off again", async () => {
    const { stdout } = await onPi(
      pi(),
      `${make} swapon -p 10 "$root/media/btsync/swap"; tail -n 1 "$root/proc/swaps"; grep SwapTotal "$root/proc/meminfo"; du -k swap; swapoff swap; grep -c swap "$root/proc/swaps"`,
      { as: "root" },
    );
    expect(stdout).toBe(
      "/media/btsync/swap                      file\t\t4194300\t\t0\t\t10\nSwapTotal:       4194300 kB\n4194304\tswap\n0\n",
    );
  });

  test("the header is the one of mm/swapfile.c", async () => {
    await onPi(pi(), make, { as: "root" });
    const header = Buffer.alloc(4096);
    const file = openSync(join(pi().root, "media/btsync/swap"), "r");
    readSync(file, header);
    closeSync(file);
    expect(header.toString("latin1", 4086)).toBe("SWAPSPACE2");
    expect([header.readUInt32LE(1024), header.readUInt32LE(1028), header.readUInt32LE(1032)]).toEqual([
      1, 1_048_575, 0,
    ]);
  });

  test.skipIf(blkid("-V").status === 127)(
    "the real blkid takes the file for swap and reads label and UUID",
    async () => {
      const uuid = "0e9d4f61-72b8-4b56-8a75-c2a4b0de81f3";
      await onPi(pi(), `${make} mkswap -L pimesh -U ${uuid} swap`, { as: "root" });
      const read = blkid("-p", "-o", "export", join(pi().root, "media/btsync/swap"));
      expect(read.stdout.toString().split("\n")).toEqual(
        expect.arrayContaining(["TYPE=swap", "LABEL=pimesh", `UUID=${uuid}`]),
      );
    },
  );

  test.each([
    [
      "without a header",
      ":> swap; chmod 600 swap; chown 0:0 swap; dd if=/dev/zero of=swap bs=65536 count=2 2>/dev/null",
      "read swap header failed",
    ],
    [
      "with another page size",
      `${make} mkswap -p 16384 swap; dd if=/dev/zero of=swap bs=1 seek=4086 count=10 conv=notrunc 2>/dev/null`,
      "swap format pagesize does not match",
    ],
    [
      "with holes",
      "rm -f swap; truncate -s 1M swap; chmod 600 swap; mkswap swap >/dev/null",
      "it appears to have holes",
    ],
    ["that is on already", `${make} swapon swap`, "Device or resource busy"],
    ["that is not there", "rm -f swap", "No such file or directory"],
  ])("a file %s is refused with 255", async (_title, before, words) => {
    const said = await onPi(pi(), `cd "$root/media/btsync"; ${before}; swapon swap`, { as: "root" });
    expect(said).toMatchObject({ code: 255, stderr: expect.stringContaining(words) as string });
    await onPi(pi(), 'swapoff "$root/media/btsync/swap"', { as: "root" });
  });

  test("more than there is room for is not allocated", async () => {
    const said = await onPi(pi(), 'fallocate -l 2TiB "$root/media/btsync/big"', { as: "root" });
    rmSync(join(pi().root, "media/btsync/big"));
    expect(said).toMatchObject({ code: 1, stderr: "fallocate: fallocate failed: No space left on device\n" });
  });

  test("a disk with an active swap file cannot be unmounted", async () => {
    const said = await onPi(
      pi(),
      `${make} swapon swap; umount "$root/media/btsync"; echo "$?"; swapoff swap`,
      { as: "root" },
    );
    expect(said.stdout).toBe("32\n");
  });
});

describe("owners and flags", () => {
  const pi = piForAll();

  test("what chown did is seen by stat and ls, also after a rename", async () => {
    const { stdout } = await onPi(
      pi(),
      `cd "$root/var"; echo x >a; stat -c '%U:%G %a' a; chown pi:video a; mv a b; stat -c '%u:%g %s' b; ls -ldn b | cut -d ' ' -f 3,4; rm b`,
      { as: "root" },
    );
    expect(stdout).toBe("root:root 644\n1000:44 2\n1000 44\n");
  });

  test("chattr +i is seen by lsattr until -i", async () => {
    const { stdout } = await onPi(
      pi(),
      'cd "$root/media" && mkdir bare; chattr +i bare; lsattr -d bare; chattr -i bare; lsattr -d bare',
      { as: "root" },
    );
    expect(stdout).toBe("----i---------e------- bare\n--------------e------- bare\n");
  });
});

describe("questions", () => {
  const pi = piForAll({
    temperature: 39_200,
    throttled: "0x50005",
    clockSynchronised: false,
    pageSize: 16384,
  });

  test.each([
    ["id", "uid=1000(pi) gid=1000(pi) groups=1000(pi),27(sudo),46(plugdev),44(video)\n"],
    ["id -u root", "0\n"],
    ["whoami", "pi\n"],
    ["getent passwd 1000 | cut -d : -f 1", "pi\n"],
    ["uname -srm", "Linux 6.18.34+rpt-rpi-v8 aarch64\n"],
    ["hostname", "mom\n"],
    ["getconf PAGESIZE", "16384\n"],
    ["vcgencmd get_throttled; vcgencmd measure_temp", "throttled=0x50005\ntemp=39.2'C\n"],
    ["timedatectl show -p NTPSynchronized --value", "no\n"],
    ["pidof systemd; pgrep -x systemd", "1\n1\n"],
    ["findmnt -n -o SOURCE -T /boot/firmware/config.txt", "/dev/mmcblk0p1\n"],
    ["sysctl -n kernel.panic", "0\n"],
    ["lsblk -n -l -o NAME,LABEL /dev/sda1", "sda1 btsync\n"],
  ])("%s", async (script, stdout) => {
    expect(await onPi(pi(), script)).toMatchObject({ stdout });
  });

  test("lsblk -J is JSON with numbers and true and false", async () => {
    const { stdout } = await onPi(pi(), "lsblk -J -b -o NAME,PKNAME,SIZE,RM,LABEL,MOUNTPOINTS /dev/sda");
    expect(JSON.parse(stdout)).toEqual({
      blockdevices: [
        {
          name: "sda",
          pkname: null,
          size: familyDisk.bytes + 1_048_576,
          rm: false,
          label: null,
          mountpoints: [null],
          children: [
            {
              name: "sda1",
              pkname: "sda",
              size: familyDisk.bytes,
              rm: false,
              label: "btsync",
              mountpoints: [null],
            },
          ],
        },
      ],
    });
  });

  test("one column that lsblk does not know fails the whole call", async () => {
    expect(await onPi(pi(), "lsblk -J -o NAME,NONSENSE")).toEqual({
      code: 1,
      stdout: "",
      stderr: "lsblk: unknown column: NONSENSE\n",
    });
  });

  test("what is not simulated is refused aloud, never guessed", async () => {
    expect(await onPi(pi(), "mount --move /a /b")).toEqual({
      code: 64,
      stdout: "",
      stderr: "mount: the simulated Pi does not know: --move\n",
    });
  });
});

/** This machine's own blkid(8), which a user's PATH may not have. */
function blkid(...words: readonly string[]): ReturnType<typeof spawnSync> {
  return spawnSync("sh", ["-c", 'PATH=$PATH:/usr/sbin:/sbin; exec blkid "$@"', "sh", ...words], {
    encoding: "utf8",
  });
}

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { expect, test } from "vitest";
import { openLab } from "./support/lab.ts";
import { Laptop } from "./support/laptop.ts";
import { allIsUp, provisioned } from "./support/provisioned.ts";
import { rounds, tell } from "./support/rounds.ts";
import { makeDisk } from "./support/usb-disk.ts";

const lab = openLab();

const file = "/media/btsync/swapfile";
const mebi = 1024 ** 2;

test("the swap file comes to a disk with room alone, sound and below zram, and the swap of others leaves the disk", async () => {
  const machine = await lab.machine("bookworm");
  const laptop = await Laptop.of(
    `${machine.folder}/laptop`,
    { mom: machine },
    { defaults: { swap: { size: "768MiB", require: true } } },
  );

  const small = await makeDisk({ folder: lab.folder, bytes: 640 * mebi });
  await machine.plug(small);
  await machine.waitFor("the small disk is seen", `[ -e /dev/disk/by-uuid/${small.uuid} ]`);
  const bytes = await sumOf(small.file);
  const full = await laptop.pimesh("provision", "mom", "--yes");
  expect({ code: full.code, err: full.err }).toEqual({
    code: 5,
    err: expect.stringMatching(/the swap file takes 768 MiB and 512 MiB must stay.*E-DISK-FULL/),
  });
  expect(await machine.run(ofPimesh), "refused means that nothing is made").toBe("");
  expect(await sumOf(small.file), "not a byte of the disk was written").toBe(bytes);
  await machine.pull(small);

  // From here on the size is pimesh's to find
  await laptop.write({ defaults: { swap: { size: "auto" } } });
  const disk = await makeDisk({ folder: lab.folder });
  await machine.plug(disk);
  await machine.waitFor("the disk is seen", `[ -e /dev/disk/by-uuid/${disk.uuid} ]`);
  await laptop.pimesh("status", "mom");
  const none = await laptop.pimesh("provision", "mom", "--dry-run");
  expect(none.out + none.err).toMatch(/swap: auto: no swap file; none is needed: syncthing fits into memory/);
  await fill(`${laptop.folder}/tree`, 120_000);
  await laptop.pimesh("status", "mom");

  await machine.run(oldRecipe);
  await machine.run(rpiSwapImitation);
  await machine.run(zram);
  expect(await machine.run(areas)).toBe("/dev/zram0\n/media/btsync/rpi-swap\n/media/btsync/swap");

  const first = await laptop.does("provision", "mom", "--yes");
  expect(first.out + first.err).toMatch(
    /swap: auto: 512 MiB; syncthing may lack \d+ MiB \(120,000 files and \d+ MiB of memory\)/,
  );
  tell("provision over the old recipe", first.seconds);
  await machine.waitFor("all is up", allIsUp, 300);
  expect(await machine.run(areas)).toBe(`/dev/zram0\n${file}`);
  expect(await machine.run(shape)).toBe(`regular file 600 0:0 ${512 * mebi} no holes swap`);
  expect(await machine.run("ls -A /media/btsync | grep pimesh-new || true")).toBe("");
  const [zramPriority, own] = (await machine.run(priorities)).split("\n").map(Number);
  expect(zramPriority).toBe(100);
  expect(own).toBeGreaterThanOrEqual(0);
  expect(own).toBeLessThan(100);

  const second = await laptop.does("provision", "mom", "--dry-run");
  expect(second.out + second.err).toContain("nothing to do");

  tell("reboot", await machine.reboot());
  await machine.waitFor("all is up after the reboot", allIsUp, 300);
  expect(await machine.run(areas), "the imitation of rpi-swap keeps to the SD card").toBe(
    `${file}\n/var/swap`,
  );
  expect(await machine.run("systemctl is-enabled dphys-swapfile || true")).toBe("disabled");
  // Whoever switches it on again gets its usual file, on the SD card
  await machine.run("swapoff /var/swap; rm /var/swap; systemctl start dphys-swapfile");
  expect(await machine.run(areas)).toBe(`${file}\n/var/swap`);
  const codes = await laptop.problemsOf("mom");
  expect(codes).toContain("W-SWAP-ON-CARD");
  expect(codes).not.toContain("W-SWAP-OFF");
});

interface Damage {
  readonly what: string;
  readonly script: string;
  /** Why the swap's own script leaves it off. */
  readonly says: RegExp;
}

const damages: readonly Damage[] = [
  { what: "everybody may read it", script: `chmod 644 ${file}`, says: /mode .* -rw-r--r--/ },
  {
    what: "its header is gone",
    script: `dd if=/dev/zero of=${file} bs=64K count=1 conv=notrunc 2>/dev/null`,
    says: /no swap header/,
  },
  { what: "it has a hole", script: `fallocate -p -o 64M -l 1M ${file}`, says: /has holes/ },
  { what: "it was cut short", script: `truncate -s 100M ${file}`, says: /104857600 bytes, not 805306368/ },
];

test("a damaged swap file is never switched on: status says what it has, provision mends it; and it goes off only when memory can take it", async () => {
  const { machine, laptop } = await provisioned(lab, { image: "bookworm" });
  const damage = async (script: string): Promise<void> => {
    await machine.run(`systemctl stop pimesh-swap; ! grep -q '^${file} ' /proc/swaps`);
    await machine.run(script);
    await machine.ask("systemctl start syncthing@pi");
  };
  const isSound = async (what: string): Promise<void> => {
    await machine.waitFor(`all is up again (${what})`, allIsUp, 120);
    expect(await machine.run(shape), `${what}: mended`).toBe(
      `regular file 600 0:0 ${768 * mebi} no holes swap`,
    );
  };
  for (const { what, script, says } of damages.slice(0, rounds(2, damages.length))) {
    await damage(script);
    expect(await machine.run(areas), `${what}: it stays off`).toBe("");
    expect(await machine.run("pgrep -x syncthing || true"), `${what}: the swap is a gate`).toBe("");
    const { problems } = await laptop.statusOf("mom");
    const off = problems.find(({ code }) => code === "W-SWAP-OFF");
    expect(off?.message, `${what}: status says so`).toMatch(says);
    const mended = await laptop.does("provision", "mom", "--yes");
    tell(`provision mends it (${what})`, mended.seconds);
    await isSound(what);
  }
  // As a Pi 5 leaves it; the script mends that by itself
  await damage(`mkswap -p 16384 ${file} 2>/dev/null`);
  await isSound("a header for pages of 16 KiB");

  await machine.run("echo mib=600 >/etc/lab-engine; systemctl restart syncthing@pi");
  await machine.waitFor("the engine has 200 MiB in swap", swappedMuch, 400);
  const off = await machine.ask("/usr/local/lib/pimesh/swap off");
  expect({ code: off.code, stdout: off.stdout }).toEqual({
    code: 1,
    stdout: expect.stringMatching(
      /^swap stays on: \d+ KiB are in it and only \d+ KiB of memory are available/,
    ),
  });
  expect(await machine.run(areas)).toBe(file);
  expect(await machine.run("systemctl is-active syncthing@pi")).toBe("active");
});

test("a file of somebody's own in the place of the swap file is left alone", async () => {
  const { machine, laptop } = await provisioned(lab, { image: "bookworm" });
  await machine.run(`systemctl stop pimesh-swap; rm ${file}; echo grandmas letters >${file}`);
  const refused = await laptop.pimesh("provision", "mom", "--yes");
  expect({ code: refused.code, err: refused.err }).toEqual({
    code: 5,
    err: expect.stringContaining("E-NOT-OURS"),
  });
  expect(await machine.run(`cat ${file}`)).toBe("grandmas letters");
});

/** Everything that a provision could have left on the machine's own system. */
const ofPimesh =
  "ls -d /etc/pimesh /media/btsync /usr/local/lib/pimesh 2>/dev/null; mount | grep /media; true";

/** Paths of all active swap areas, in order of names. */
const areas = `awk 'NR > 1 { print $1 }' /proc/swaps | sort`;

const priorities = `awk '/^.dev.zram0/ { print $NF }' /proc/swaps; awk '/^.media.btsync.swapfile/ { print $NF }' /proc/swaps`;

const shape = `s=${file}
holes=$([ "$(($(stat -c %b $s) * 512))" -ge "$(stat -c %s $s)" ] && echo no holes || echo holes)
echo "$(stat -c '%F %a %u:%g %s' $s) $holes $(blkid -p -s TYPE -o value $s)"`;

const swappedMuch = `[ "$(cat /sys/fs/cgroup/pimesh.slice/memory.swap.current)" -gt ${200 * mebi} ]`;

/** What the recipe of old left: the disk mounted by hand, and Debian's own dphys-swapfile with its file on it. */
const oldRecipe = `mkdir -p /media/btsync
mount LABEL=btsync /media/btsync
printf 'CONF_SWAPSIZE=100\\nCONF_SWAPFILE=/media/btsync/swap\\n' >/etc/dphys-swapfile
export DEBIAN_FRONTEND=noninteractive
apt-get install -y --no-download -o Dpkg::Options::=--force-confold dphys-swapfile >/dev/null 2>&1
systemctl is-enabled dphys-swapfile
grep -q '^/media/btsync/swap ' /proc/swaps`;

/**
 * Not rpi-swap itself, which is no part of Debian: its place in the system, its configuration, and a unit that makes the swap
 * file where that says, early at boot.
 */
const rpiSwapImitation = `mkdir -p /etc/rpi/swap.conf.d
printf '#!/bin/sh\\nexit 0\\n' >/usr/lib/systemd/system-generators/rpi-swap-generator
printf '[Main]\\nMechanism=swapfile\\n' >/etc/rpi/swap.conf
printf '[File]\\nPath=/media/btsync/rpi-swap\\n' >/etc/rpi/swap.conf.d/20-own.conf
cat >/usr/local/sbin/rpi-swap-imitation <<'script'
#!/bin/sh
path=$(sed -n 's/^Path=//p' /etc/rpi/swap.conf.d/*.conf | tail -n 1)
[ -e "$path" ] || { fallocate -l 64M "$path" && chmod 600 "$path" && mkswap "$path"; } && swapon "$path"
script
cat >/etc/systemd/system/rpi-swap-imitation.service <<'unit'
[Unit]
Description=imitates rpi-swap
DefaultDependencies=no
After=systemd-remount-fs.service
Before=sysinit.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/rpi-swap-imitation
[Install]
WantedBy=sysinit.target
unit
chmod 755 /usr/lib/systemd/system-generators/rpi-swap-generator /usr/local/sbin/rpi-swap-imitation
systemctl daemon-reload
systemctl enable --now rpi-swap-imitation`;

const zram = `modprobe zram
echo 128M >/sys/block/zram0/disksize
mkswap /dev/zram0 >/dev/null
swapon -p 100 /dev/zram0`;

/** A tree of so many empty files, 1,000 in a folder. */
async function fill(tree: string, files: number): Promise<void> {
  for (let made = 0; made < files; made += 1000) {
    const folder = `${tree}/photos/${made}`;
    await mkdir(folder, { recursive: true });
    await Promise.all(Array.from({ length: 1000 }, (_, number) => writeFile(`${folder}/${number}`, "")));
  }
}

async function sumOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

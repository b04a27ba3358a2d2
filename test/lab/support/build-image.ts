import { spawn } from "node:child_process";
import { chmod, copyFile, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { password, type Recipe } from "./recipe.ts";

/** What QEMU boots from: a raw root file system, and the kernel beside it as a Pi's firmware has it. */
export interface Image {
  readonly root: string;
  readonly kernel: string;
  readonly initrd: string;
}

/** Of the kernel, as the image has it in the file that a Pi's firmware reads. */
export const commandLine = "console=ttyS0 root=/dev/vda rootfstype=ext4 rw net.ifnames=0 quiet";

export function imageIn(folder: string): Image {
  return { root: join(folder, "root.img"), kernel: join(folder, "kernel"), initrd: join(folder, "initrd") };
}

/**
 * Makes the image of a recipe in `folder`, from Debian's packages alone. Needs root, debootstrap and mkfs.ext4; takes
 * two to five minutes. `publicKey` may log in as pi, and as root: the lab's own door, beside what pimesh uses.
 */
export async function buildImage(recipe: Recipe, folder: string, publicKey: string): Promise<void> {
  const tree = join(folder, "tree");
  const log = join(folder, "build.log");
  await mkdir(folder, { recursive: true });
  const shell = (text: string): Promise<void> => logged("/bin/sh", ["-euc", text], log);
  await retried(async () => {
    await rm(tree, { recursive: true, force: true });
    // Recipes share what they download
    const cache = join(folder, "..", `packages-${recipe.suite}`);
    await mkdir(cache, { recursive: true });
    await logged(
      "debootstrap",
      ["--variant=minbase", `--cache-dir=${cache}`, "--include=ca-certificates", recipe.suite, tree],
      log,
    );
  });
  await layOut(recipe, tree, publicKey);
  const chroot = (text: string): Promise<void> =>
    logged("chroot", [tree, "/bin/sh", "-euc", `export DEBIAN_FRONTEND=noninteractive\n${text}`], log);
  await shell(`cp -L /etc/resolv.conf ${tree}/etc/resolv.conf; mount -t proc proc ${tree}/proc`);
  try {
    await retried(() =>
      chroot(`apt-get update -q
apt-get install -y -q --no-install-recommends ${recipe.packages.join(" ")}
apt-get install -y -q --no-install-recommends initramfs-tools
printf 'MODULES=list\\n' >/etc/initramfs-tools/conf.d/lab
printf 'virtio_pci\\nvirtio_blk\\next4\\n' >>/etc/initramfs-tools/modules
apt-get install -y -q --no-install-recommends linux-image-amd64
apt-get install -y -q --no-install-recommends --download-only ${recipe.kept.join(" ")}`),
    );
    await chroot(configure(recipe));
  } finally {
    await shell(`umount ${tree}/proc; rm -f ${tree}/etc/resolv.conf ${tree}/usr/sbin/policy-rc.d`);
  }
  const boot = await readdir(join(tree, "boot"));
  const image = imageIn(folder);
  await copyFile(join(tree, "boot", one(boot, "vmlinuz-")), image.kernel);
  await copyFile(join(tree, "boot", one(boot, "initrd.img-")), image.initrd);
  await shell(
    `truncate -s 3G ${image.root}.new; mkfs.ext4 -q -F -L root -E lazy_itable_init=1 -d ${tree} ${image.root}.new`,
  );
  await rename(`${image.root}.new`, image.root);
  await rm(tree, { recursive: true, force: true });
}

/** Files that have to be there before the packages are configured, and those that no package brings. */
async function layOut(recipe: Recipe, tree: string, publicKey: string): Promise<void> {
  const put = async (path: string, text: string, mode = 0o644): Promise<void> => {
    const target = join(tree, path);
    await mkdir(join(target, ".."), { recursive: true });
    await writeFile(target, text);
    await chmod(target, mode);
  };
  // No service starts in the chroot (invoke-rc.d(8))
  await put("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755);
  await put(
    "etc/dpkg/dpkg.cfg.d/lab",
    "force-unsafe-io\npath-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\n",
  );
  await put("etc/apt/apt.conf.d/lab", 'Acquire::Languages "none";\nAPT::Keep-Downloaded-Packages "true";\n');
  await put("etc/hostname", "lab\n");
  await put("etc/hosts", "127.0.0.1 localhost\n127.0.1.1 lab\n");
  await put("etc/fstab", "/dev/vda / ext4 defaults,noatime 0 1\n");
  // The firmware's line on a Pi; here the lab reads it when it powers a machine on
  await put("boot/firmware/cmdline.txt", `${commandLine}\n`);
  await put("root/.ssh/authorized_keys", publicKey, 0o600);
  await put(
    "etc/sudoers.d/pi",
    `pi ALL=(ALL) ${recipe.sudo === "passwordless" ? "NOPASSWD: " : ""}ALL\n`,
    0o440,
  );
  for (const name of ["engine", "player"] as const) {
    const text = fileURLToPath(new URL(`guest/${name}`, import.meta.url));
    // Not where Debian's Syncthing would be: pimesh would give this one a configuration
    const target = join(tree, name === "engine" ? "usr/local/bin/syncthing" : "usr/bin/kodi-standalone");
    await mkdir(join(target, ".."), { recursive: true });
    await copyFile(text, target);
    await chmod(target, 0o755);
  }
  if (recipe.init === "systemd") {
    await put(
      "etc/systemd/network/10-lab.network",
      "[Match]\nName=eth0\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n",
    );
    await put("lib/systemd/system/syncthing@.service", engineUnit);
    await put("lib/systemd/system/kodi.service", playerUnit);
  } else {
    await put("etc/init.d/syncthing", engineScript, 0o755);
    await put("etc/init.d/lab-network", networkScript, 0o755);
  }
}

/** In the names and with the options of Debian's own package, without its sandbox. */
const engineUnit = `[Unit]
Description=Syncthing (the lab's stand-in) for %I
After=network.target
StartLimitIntervalSec=60
StartLimitBurst=4
[Service]
User=%i
ExecStart=/usr/local/bin/syncthing
Restart=on-failure
RestartSec=1
SuccessExitStatus=3 4
RestartForceExitStatus=3 4
[Install]
WantedBy=multi-user.target
`;

const playerUnit = `[Unit]
Description=Kodi (the lab's stand-in)
[Service]
User=pi
ExecStart=/usr/bin/kodi-standalone
[Install]
WantedBy=multi-user.target
`;

const engineScript = `#!/bin/sh
### BEGIN INIT INFO
# Provides:          syncthing
# Required-Start:    $remote_fs $network
# Required-Stop:     $remote_fs $network
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: Syncthing (the lab's stand-in)
### END INIT INFO
pidfile=/run/syncthing.pid
case $1 in
start) start-stop-daemon --start --oknodo --background --make-pidfile --pidfile $pidfile --chuid pi --startas /usr/local/bin/syncthing ;;
stop) start-stop-daemon --stop --oknodo --retry TERM/5/KILL/5 --pidfile $pidfile && rm -f $pidfile ;;
restart | force-reload) $0 stop && $0 start ;;
status) start-stop-daemon --status --pidfile $pidfile ;;
*) echo "usage: $0 start|stop|restart|status" >&2; exit 2 ;;
esac
`;

const networkScript = `#!/bin/sh
### BEGIN INIT INFO
# Provides:          lab-network networking
# Required-Start:    mountkernfs $local_fs
# Required-Stop:
# Default-Start:     S
# Default-Stop:
# Short-Description: the lab's fixed address
### END INIT INFO
[ "$1" = start ] || exit 0
ip link set lo up
ip link set eth0 up
ip address add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2
`;

function configure(recipe: Recipe): string {
  const accounts = `useradd -m -s /bin/bash -G sudo pi
printf 'pi:${password}\\n' | chpasswd
mkdir -m 700 -p /home/pi/.ssh
cp /root/.ssh/authorized_keys /home/pi/.ssh/
chown -R pi:pi /home/pi/.ssh
chmod 700 /root/.ssh`;
  return recipe.init === "systemd"
    ? `${accounts}
systemctl enable systemd-networkd syncthing@pi kodi
systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer man-db.timer
systemctl set-default multi-user.target`
    : `${accounts}
update-rc.d lab-network defaults
update-rc.d syncthing defaults`;
}

function one(names: readonly string[], prefix: string): string {
  const [name] = names.filter((each) => each.startsWith(prefix)).toSorted();
  if (name === undefined) throw new Error(`the image has no ${prefix}`);
  return name;
}

/** Downloads fail now and then. */
async function retried(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

/** Runs a program with its output in a log file; the error shows the end of it. */
async function logged(program: string, args: readonly string[], log: string): Promise<void> {
  const { open, readFile } = await import("node:fs/promises");
  const file = await open(log, "a");
  try {
    const child = spawn(program, args, { stdio: ["ignore", file.fd, file.fd] });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (code === 0) return;
    const tail = (await readFile(log, "utf8")).trimEnd().split("\n").slice(-15).join("\n");
    throw new Error(`${program} ended with ${code}; the end of ${log}:\n${tail}`);
  } finally {
    await file.close();
  }
}

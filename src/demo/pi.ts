import { execFile } from "node:child_process";
import { constants, readFileSync, readdirSync } from "node:fs";
import { access, mkdir, readFile, readdir, realpath, symlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { quote } from "../core/shell.ts";
import { writeDisk, type Write } from "./pi-disk.ts";
import { writeSystem } from "./pi-files.ts";
import type { Files, PiOptions } from "./pi-options.ts";
import { systems } from "./systems.ts";
import { writeEntry } from "./write-files.ts";

/** A folder that plays a Raspberry Pi: its root, and the tools that act upon it. */
export interface Pi {
  readonly name: string;
  /** Absolute path without symlinks; what remote scripts find in PIMESH_ROOT. */
  readonly root: string;
  readonly user: string;
  /** Where a login starts, as a path of this machine. */
  readonly home: string;
  /** The whole environment of a command on the Pi, whoever starts it. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * A script for sshd's ForceCommand or an authorized_keys `command=`: runs $SSH_ORIGINAL_COMMAND on the Pi, so that a
   * real SSH server can stand before the same folder.
   */
  readonly loginScript: string;
}

const run = promisify(execFile);
const standIns = fileURLToPath(new URL("stand-ins/", import.meta.url));

/** Makes the Pi in a folder, which is created when needed and should be empty. Throws when a part of it cannot be made. */
export async function makePi(folder: string, options: PiOptions): Promise<Pi> {
  await mkdir(folder, { recursive: true });
  const root = await realpath(folder);
  const system = systems[options.system ?? "raspberry-pi-os"];
  const user = options.user ?? system.user;
  const home = options.user === undefined ? system.home : user === "root" ? "/root" : `/home/${user}`;
  const write: Write = (path, content) => writeEntry(join(root, path), content);

  // As after a login on Debian; the laptop's own PATH, with its version managers, only for what is nowhere else
  const login = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];
  const machinePath = [...new Set([...login, ...(process.env["PATH"] ?? "").split(":")])]
    .filter(Boolean)
    .join(":");
  const absent = new Set([
    ...system.absent,
    ...(options.init === "sysvinit" ? ["systemctl", "journalctl", "timedatectl"] : []),
    ...(options.absent ?? []),
  ]);
  copyStandIns(root, absent);
  for (const name of options.packages ?? []) copyPackage(root, name);
  const search = `${join(root, ".sim/bin")}:${absent.size === 0 ? machinePath : await toolsWithout(root, absent, machinePath)}`;
  // A shell reads a file that it sources at once, and one that it reads from by single bytes
  write(".sim/path", `PATH=${quote(machinePath)}\n`);

  writeSystem(write, { options, system, user, home, search });
  for (const disk of options.disks ?? []) writeDisk(write, disk);
  for (const [path, content] of Object.entries(options.hidden ?? {})) {
    write(join(options.mountPoint ?? "/media/btsync", path), content);
  }
  for (const [name, text] of Object.entries(options.units ?? {})) {
    write(join("usr/lib/systemd/system", name), text);
  }
  writeFiles(write, options.files ?? {});

  await recordOwned(root);

  const environment = {
    PIMESH_ROOT: root,
    HOME: join(root, home),
    USER: user,
    LOGNAME: user,
    SHELL: "/bin/sh",
    LANG: "C.UTF-8",
    PATH: search,
  };
  const loginScript = join(root, ".sim/login");
  write(".sim/login", { content: loginText(environment), mode: 0o755 });
  const pi: Pi = { name: options.name, root, user, home: environment.HOME, environment, loginScript };

  for (const disk of options.disks ?? []) {
    if (disk.plugged !== false) await plug(pi, disk.device);
    if (disk.mounted !== undefined) {
      await mkdir(join(root, disk.mounted.at), { recursive: true });
      await asRoot(pi, "mount", ["-o", disk.mounted.options ?? "rw", disk.device, disk.mounted.at]);
    }
  }
  for (const unit of options.enabled ?? []) await asRoot(pi, "systemctl", ["enable", unit]);
  for (const unit of options.started ?? []) await asRoot(pi, "systemctl", ["start", unit]);
  return pi;
}

/** Puts a USB disk in: the device appears, udev's rules are evaluated, what waits for it starts. Done when it returns. */
export async function plug(pi: Pi, device: string): Promise<void> {
  await run("/bin/sh", [join(pi.root, ".sim/lib/plug"), nameOf(device)], { env: { ...pi.environment } });
}

/** Pulls a USB disk out, mounted or not: its files and mounts are gone at once, bound units have stopped when it returns. */
export async function pull(pi: Pi, device: string): Promise<void> {
  await run("/bin/sh", [join(pi.root, ".sim/lib/pull"), nameOf(device)], { env: { ...pi.environment } });
}

/** Runs one tool on the Pi as its root; answers its stdout, throws when it fails. */
export async function asRoot(pi: Pi, tool: string, words: readonly string[]): Promise<string> {
  const { stdout } = await run("env", [tool, ...words], {
    env: { ...pi.environment, PIMESH_SIM_UID: "0" },
    cwd: pi.home,
  });
  return stdout;
}

/** Where the files of a disk are at this moment, mounted or not, plugged or not. */
export async function diskFolder(pi: Pi, device: string): Promise<string> {
  const stored = join(pi.root, ".sim/disks", nameOf(device), "files");
  if (await exists(stored)) return stored;
  const lines = (await readFile(join(pi.root, ".sim/mounts"), "utf8")).split("\n");
  const line = lines
    .map((each) => each.split("\t"))
    .find((each) => each[1] === "disk" && each[2] === nameOf(device));
  if (line?.[3] === undefined) throw new Error(`${pi.name} has no disk ${device}`);
  return join(pi.root, line[3]);
}

function nameOf(device: string): string {
  return device.replace(/^\/dev\//, "");
}

/** What lies on the disks from the start is the login user's: by inode and birth, as the stand-ins remember a file. */
async function recordOwned(root: string): Promise<void> {
  const { stdout } = await run(
    "/bin/sh",
    ["-c", "find .sim/disks/*/files -exec stat -c %i-%.9W {} + 2>/dev/null || :"],
    {
      cwd: root,
      maxBuffer: 1 << 28,
    },
  );
  await writeFile(join(root, ".sim/owned"), stdout);
}

function writeFiles(write: Write, files: Files): void {
  for (const [path, content] of Object.entries(files)) write(path, content);
}

function copyStandIns(root: string, absent: ReadonlySet<string>): void {
  for (const [from, to] of [
    [standIns, join(root, ".sim/bin")],
    [join(standIns, "lib"), join(root, ".sim/lib")],
  ] as const) {
    for (const entry of readdirSync(from, { withFileTypes: true })) {
      if (!entry.isFile() || absent.has(entry.name)) continue;
      // The mode is set here, since an archive of the package need not keep it
      writeEntry(join(to, entry.name), { content: readFileSync(join(from, entry.name)), mode: 0o755 });
    }
  }
}

/** What it puts into a bin folder can be run, whatever became of the modes. */
function copyPackage(root: string, name: string): void {
  const from = join(standIns, "packages", name);
  for (const entry of readdirSync(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const mode = entry.parentPath.endsWith("/bin") ? 0o755 : 0o644;
    writeEntry(join(root, ".sim/packages", name, relative(from, path)), {
      content: readFileSync(path),
      mode,
    });
  }
  // Where the distribution's lies; PATH has the stand-in itself before it
  writeEntry(join(root, "usr/bin/apt-get"), { content: "#!/bin/sh\n", mode: 0o755 });
}

/** A folder of links to every tool of this machine but those: the only way to make a command really absent. */
async function toolsWithout(root: string, absent: ReadonlySet<string>, path: string): Promise<string> {
  const tools = join(root, ".sim/tools");
  await mkdir(tools, { recursive: true });
  const seen = new Set(absent);
  for (const folder of path.split(":")) {
    for (const name of await readdir(folder).catch(() => [])) {
      if (seen.has(name)) continue;
      seen.add(name);
      const target = join(folder, name);
      await access(target, constants.X_OK).then(
        () => symlink(target, join(tools, name)),
        () => undefined,
      );
    }
  }
  return tools;
}

function loginText(environment: Readonly<Record<string, string>>): string {
  const exports = Object.entries(environment).map(
    ([key, value]) => `export ${key}='${value.replaceAll("'", String.raw`'\''`)}'`,
  );
  return `#!/bin/sh\n${exports.join("\n")}\ncd "$HOME" || exit\nexec /bin/sh \${SSH_ORIGINAL_COMMAND:+-c "$SSH_ORIGINAL_COMMAND"}\n`;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { requires, searchPath } from "../../support/requires.ts";
import { temporaryFolder } from "../../support/folder.ts";

export const libFolder = fileURLToPath(new URL("../../../provision/usr/local/lib/pimesh", import.meta.url));

/** The shells that a node's `sh` may be; busybox brings its own awk, sed, grep and the rest. */
export const shells = [
  { name: "dash", words: ["dash"], there: requires("dash"), applets: false },
  { name: "busybox ash", words: ["busybox", "ash"], there: requires("busybox"), applets: true },
] as const;

export type Shell = (typeof shells)[number];

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder that stands for `/` of a node, with the scripts of `provision/` where they belong. */
export interface NodeRoot {
  readonly path: string;
  write(path: string, text: string | Uint8Array, mode?: number): void;
  read(path: string): string;
  remove(path: string): void;
  link(path: string, target: string): void;
  /** A program that the scripts find before the real one. */
  standIn(name: string, body: string): void;
  run(shell: Shell, script: string, ...words: string[]): Ran;
}

export function nodeRoot(): NodeRoot {
  const path = temporaryFolder();
  const bin = join(path, "stand-ins");
  const at = (below: string): string => join(path, below);
  const root: NodeRoot = {
    path,
    write(file, text, mode = 0o644) {
      mkdirSync(dirname(at(file)), { recursive: true });
      writeFileSync(at(file), text);
      chmodSync(at(file), mode);
    },
    read: (file) => readFileSync(at(file), "utf8"),
    remove: (file) => rmSync(at(file), { recursive: true, force: true }),
    link(file, target) {
      mkdirSync(dirname(at(file)), { recursive: true });
      rmSync(at(file), { recursive: true, force: true });
      symlinkSync(target, at(file));
    },
    standIn: (name, body) => root.write(`stand-ins/${name}`, `#!/bin/sh\n${body}\n`, 0o755),
    run(shell, script, ...words) {
      const [program, ...before] = shell.words as readonly [string, ...string[]];
      const ran = spawnSync(program, [...before, at(script), ...words], {
        encoding: "utf8",
        env: { PIMESH_ROOT: path, PATH: `${bin}:${shell.applets ? `${applets()}:` : ""}${searchPath}` },
      });
      return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr };
    },
  };
  for (const name of ["disk-guard", "swap", "noswap", "pimesh-disk", "index"]) {
    root.write(`usr/local/lib/pimesh/${name}`, readFileSync(join(libFolder, name)), 0o755);
  }
  return root;
}

let appletFolder: string | undefined;

afterAll(() => {
  if (appletFolder !== undefined) rmSync(appletFolder, { recursive: true, force: true });
});

/** Every applet of busybox by its name, as on a system that has nothing else; one folder per test file. */
function applets(): string {
  if (appletFolder === undefined) {
    const folder = mkdtempSync(join(tmpdir(), "pimesh-applets-"));
    spawnSync("busybox", ["--install", "-s", folder], { env: { PATH: searchPath } });
    appletFolder = folder;
  }
  return appletFolder;
}

export const uuid = "2f6c1c8e-1111-4222-8333-944445555666";
export const rightMount = "/dev/sda1 /media/btsync ext4 rw,nosuid,nodev,noatime,errors=remount-ro 0 0";

/** Mom's node with her disk, mounted as it should be. */
export function momsNode(): NodeRoot {
  const root = nodeRoot();
  conf(root);
  root.write("dev/sda1", "");
  root.write("dev/sdb1", "");
  root.link(`dev/disk/by-uuid/${uuid}`, "../../sda1");
  mounts(root, rightMount);
  root.write("media/btsync/.pimesh/identity", `# written by pimesh\nuuid=${uuid}\nnode=mom\n`);
  return root;
}

export function conf(root: NodeRoot, changes: Readonly<Record<string, string>> = {}): void {
  const values = {
    VERSION: "1",
    NODE: "mom",
    LABEL: "btsync",
    UUID: uuid,
    MOUNT: "/media/btsync",
    TREE: "/media/btsync/btsync",
    SWAP_FILE: "/media/btsync/swapfile",
    SWAP_BYTES: "1048576",
    SWAP_POLICY: "isolated",
    ENGINE_UNIT: "syncthing@pi.service",
    INDEX_WAY: "python",
    INDEX_INTERVAL: "10800",
    INDEX_ID: "0123456789ab",
    ...changes,
  };
  const lines = Object.entries(values).map(([key, value]) => `PIMESH_${key}='${value}'`);
  root.write("etc/pimesh/node.conf", `${lines.join("\n")}\n`);
}

export function mounts(root: NodeRoot, ...lines: string[]): void {
  root.write("proc/self/mounts", ["/dev/mmcblk0p2 / ext4 rw,noatime 0 0", ...lines, ""].join("\n"));
}

import { readdir, readFile, readlink, realpath } from "node:fs/promises";
import { resolve } from "node:path";

/** Which file system a path lies on, in terms that outlive a reboot (device numbers do not). */
export interface FileSystem {
  /** Of the device, where /dev/disk/by-uuid knows it. */
  readonly uuid: string | undefined;
  readonly mountPoint: string;
  readonly type: string;
}

/** undefined where the system has no /proc/self/mountinfo to ask. */
export async function fileSystemOf(path: string): Promise<FileSystem | undefined> {
  let mountinfo: string;
  try {
    mountinfo = await readFile("/proc/self/mountinfo", "utf8");
  } catch {
    return undefined;
  }
  const mount = mountOf(await realpath(path), mountinfo);
  return mount && { uuid: await uuidOf(mount.source), mountPoint: mount.point, type: mount.type };
}

/** The same file system? The UUID decides where both have one, else where it is mounted and its type. */
export function isSameFileSystem(one: FileSystem, other: FileSystem): boolean {
  if (one.uuid !== undefined && other.uuid !== undefined) return one.uuid === other.uuid;
  return one.mountPoint === other.mountPoint && one.type === other.type;
}

/** `ext4 at /mnt/dat`. */
export function describeFileSystem(fileSystem: FileSystem): string {
  return `${fileSystem.type} at ${fileSystem.mountPoint}`;
}

/** The mount that a real path lies on: the deepest mount point above it, and of several there the latest (proc(5)). */
export function mountOf(
  path: string,
  mountinfo: string,
): { readonly point: string; readonly type: string; readonly source: string } | undefined {
  let best: { point: string; type: string; source: string } | undefined;
  for (const line of mountinfo.split("\n")) {
    const [before, after] = line.split(" - ");
    const point = before?.split(" ")[4];
    const [type, source] = after?.split(" ") ?? [];
    if (point === undefined || type === undefined || source === undefined) continue;
    const place = unescape(point);
    const isAbove = path === place || path.startsWith(place === "/" ? "/" : `${place}/`);
    if (isAbove && (best === undefined || place.length >= best.point.length)) {
      best = { point: place, type, source: unescape(source) };
    }
  }
  return best;
}

async function uuidOf(source: string): Promise<string | undefined> {
  if (!source.startsWith("/dev/")) return undefined;
  const folder = "/dev/disk/by-uuid";
  try {
    const device = await realpath(source);
    for (const uuid of await readdir(folder)) {
      if (resolve(folder, await readlink(`${folder}/${uuid}`)) === device) return uuid;
    }
  } catch {
    // No udev here, or the device node is not ours to see: the mount point has to do.
  }
  return undefined;
}

/** mountinfo writes blank, tab, newline and backslash in octal. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** Below which a disk may be mounted: nothing else on a Pi is ours to cover. */
const mountParents = ["/media", "/mnt", "/srv", "/var/media"];

/**
 * What is wrong with a mount point. Absolute, normalised, strictly below /media, /mnt, /srv or /var/media (LibreELEC's
 * own), and of characters that need no quoting in a unit, an fstab line, a udev rule or a shell, because all of them get
 * to hold it.
 */
export function mountProblem(mount: string): string | undefined {
  if (!mount.startsWith("/")) return "is not an absolute path";
  if (mount === "/") return "is the root of the Pi's own system, which cannot be the disk's mount point";
  if (mount.endsWith("/")) return "ends in /";
  const parts = mount.slice(1).split("/");
  return (
    segmentProblem(parts) ??
    (plainAscii.test(mount) ? undefined : "may hold only A-Z a-z 0-9 . _ + - and /") ??
    (mountParents.some((parent) => mount.startsWith(`${parent}/`))
      ? undefined
      : "is not below /media, /mnt, /srv or /var/media") ??
    // systemd allows a unit's name 255 bytes and writes some characters with four.
    (mount.length > 60 ? "is longer than 60 characters" : undefined)
  );
}

/** What is wrong with the tree's place below the mount point; it stands in unit texts like the mount point itself. */
export function treeProblem(tree: string): string | undefined {
  if (tree.startsWith("/")) return "is absolute; it is relative to disk.mount";
  if (tree.endsWith("/")) return "ends in /";
  const parts = tree.split("/");
  const problem = segmentProblem(parts);
  if (problem !== undefined) return problem;
  if (!plainLetters.test(tree)) return "may hold only letters, digits, . _ + - and /";
  if (Buffer.byteLength(tree) > 200) return "is longer than 200 bytes";
  const [first = ""] = parts;
  return reservedOnDisk.has(first) ? `is inside ${first}, which is not for files that are synced` : undefined;
}

/** What is wrong with a folder of the tree: `movies`, `photos/2024`, `TV series`. */
export function folderProblem(folder: string): string | undefined {
  if (folder.startsWith("/")) return "is absolute; it is relative to the tree";
  if (folder.endsWith("/")) return "ends in /";
  const parts = folder.split("/");
  const problem = segmentProblem(parts);
  if (problem !== undefined) return problem;
  if (parts.some((part) => part.trim() !== part)) return "starts or ends with a blank";
  if (folder.includes("\\")) return "holds a backslash";
  if (parts.some((part) => Buffer.byteLength(part) > 255)) return "is longer than 255 bytes";
  const [first = ""] = parts;
  return reservedInTree.has(first.toLowerCase()) ? `${first} belongs to pimesh or a sync engine` : undefined;
}

/** What is wrong with a file system label. It stands in udev rules, where blanks, quotes and * mean something. */
export function labelProblem(label: string): string | undefined {
  if (label === "") return "is empty";
  // EXT2_LABEL_LEN of ext4's superblock: volume_name is 16 bytes (Linux, Documentation/filesystems/ext4/super.rst).
  if (Buffer.byteLength(label) > 16) return "is longer than the 16 bytes that ext4 has for a label";
  return /^[A-Za-z0-9._+-]+$/.test(label)
    ? undefined
    : "may hold only A-Z a-z 0-9 . _ + -; `sudo e2label DEVICE LABEL` renames a disk";
}

const plainAscii = /^[A-Za-z0-9._+/-]*$/;
const plainLetters = /^[\p{L}\p{M}\p{N}._+/-]*$/u;

/** `.pimesh` holds identity and index, `swapfile` is the swap file. */
const reservedOnDisk = new Set([".pimesh", "swapfile", "lost+found"]);

const reservedInTree = new Set([
  ".pimesh",
  "config_raspi",
  ".sync",
  ".syncarchive",
  ".syncid",
  ".syncignore",
  ".synctrash",
  ".stfolder",
  ".stignore",
  ".stversions",
  "lost+found",
]);

function segmentProblem(parts: readonly string[]): string | undefined {
  if (parts.some((part) => /\p{Cc}/u.test(part))) return "holds a control character";
  if (parts.includes("..")) return "holds ..";
  if (parts.length === 1 && parts[0] === "") return "is empty";
  if (parts.some((part) => part === "" || part === ".")) return "is not normalised: it holds // or a lone .";
  return undefined;
}

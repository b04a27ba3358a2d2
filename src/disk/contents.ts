import type { Disk, Volume } from "./device-look.ts";

/** Something on a disk that would be lost, and what `--erase-data` has to name before it may be. */
export interface Content {
  readonly volume: Volume;
  /** `ext4 file system`, `swap`, `LVM member`, `empty partition table (gpt)` … */
  readonly what: string;
  readonly label: string | undefined;
  /** A UUID, or where there is none the partition's or the table's, or the sum of the first MiB: never a device name. */
  readonly key: string;
}

/** The name of the one partition that pimesh makes, and the label of its file system until it is complete (prepare-disk.sh). */
const partitionName = "pimesh";
const unfinishedLabel = "pimesh-new";

/**
 * Everything on the disk that counts as data: every signature that wipefs or blkid finds on the disk or a partition, a
 * partition table, and bytes that no tool knows. Empty: it was never formatted, or holds what a cut-off prepare has left.
 */
export function contentsOf(disk: Disk): readonly Content[] {
  if (isUnfinished(disk)) return [];
  const [whole, ...partitions] = disk.volumes;
  if (whole === undefined) return [];
  const inPartitions = partitions.flatMap((volume) => contentsOfVolume(volume));
  const onWhole = contentsOfVolume(whole);
  if (inPartitions.length > 0 || onWhole.length > 0 || !hasTable(whole)) return [...onWhole, ...inPartitions];
  const kind = whole.tags.get("PTTYPE") ?? whole.signatures[0]?.type ?? "unknown";
  const count = partitions.length === 0 ? "empty" : `${partitions.length} empty`;
  return [
    {
      volume: whole,
      what: partitions.length === 0 ? `${count} partition table (${kind})` : `${count} partitions (${kind})`,
      label: undefined,
      key: keyOf(whole, ""),
    },
  ];
}

/**
 * What an earlier prepare has left that was cut off: our partition alone, without a file system or with one that has not got
 * its real label yet and holds nobody's files.
 */
export function isUnfinished(disk: Disk): boolean {
  const [whole, partition, ...more] = disk.volumes;
  if (whole === undefined || partition === undefined || more.length > 0) return false;
  if (partition.tags.get("PART_ENTRY_NAME") !== partitionName) return false;
  if (contentsOfTable(whole).length > 0) return false;
  const [signature, ...others] = partition.signatures;
  if (signature === undefined) return partition.tags.get("TYPE") === undefined;
  const ours = ["lost+found", ".pimesh"];
  return (
    others.length === 0 &&
    signature.type === "ext4" &&
    signature.label === unfinishedLabel &&
    partition.holds?.names.every((name) => ours.includes(name)) !== false
  );
}

/** Signatures of a disk beside those of its partition table. */
function contentsOfTable(whole: Volume): readonly string[] {
  return whole.signatures.map(({ type }) => type).filter((type) => !tables.has(type));
}

function contentsOfVolume(volume: Volume): Content[] {
  const found = volume.signatures.filter(({ type }) => !tables.has(type));
  // blkid knows a few that wipefs does not, and the other way round
  const type = volume.tags.get("TYPE");
  if (type !== undefined && !found.some((signature) => signature.type === type)) {
    found.push({ type, uuid: volume.tags.get("UUID") ?? "", label: volume.tags.get("LABEL") ?? "" });
  }
  if (found.length > 0) {
    const contents = found.map((signature): Content => {
      const label = signature.label === "" ? undefined : signature.label;
      return {
        volume,
        what: wordFor(signature.type),
        label,
        key: keyOf(volume, signature.uuid),
      };
    });
    // A file system has several signatures (FAT, btrfs): one line, one key
    return contents.filter((each, index) => contents.findIndex(({ key }) => key === each.key) === index);
  }
  if (isExtended(volume) || hasTable(volume) || typeof volume.start === "string") return [];
  return [{ volume, what: "bytes that no tool knows", label: undefined, key: keyOf(volume, "") }];
}

/** Never empty, the same for the same content, and not for another disk's. */
function keyOf(volume: Volume, uuid: string): string {
  if (uuid !== "") return uuid;
  const partition = volume.tags.get("PART_ENTRY_UUID");
  if (partition !== undefined) return partition;
  const table = volume.tags.get("PTUUID");
  if (table !== undefined) return table;
  return typeof volume.start === "string" ? `raw-${volume.bytes}` : `raw-${volume.start.sum.slice(0, 12)}`;
}

function hasTable(volume: Volume): boolean {
  return volume.tags.has("PTTYPE") || volume.signatures.some(({ type }) => tables.has(type));
}

/** The frame of a DOS table's logical partitions: its content is theirs. */
function isExtended(volume: Volume): boolean {
  return /^0x(5|f|85)$/.test(volume.tags.get("PART_ENTRY_TYPE") ?? "");
}

/** What wipefs calls partition tables (libblkid/src/partitions). */
const tables: ReadonlySet<string> = new Set([
  "PMBR",
  "atari",
  "bsd",
  "dos",
  "gpt",
  "mac",
  "minix-partitions",
  "sgi",
  "solaris_x86",
  "sun",
  "ultrix",
  "unixware",
]);

function wordFor(type: string): string {
  if (type === "swap") return "swap area";
  if (type === "crypto_LUKS") return "encrypted volume (LUKS)";
  if (type === "linux_raid_member") return "RAID member";
  return type.endsWith("_member") ? `${type.replace(/_member$/, "")} member` : `${type} file system`;
}

export interface FstabDisk {
  readonly uuid: string;
  readonly label: string;
  readonly mount: string;
  /** Its name of this moment, `/dev/sda1`: a line that says so means this disk, on this boot at least. */
  readonly device: string;
  /** "" when it is not known. */
  readonly partUuid: string;
  /** Links below /dev/disk that lead to it. */
  readonly links: readonly string[];
}

/**
 * Lines of /etc/fstab that name the disk, its mount point or a swap file on it are switched off: systemd would make units of
 * them beside ours; one without `nofail` stops the boot of a Pi whose disk is away, and a swap that nobody guards takes the
 * machine down with the disk. The line stays as a comment. Returns the new text, or undefined when no line is concerned.
 * Fields and escapes as in fstab(5).
 */
export function withoutDisk(text: string, disk: FstabDisk): string | undefined {
  const lines = text.split("\n");
  const concerned = lines.map((line) => namesDisk(line, disk));
  if (!concerned.some(Boolean)) return undefined;
  return lines
    .map((line, index) => (concerned[index] === true ? `# pimesh mounts this disk itself: ${line}` : line))
    .join("\n");
}

function namesDisk(line: string, disk: FstabDisk): boolean {
  const [source, target] = line.trim().split(/[ \t]+/);
  if (source === undefined || target === undefined || source.startsWith("#")) return false;
  const name = unescape(source).replaceAll('"', "");
  return (
    unescape(target).replace(/(?<=.)\/+$/, "") === disk.mount ||
    name.startsWith(`${disk.mount}/`) ||
    name === disk.device ||
    disk.links.includes(linkOf(name)) ||
    (disk.partUuid !== "" && name.toLowerCase() === `partuuid=${disk.partUuid.toLowerCase()}`) ||
    name === `LABEL=${disk.label}` ||
    name === `/dev/disk/by-label/${disk.label}` ||
    name.toLowerCase() === `uuid=${disk.uuid.toLowerCase()}` ||
    name.toLowerCase() === `/dev/disk/by-uuid/${disk.uuid.toLowerCase()}`
  );
}

/** `PARTLABEL=family` as udev names the link: `/dev/disk/by-partlabel/family`. Anything else is as it is. */
function linkOf(name: string): string {
  const [, key, value] = /^([A-Z]+)=(.*)$/.exec(name) ?? [];
  return key === undefined ? name : `/dev/disk/by-${key.toLowerCase()}/${value ?? ""}`;
}

function unescape(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

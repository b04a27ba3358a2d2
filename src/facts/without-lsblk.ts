import type { BlockDevice } from "./block-devices.ts";
import { fromHex } from "./escapes.ts";
import { wholeNumber } from "./number.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

interface Content {
  readonly fstype?: string;
  readonly label?: string;
  readonly uuid?: string;
}

/**
 * Block devices from sections `@partitions` (/proc/partitions), `@ro` and `@udev` (grep -H), `@by-label` and `@by-uuid`
 * (ls -l) and `@blkid`. udev's database knows best; a link names only one of two disks with the same label.
 */
export function withoutLsblk(stdout: string): BlockDevice[] {
  const section = (name: string): string[] => {
    const start = stdout.indexOf(`@${name}\n`);
    if (start < 0) throw new UnexpectedAnswer(`block devices with ${name}`, stdout);
    const rest = stdout.slice(start + name.length + 2);
    const end = rest.search(/^@/m);
    return (end < 0 ? rest : rest.slice(0, end)).split("\n").filter((line) => line !== "");
  };
  const partitions = section("partitions").flatMap(parsePartition);
  const readOnly = new Set(section("ro").flatMap((line) => /\/([^/]+)\/ro:1$/.exec(line)?.[1] ?? []));
  const links = { label: linksOf(section("by-label")), uuid: linksOf(section("by-uuid")) };
  const probed = new Map(section("blkid").flatMap(parseBlkid));
  const udev = udevContents(section("udev"));
  return partitions.map(({ number, name, bytes }) => {
    const parent = partitions.find((other) => isPartitionOf(name, other.name))?.name;
    const label = links.label.get(name);
    const uuid = links.uuid.get(name);
    return {
      path: `/dev/${name}`,
      name,
      ...(parent === undefined ? {} : { parent }),
      type: parent === undefined ? "disk" : "part",
      bytes,
      ...(label === undefined ? {} : { label }),
      ...(uuid === undefined ? {} : { uuid }),
      ...probed.get(`/dev/${name}`),
      ...udev.get(number),
      readOnly: readOnly.has(name),
    };
  });
}

/** ` 179        1     524288 mmcblk0p1`: major, minor, KiB, name. */
function parsePartition(line: string): { number: string; name: string; bytes: number }[] {
  if (line.startsWith("major")) return [];
  const [major, minor, kib, name] = line.trim().split(/\s+/);
  if (name === undefined) throw new UnexpectedAnswer("a line of /proc/partitions", line);
  return [{ number: `${major}:${minor}`, name, bytes: wholeNumber("a size", kib) * 1024 }];
}

/** `sda1` of `sda`, `mmcblk0p1` of `mmcblk0`. */
function isPartitionOf(name: string, disk: string): boolean {
  return name.startsWith(disk) && (/\d$/.test(disk) ? /^p\d+$/ : /^\d+$/).test(name.slice(disk.length));
}

/** `lrwxrwxrwx 1 root root 10 Nov  1 12:00 btsync\x20disk -> ../../sda1`: device name → the link's own name. */
function linksOf(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const match = /(\S+) -> (?:.*\/)?([^/]+)$/.exec(line);
      return match ? [[match[2] as string, fromHex(match[1] as string)]] : [];
    }),
  );
}

/** `/run/udev/data/b8:1:E:ID_FS_TYPE=ext4`. */
function udevContents(lines: readonly string[]): Map<string, Content> {
  const contents = new Map<string, Content>();
  const keys = { TYPE: "fstype", LABEL_ENC: "label", UUID: "uuid" } as const;
  for (const line of lines) {
    const match = /\/b(\d+:\d+):E:ID_FS_(TYPE|LABEL_ENC|UUID)=(.+)$/.exec(line);
    if (!match) continue;
    const [, number, key, value] = match as unknown as [string, string, keyof typeof keys, string];
    contents.set(number, { ...contents.get(number), [keys[key]]: fromHex(value) });
  }
  return contents;
}

/** `/dev/sda1: LABEL="btsync" UUID="…" TYPE="ext4"`, the default of util-linux and of busybox. */
function parseBlkid(line: string): [string, Content][] {
  const device = /^(\/dev\/[^:]+):/.exec(line)?.[1];
  if (device === undefined) return [];
  const value = (key: string): string | undefined =>
    new RegExp(String.raw` ${key}="((?:[^"\\]|\\.)+)"`).exec(line)?.[1]?.replaceAll(/\\(.)/g, "$1");
  const [fstype, label, uuid] = [value("TYPE"), value("LABEL"), value("UUID")];
  return [
    [
      device,
      {
        ...(fstype === undefined ? {} : { fstype }),
        ...(label === undefined ? {} : { label }),
        ...(uuid === undefined ? {} : { uuid }),
      },
    ],
  ];
}

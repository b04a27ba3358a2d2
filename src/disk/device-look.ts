import { createHash, randomBytes } from "node:crypto";
import { PimeshError } from "../core/error.ts";
import { script, sh, shellFile, type Command } from "../core/shell.ts";
import { fromOctal } from "../facts/escapes.ts";
import { parseRecords } from "../provision/inspection.ts";
import { nodeText } from "../provision/texts.ts";
import type { Connection } from "../ssh/connection.ts";

/** What a node says about a device before `disk prepare` decides anything. */
export interface DeviceLook {
  /** What was named: nothing, no block device, a part of a disk, a made one (loop, zram, device mapper), or a disk. */
  readonly state: "absent" | "no-block" | "partition" | "virtual" | "disk";
  /** The kernel's name of what was named: `sda1` for a link that leads there. */
  readonly name: string;
  /** The whole disk that it is or lies on. */
  readonly disk: Disk | undefined;
  readonly uses: readonly Use[];
  /** Tools that the work needs and the node lacks; `sfdisk-2.28`: it is older than that. */
  readonly missing: readonly string[];
  /** /proc/cmdline and /etc/fstab: which file systems the system knows. */
  readonly commandLine: string;
  readonly fstab: string;
}

export interface Disk {
  /** `sda`. */
  readonly name: string;
  /** `/dev/sda`. */
  readonly path: string;
  readonly bytes: number;
  readonly readOnly: boolean;
  /** `usb`, `mmc`, `nvme`, `ata`, `virtio`; undefined: another. */
  readonly bus: string | undefined;
  readonly model: string;
  readonly serial: string;
  /** The disk itself first, then its partitions. */
  readonly volumes: readonly Volume[];
  /** Of all that identifies the disk and its content; the node compares it once more before it erases anything. */
  readonly sum: string;
}

export interface Volume {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** Every signature that wipefs finds, however many there are. */
  readonly signatures: readonly Signature[];
  /** What `blkid -p -o export` makes of it: TYPE, UUID, PTUUID, PART_ENTRY_NAME … */
  readonly tags: ReadonlyMap<string, string>;
  /** Its first MiB: all zeroes, not readable, or the SHA-256 of it. */
  readonly start: "blank" | "unreadable" | { readonly sum: string };
  /** What its file system holds, where that could be looked at. */
  readonly holds:
    | { readonly usedBytes: number; readonly entries: number; readonly names: readonly string[] }
    | undefined;
  /** Of the identity file on it. */
  readonly identity: { readonly uuid: string; readonly node: string } | undefined;
}

export interface Signature {
  /** `ext4`, `swap`, `crypto_LUKS`, `LVM2_member`, `gpt`, `dos` … */
  readonly type: string;
  readonly uuid: string;
  readonly label: string;
}

export type Use =
  | { readonly kind: "mount"; readonly name: string; readonly target: string }
  | { readonly kind: "swap"; readonly name: string }
  | { readonly kind: "held"; readonly name: string; readonly by: string };

/**
 * Looks at a device as root, in one round trip; changes not a byte on any disk. Errors: those of `Connection.run`,
 * E-FACTS-INCOMPLETE.
 */
export async function lookAtDevice(
  connection: Connection,
  device: string,
  options: { readonly canUnshare: boolean },
): Promise<DeviceLook> {
  const nonce = randomBytes(8).toString("hex");
  const result = await connection.run(await lookScript(device, nonce, options), { as: "root" });
  const records = parseRecords(result.stdout, nonce);
  if (!records.has("end")) {
    const why = result.stderr.toString("utf8").trim().split("\n")[0] ?? "";
    throw new PimeshError(
      "E-FACTS-INCOMPLETE",
      `the look at ${device} broke off${why === "" ? "" : `: ${why}`}`,
      {
        node: connection.node,
        hint: `run the command again; if it stays so, the disk may be dying: ssh ${connection.node} sudo dmesg`,
      },
    );
  }
  return readDeviceLook(records);
}

async function lookScript(
  device: string,
  nonce: string,
  { canUnshare }: { readonly canUnshare: boolean },
): Promise<Command> {
  const asks = script(
    shellFile(await nodeText("whole-disk.sh")),
    shellFile(await nodeText("prepare-disk.sh")),
    sh`nonce=${nonce} private=${canUnshare ? "yes" : "no"}`,
    ...(canUnshare ? [sh`mount --make-rprivate "$root/"`] : []),
    sh`look_device ${device}`,
  );
  // Looking into a file system means mounting it: in a namespace of our own, where nobody else sees it
  return canUnshare ? sh`export root PATH LC_ALL; exec unshare -m sh -c ${asks.text}` : asks;
}

export function readDeviceLook(records: ReadonlyMap<string, Buffer>): DeviceLook {
  const text = (key: string): string => records.get(key)?.toString("utf8") ?? "";
  const [state = "absent", name = ""] = text("device").split(" ");
  const description = records.get("disk");
  return {
    state: state as DeviceLook["state"],
    name,
    disk: description === undefined ? undefined : readDisk(description, text),
    uses: lines(text("uses")).flatMap(readUse),
    missing: text("missing")
      .split(" ")
      .filter((tool) => tool !== ""),
    commandLine: text("cmdline"),
    fstab: text("fstab"),
  };
}

function readDisk(description: Buffer, text: (key: string) => string): Disk {
  const [head = "", ...blocks] = description.toString("utf8").split(/^volume /m);
  const value = (key: string): string => new RegExp(`^${key} (.*)$`, "m").exec(head)?.[1] ?? "";
  const volumes = blocks.map((block) => readVolume(block, text));
  const name = value("name");
  return {
    name,
    path: `/dev/${name}`,
    bytes: volumes[0]?.bytes ?? 0,
    readOnly: value("ro") === "1",
    bus: value("bus") === "" ? undefined : value("bus"),
    model: [value("vendor"), value("model")].filter((word) => word !== "").join(" "),
    serial: value("serial"),
    volumes,
    // The shell cuts the last newline off what it records, but not off what it sums
    sum: createHash("sha256").update(description).update("\n").digest("hex"),
  };
}

function readVolume(block: string, text: (key: string) => string): Volume {
  const [name = "", ...rest] = block.split("\n");
  const values = (key: string): string[] =>
    rest.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  const start = values("start")[0] ?? "unreadable";
  return {
    name,
    path: `/dev/${name}`,
    bytes: Number(values("sectors")[0] ?? 0) * 512,
    signatures: values("sig").map(readSignature),
    tags: new Map(
      values("tag").map((tag) => {
        const at = tag.indexOf("=");
        return [tag.slice(0, at), tag.slice(at + 1).replaceAll(/\\(.)/g, "$1")] as const;
      }),
    ),
    start: start === "blank" || start === "unreadable" ? start : { sum: start },
    holds: readHolds(text(`seen.${name}`), text(`names.${name}`)),
    identity: readIdentity(text(`identity.${name}`)),
  };
}

/** `0x438,2f6c…,btsync,ext4`: `wipefs -p` writes what could be misread as `\xNN`. */
function readSignature(line: string): Signature {
  const [, uuid = "", label = "", type = ""] = line.split(",").map((word) => unescaped(word));
  return { type, uuid, label };
}

function unescaped(word: string): string {
  return word.replaceAll(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function readHolds(seen: string, names: string): Volume["holds"] {
  const match = /^(\d+) (\d+)$/.exec(seen);
  if (!match) return undefined;
  return { usedBytes: Number(match[1]) * 1024, entries: Number(match[2]), names: lines(names) };
}

function readIdentity(text: string): Volume["identity"] {
  const value = (key: string): string => new RegExp(`^${key}=(.*)$`, "m").exec(text)?.[1]?.trim() ?? "";
  return value("node") === "" && value("uuid") === ""
    ? undefined
    : { uuid: value("uuid"), node: value("node") };
}

/** `sda1 mount /media/btsync`, `sda2 swap /dev/sda2`, `sda1 held dm-0`. */
export function readUse(line: string): Use[] {
  const match = /^(\S+) (mount|swap|held) (.*)$/.exec(line);
  if (!match) return [];
  const [, name, kind, rest] = match as unknown as [string, string, Use["kind"], string];
  if (kind === "mount") return [{ kind, name, target: fromOctal(rest) }];
  return kind === "swap" ? [{ kind, name }] : [{ kind, name, by: rest }];
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

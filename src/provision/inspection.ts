import { createHash, randomBytes } from "node:crypto";
import { PimeshError } from "../core/error.ts";
import { script, sh, shellFile, type Command } from "../core/shell.ts";
import type { Connection } from "../ssh/connection.ts";
import { initLibrary, type InitSystem } from "./init-library.ts";
import { nodeText } from "./texts.ts";

/** What stands at a path of the node. */
export type Found =
  | { readonly kind: "absent" }
  | {
      readonly kind: "file";
      readonly mode: string;
      readonly owner: string;
      readonly bytes: Buffer;
      /** SHA-256 of the bytes, hex: what apply.sh compares with before it writes. */
      readonly sum: string;
    }
  | { readonly kind: "folder"; readonly mode: string; readonly owner: string }
  | { readonly kind: "link" | "other" };

/** How the disk's own files could be seen. `unseen`: the node cannot look without mounting for everybody. */
export type DiskView =
  | { readonly kind: "mounted" | "looked" | "unseen" }
  | { readonly kind: "failed"; readonly reason: string };

export interface SwapFileFound {
  readonly bytes: number;
  /** Bytes that the medium really holds: fewer than `bytes` means holes. */
  readonly allocated: number;
  readonly mode: string;
  readonly owner: string;
  /** Page size in bytes of the kernel that its header is for; undefined: no swap file at all. */
  readonly pageSize: number | undefined;
}

export interface Run {
  readonly id: string;
  readonly state: "open" | "done" | "undone";
  readonly steps: number;
}

/** What provision has to know beyond the facts; all of it read, nothing changed. */
export interface Inspection {
  /** By the path as asked. */
  readonly files: ReadonlyMap<string, Found>;
  readonly under: "absent" | "immutable" | "open" | "unknown";
  /** Mode and owner of the bare directory when it is `open`. */
  readonly bare: { readonly mode: string; readonly owner: string } | undefined;
  readonly hidden: { readonly count: number; readonly names: readonly string[] };
  readonly disk: DiskView | undefined;
  readonly space: { readonly total: number; readonly free: number } | undefined;
  readonly swapFile: SwapFileFound | undefined;
  /** Bytes of a swap file that a cut-off run has left half made: the next one takes its place. */
  readonly swapLeft: number;
  /** As fstab may name the disk; "" when the node cannot tell. */
  readonly partUuid: string;
  /** Links below /dev/disk that lead to it: `/dev/disk/by-id/usb-…-part1`. */
  readonly deviceLinks: readonly string[];
  /** Why the swap's script keeps it off, in its own words; "" when it does not. */
  readonly swapOff: string;
  /** The first symlink on the way to a path below the mount point, by the path as asked. */
  readonly links: ReadonlyMap<string, string>;
  readonly units: ReadonlyMap<string, { readonly enabled: string; readonly active: string }>;
  readonly runs: readonly Run[];
  /** Seconds after which a panicked kernel reboots; 0: never. Undefined: it does not say. */
  readonly panicSeconds: number | undefined;
}

export interface Questions {
  readonly init: InitSystem;
  readonly mount: string;
  /** The block device of the disk, as a path; undefined: no look at the disk. */
  readonly device: string | undefined;
  /** Where somebody else has mounted it. */
  readonly elsewhere: string | undefined;
  /** Absolute paths outside the disk. */
  readonly systemPaths: readonly string[];
  /** Absolute paths below the mount point. */
  readonly diskPaths: readonly string[];
  readonly swapFile: string | undefined;
  /** Bytes, of the node's kernel. */
  readonly pageSize: number;
  readonly units: readonly string[];
  /** Somebody else's, asked for one by one where its file is there: whether it is enabled. */
  readonly otherUnits: readonly { readonly unit: string; readonly where: string }[];
  readonly stateFolder: string;
  /** The node has unshare: mounts of ours can be private. */
  readonly canUnshare: boolean;
}

/** Asks the node as root, in one round trip. Errors: those of `Connection.run`, E-FACTS-INCOMPLETE. */
export async function inspect(connection: Connection, questions: Questions): Promise<Inspection> {
  const nonce = randomBytes(8).toString("hex");
  const result = await connection.run(await inspectionScript(questions, nonce), { as: "root" });
  const records = parseRecords(result.stdout, nonce);
  const files = readFiles(records, textsOf(result.stdout, nonce), [
    ...questions.systemPaths,
    ...questions.diskPaths,
  ]);
  if (files === undefined) {
    throw new PimeshError("E-FACTS-INCOMPLETE", `the look at the node broke off${firstLine(result.stderr)}`, {
      node: connection.node,
      hint: "run the command again; if it stays so, the node is in trouble: look at dmesg on it",
    });
  }
  return { ...readInspection(records, questions), files };
}

async function inspectionScript(questions: Questions, nonce: string): Promise<Command> {
  const { mount } = questions;
  const below = (path: string): string => path.slice(mount.length);
  const asks = script(
    shellFile(await initLibrary(questions.init)),
    shellFile(await nodeText("inspect.sh")),
    sh`nonce=${nonce} mount=${mount} private=${questions.canUnshare ? "yes" : "no"}`,
    ...(questions.canUnshare ? [sh`mount --make-rprivate "$root/"`] : []),
    sh`look_under`,
    sh`look_units ${questions.units}`,
    ...questions.otherUnits.map(
      ({ unit, where }) =>
        sh`if [ -e "$root"${where} ]; then record ${`enabled.${unit}`} "$(services_enabled ${unit})"; fi`,
    ),
    sh`look_runs ${questions.stateFolder}`,
    sh`record swapoff "$(cat "$root"/run/pimesh/swap-off 2>/dev/null)"`,
    sh`record panic "$(cat "$root"/proc/sys/kernel/panic 2>/dev/null)"`,
    ...(questions.device === undefined
      ? []
      : [sh`open_disk ${questions.device} ${questions.elsewhere ?? ""}`]),
    sh`if [ -n "$disk" ]; then`,
    sh`look_space`,
    ...questions.diskPaths.map((path) => sh`look_links ${`link.${path}`} "$disk"${below(path)} "$disk"`),
    ...(questions.swapFile === undefined
      ? []
      : [sh`look_swap "$disk"${below(questions.swapFile)} ${questions.pageSize}`]),
    sh`fi`,
    sh`set --`,
    ...questions.systemPaths.map((path) => sh`set -- "$@" ${path} "$root"${path}`),
    sh`if [ -n "$disk" ]; then`,
    sh`:`,
    ...questions.diskPaths.map((path) => sh`set -- "$@" ${path} "$disk"${below(path)}`),
    sh`fi`,
    sh`look_all "$@"`,
  );
  const whole = script(sh`disk=`, asks);
  return questions.canUnshare ? sh`export root PATH LC_ALL; exec unshare -m sh -c ${whole.text}` : whole;
}

/** `<nonce> <key> <length>` and so many bytes; what stands between records is noise and skipped. */
export function parseRecords(stdout: Buffer, nonce: string): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  const mark = Buffer.from(`${nonce} `);
  let at = stdout.indexOf(mark);
  while (at !== -1) {
    const lineEnd = stdout.indexOf("\n", at);
    if (lineEnd === -1) break;
    const header = /^\S+ (.+) (\d+)$/.exec(stdout.toString("latin1", at, lineEnd));
    if (!header) break;
    const [, key, length] = header as unknown as [string, string, string];
    const start = lineEnd + 1;
    const end = start + Number(length);
    if (end > stdout.length) break;
    records.set(Buffer.from(key, "latin1").toString("utf8"), stdout.subarray(start, end));
    at = stdout.indexOf(mark, end);
  }
  return records;
}

function readInspection(
  records: ReadonlyMap<string, Buffer>,
  questions: Questions,
): Omit<Inspection, "files"> {
  const text = (key: string): string | undefined => records.get(key)?.toString("utf8");
  const under = text("under") ?? "unknown";
  const [hiddenCount = "0", ...hiddenNames] = (text("hidden") ?? "0").split("\n");
  const [openWord, bareMode = "", bareUid = "", bareGid = ""] = under.split(" ");
  return {
    under: openWord as Inspection["under"],
    bare: openWord === "open" ? { mode: octal(bareMode), owner: `${bareUid}:${bareGid}` } : undefined,
    hidden: { count: Number(hiddenCount), names: hiddenNames.filter((name) => name !== "") },
    disk: readDiskView(text("disk")),
    space: readSpace(text("space")),
    swapFile: readSwapFile(text("swap")),
    swapLeft: Number(text("left") ?? 0) * 1024,
    partUuid: text("partuuid") ?? "",
    deviceLinks: (text("devlinks") ?? "").split("\n").filter((link) => link !== ""),
    swapOff: text("swapoff") ?? "",
    links: new Map(
      questions.diskPaths.flatMap((path) => {
        const link = text(`link.${path}`);
        return link === undefined || link === "" ? [] : [[path, link] as const];
      }),
    ),
    units: new Map([
      ...readUnits(questions.units, text("units") ?? "", text("active") ?? ""),
      ...questions.otherUnits.map(
        ({ unit }) => [unit, { enabled: (text(`enabled.${unit}`) ?? "").trim(), active: "" }] as const,
      ),
    ]),
    panicSeconds: /^\d+$/.test(text("panic") ?? "") ? Number(text("panic")) : undefined,
    runs: (text("runs") ?? "")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [id = "", state = "", steps = "0"] = line.split(" ");
        return { id, state: state as Run["state"], steps: Number(steps) };
      }),
  };
}

/** Unknown units: old versions of systemctl say nothing on stdout for one that is not there, so the lines do not fit. */
function readUnits(units: readonly string[], enabledText: string, activeText: string): Inspection["units"] {
  const enabled = wordsFor(units, enabledText);
  const active = wordsFor(units, activeText);
  return new Map(
    units.map((unit, index) => [unit, { enabled: enabled[index] ?? "", active: active[index] ?? "" }]),
  );
}

function wordsFor(units: readonly string[], text: string): readonly string[] {
  const words = text.split("\n").filter((line) => line !== "");
  return words.length === units.length ? words : [];
}

/** What comes behind the last record: the texts of all files. Undefined: the answer does not get that far. */
function textsOf(stdout: Buffer, nonce: string): Buffer | undefined {
  const header = `${nonce} texts 0\n\n`;
  const at = stdout.indexOf(header);
  return at === -1 ? undefined : stdout.subarray(at + header.length);
}

interface Listed {
  readonly mode: string;
  readonly owner: string;
  readonly size: number;
}

/** Undefined when the texts are not as long as `ls` has said. */
function readFiles(
  records: ReadonlyMap<string, Buffer>,
  texts: Buffer | undefined,
  paths: readonly string[],
): Map<string, Found> | undefined {
  if (texts === undefined) return undefined;
  const listed = readListing(records.get("modes")?.toString("utf8") ?? "");
  const files = new Map<string, Found>();
  let start = 0;
  for (const path of paths) {
    const answer = records.get(path)?.toString("utf8") ?? "absent";
    const kind = answer.split(" ", 1)[0];
    const line = listed.get(answer.slice((kind?.length ?? 0) + 1));
    if (kind === "file" && line !== undefined) {
      const bytes = texts.subarray(start, start + line.size);
      start += line.size;
      files.set(path, { kind, mode: line.mode, owner: line.owner, bytes, sum: sumOf(bytes) });
    } else if (kind === "folder" && line !== undefined) {
      files.set(path, { kind, mode: line.mode, owner: line.owner });
    } else {
      files.set(path, kind === "link" || kind === "other" ? { kind } : { kind: "absent" });
    }
  }
  return start === texts.length ? files : undefined;
}

/** `ls -ldn` by path: mode, links, owner, group, size, three words of date, path. */
function readListing(text: string): Map<string, Listed> {
  const listed = new Map<string, Listed>();
  for (const line of text.split("\n")) {
    const match = /^(\S+) +\d+ +(\d+) +(\d+) +(\d+) +\S+ +\S+ +\S+ (.*)$/.exec(line);
    if (!match) continue;
    const [, mode, uid, gid, size, path] = match as unknown as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    listed.set(path, { mode: octal(mode), owner: `${uid}:${gid}`, size: Number(size) });
  }
  return listed;
}

/** SHA-256 in hex, as `sha256sum` prints it. */
export function sumOf(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** `-rw-r--r--` → `644`; set-id and sticky bits as in ls(1). */
export function octal(symbolic: string): string {
  const bits = symbolic.slice(1, 10);
  let special = 0;
  const digits = [0, 3, 6].map((start, who) => {
    const [read, write, execute] = [bits[start], bits[start + 1], bits[start + 2]];
    if (execute !== undefined && "sStT".includes(execute)) special += [4, 2, 1][who] as number;
    return (
      (read === "r" ? 4 : 0) +
      (write === "w" ? 2 : 0) +
      (execute !== undefined && "xst".includes(execute) ? 1 : 0)
    );
  });
  return `${special === 0 ? "" : special}${digits.join("")}`;
}

function readDiskView(text: string | undefined): DiskView | undefined {
  if (text === undefined) return undefined;
  if (text === "mounted" || text === "looked" || text === "unseen") return { kind: text };
  return { kind: "failed", reason: text.replace(/^failed /, "") };
}

function readSpace(text: string | undefined): Inspection["space"] {
  const [total, free] = (text ?? "").split(" ").map(Number);
  return total === undefined || free === undefined || Number.isNaN(total + free)
    ? undefined
    : { total: total * 1024, free: free * 1024 };
}

function readSwapFile(text: string | undefined): SwapFileFound | undefined {
  const [mode, uid, gid, size, allocated, signature] = (text ?? "").split(" ");
  if (mode === undefined || signature === undefined) return undefined;
  return {
    bytes: Number(size),
    allocated: Number(allocated) * 1024,
    mode: octal(mode),
    owner: `${uid}:${gid}`,
    pageSize: signature === "none" ? undefined : Number(signature),
  };
}

function firstLine(stderr: Buffer): string {
  const line = stderr.toString("utf8").trim().split("\n")[0] ?? "";
  return line === "" ? "" : `: ${line}`;
}

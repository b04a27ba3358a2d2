import { randomBytes } from "node:crypto";
import { PimeshError } from "../core/error.ts";
import { script, sh, shellFile } from "../core/shell.ts";
import { parseRecords } from "../provision/inspection.ts";
import { fromOctal } from "../facts/escapes.ts";
import { initLibrary, type InitSystem } from "../provision/init-library.ts";
import { nodeText } from "../provision/texts.ts";
import type { Connection } from "../ssh/connection.ts";
import { readUse, type Use } from "./device-look.ts";

/** What a node says about its disk before `eject` decides anything. */
export interface EjectLook {
  /** The whole disk: `sda`; undefined: there is none. */
  readonly disk: string | undefined;
  readonly model: string;
  readonly serial: string;
  readonly uses: readonly Use[];
  /** Lines of /proc/self/mounts, in their order. */
  readonly mounts: readonly { readonly device: string; readonly target: string; readonly raw: string }[];
  /** Lines of /proc/swaps; `raw` is the path as the kernel writes it. */
  readonly swaps: readonly { readonly path: string; readonly raw: string; readonly used: number }[];
  readonly users: readonly User[];
  /** Of the services that were asked for. */
  readonly running: readonly string[];
  /** It sits at a USB port. */
  readonly usb: boolean;
  /** Other disks in the same USB box. */
  readonly siblings: readonly string[];
  /** The kernel was started from it, in words; an overlay may hide that. */
  readonly root: string | undefined;
  /** An earlier eject has noted this; Unix seconds. */
  readonly noted: { readonly uuid: string; readonly at: number } | undefined;
}

/** A process that has something of the disk open, or works in a folder of it. */
export interface User {
  readonly pid: number;
  readonly name: string;
  /** The service that it belongs to; undefined: none, or a user's own. */
  readonly unit: string | undefined;
  readonly path: string;
}

/** Asks as root, in one round trip; changes nothing. Errors: those of `Connection.run`, E-FACTS-INCOMPLETE. */
export async function lookBeforeEject(
  connection: Connection,
  given: {
    /** Undefined: no disk is there. */
    readonly device: string | undefined;
    readonly mount: string;
    readonly services: readonly string[];
    readonly init: InitSystem;
    readonly libFolder: string;
  },
): Promise<EjectLook> {
  const nonce = randomBytes(8).toString("hex");
  const whole = script(
    sh`nonce=${nonce} mount=${given.mount} lib=${given.libFolder}`,
    shellFile(await initLibrary(given.init)),
    shellFile(await nodeText("whole-disk.sh")),
    shellFile(await nodeText("eject.sh")),
    sh`look_eject ${given.device ?? ""} ${given.mount} ${given.services}`,
  );
  const result = await connection.run(whole, { as: "root" });
  const records = parseRecords(result.stdout, nonce);
  if (!records.has("end")) {
    throw new PimeshError("E-FACTS-INCOMPLETE", "the look at the disk broke off", {
      node: connection.node,
      hint: `run the command again; if it stays so, the disk may be dying: ssh ${connection.node} sudo dmesg`,
    });
  }
  return readEjectLook(records);
}

export function readEjectLook(records: ReadonlyMap<string, Buffer>): EjectLook {
  const text = (key: string): string => records.get(key)?.toString("utf8") ?? "";
  const brief = (key: string): string => new RegExp(`^${key} (.*)$`, "m").exec(text("disk"))?.[1] ?? "";
  const disk = text("device").split(" ")[2] ?? "";
  const noted = /^(\S+) (\d+)$/.exec(text("noted"));
  return {
    disk: disk === "" ? undefined : disk,
    model: [brief("vendor"), brief("model")].filter((word) => word !== "").join(" "),
    serial: brief("serial"),
    uses: lines(text("uses")).flatMap(readUse),
    mounts: lines(text("mounts")).flatMap((line) => {
      const [device, target] = line.split(" ");
      return device === undefined || target === undefined
        ? []
        : [{ device: fromOctal(device), target: fromOctal(target), raw: target }];
    }),
    swaps: lines(text("swaps")).flatMap((line) => {
      const match = /^(\/\S+)\s+(?:file|partition)\s+\d+\s+(\d+)\s+-?\d+\s*$/.exec(line);
      if (!match) return [];
      const raw = match[1] as string;
      return [{ path: fromOctal(raw), raw, used: Number(match[2]) * 1024 }];
    }),
    users: readUsers(lines(text("users"))),
    running: text("running")
      .split(" ")
      .filter((unit) => unit !== ""),
    usb: text("port") === "usb",
    siblings: lines(text("siblings")),
    root: text("root") === "" ? undefined : `the kernel was started with ${text("root")}`,
    noted: noted ? { uuid: noted[1] as string, at: Number(noted[2]) } : undefined,
  };
}

/** One for each process, with the first path that it was seen with. */
export function readUsers(found: readonly string[]): User[] {
  const users = new Map<number, User>();
  for (const line of found) {
    const [pid = "", name = "", unit = "", path = ""] = line.split("\t");
    if (!/^\d+$/.test(pid) || users.has(Number(pid))) continue;
    users.set(Number(pid), { pid: Number(pid), name, unit: unit === "" ? undefined : unit, path });
  }
  return [...users.values()];
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

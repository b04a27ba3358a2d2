import { randomBytes } from "node:crypto";
import { formatBytes } from "../core/bytes.ts";
import { script, sh, shellFile } from "../core/shell.ts";
import type { Connection } from "../ssh/connection.ts";
import { parseRecords } from "./inspection.ts";
import { nodeText } from "./texts.ts";

/** The run that a rollback would undo, for a person. */
export interface Journal {
  readonly run: string;
  readonly state: "open" | "done";
  /** `2026-11-25 06:40 UTC`. */
  readonly when: string;
  readonly steps: readonly string[];
}

/** Undefined when nothing is left to undo. Errors: those of `Connection.run`. */
export async function readJournal(connection: Connection, stateFolder: string): Promise<Journal | undefined> {
  const nonce = randomBytes(8).toString("hex");
  const { stdout } = await connection.run(
    script(
      sh`nonce=${nonce} private=no`,
      shellFile(await nodeText("inspect.sh")),
      sh`look_last_run ${stateFolder}`,
    ),
    { as: "root" },
  );
  const records = parseRecords(stdout, nonce);
  const [run = "", state = ""] = (records.get("run")?.toString("utf8") ?? "").split(" ");
  if (run === "") return undefined;
  return {
    run,
    state: state === "open" ? "open" : "done",
    when: run.replace(/^\d+-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d).*$/, "$1-$2-$3 $4:$5 UTC"),
    steps: (records.get("journal")?.toString("utf8") ?? "")
      .split("\n")
      .filter((line) => line !== "")
      .map(describeStep),
  };
}

/** A line of the journal: number, verb and its words, with tabs between. */
function describeStep(line: string): string {
  const [, verb = "", first = "", second = ""] = line.split("\t");
  switch (verb) {
    case "put":
      return second === "absent" ? `created ${first}` : `changed or removed ${first}`;
    case "folder":
      return `made the folder ${first} (it goes only if it is empty)`;
    case "immutable":
      return "locked the bare mount point";
    case "moved":
      return "moved aside what lay under the mount point";
    case "unmounted":
      return `unmounted ${first}`;
    case "mounted":
      return `mounted the disk by ${first}`;
    case "enabled":
      return `enabled ${first}`;
    case "started":
      return `started ${first}`;
    case "stopped":
      return `stopped ${first}`;
    case "restarted":
      return `restarted ${first}`;
    case "disabled":
      return `disabled ${first}`;
    case "kernel":
      return `set kernel.${first} (was ${second})`;
    case "swapfile":
      return `made the swap file ${first}`;
    case "swapheader":
      return `wrote a new header into the swap file ${first} (it stays)`;
    case "swapgone":
      return `removed the swap file ${first} (a new one of ${formatBytes(Number(second))} takes its place)`;
    case "swapped-off":
      return `switched off the swap ${first}`;
    case "remounted":
      return `mounted ${first} with nosuid and nodev`;
    case "bootline":
      return `changed the kernel's command line in ${first}`;
    case "installed":
      return `installed ${first} (what came along with it stays)`;
    case "generated":
      return `made Syncthing's keys in ${first}`;
    case "indexed":
      return `counted the tree in the background${first === "absent" ? " (its index goes)" : ""}`;
    case "reload":
      return "had units and rules read again";
    default:
      return line.replaceAll("\t", " ");
  }
}

import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { valueOf } from "../core/answer.ts";
import { exitCode, type ExitCode } from "../core/exit-code.ts";
import { PimeshError } from "../core/error.ts";
import { lookAtDevice, type Disk } from "../disk/device-look.ts";
import { guardPrepare } from "../disk/guard-prepare.ts";
import { prepareDisk } from "../disk/prepare-disk.ts";
import type { Facts } from "../facts/facts.ts";
import { gatherFacts } from "../facts/gather.ts";
import type { Node } from "../inventory/inventory.ts";
import { selectNode } from "../inventory/select.ts";
import { profileOf } from "../provision/profile.ts";
import { renderJson } from "../render/json.ts";
import { liveLines } from "../render/live.ts";
import { renderNotes } from "../render/notes.ts";
import { printable } from "../render/width.ts";
import {
  diskLines,
  intentLine,
  nextLines,
  prepareDocument,
  type PrepareReport,
} from "../report/disk-prepare.ts";
import type { Connection } from "../ssh/connection.ts";
import type { Context } from "./context.ts";
import { inventoryOf } from "./inventory-of.ts";
import { realSsh, withRealSsh } from "./real-ssh.ts";

export interface DiskPrepareOptions {
  readonly inventory?: string;
  /** A path on the node. */
  readonly device: string;
  /** The node's name once more, instead of typing it. */
  readonly confirm?: string;
  readonly eraseData?: readonly string[];
  readonly dryRun?: boolean;
  readonly json?: boolean;
  /** For tests alone, which have no other disk that may be erased; the command line does not offer it. */
  readonly loopDevices?: "allow";
}

/** Looks at the disk → refuses or shows it → asks for the node's name → erases it and makes it a data disk. */
export async function diskPrepare(
  context: Context,
  name: string,
  options: DiskPrepareOptions,
): Promise<ExitCode> {
  const inventory = await inventoryOf(context, options);
  const node = selectNode(inventory, name);
  const { device } = options;
  requireUsage(node, options);
  let report: PrepareReport = {
    node,
    device,
    pinned: undefined,
    disk: undefined,
    result: "planned",
    made: undefined,
    error: undefined,
  };
  try {
    await using connection = await context.connect(node, inventory);
    const facts = await gatherFacts(connection, node);
    report = { ...report, pinned: valueOf(facts.provisioned)?.uuid };
    const canUnshare = valueOf(facts.tools)?.includes("unshare") === true;
    const look = await lookAtDevice(connection, device, { canUnshare });
    report = { ...report, disk: look.disk };
    const disk = guardPrepare(look, {
      node,
      device,
      eraseData: options.eraseData ?? [],
      pinned: report.pinned,
      loopDevices: options.loopDevices ?? "refuse",
    });
    show(context, report, options, facts);
    if (options.dryRun === true) return finish(context, report, options, exitCode.different);
    await confirmed(context, node, disk, options);
    report = {
      ...report,
      made: await prepared(context, connection, { node, disk, facts }),
      result: "prepared",
    };
    if (options.json !== true) {
      const { confFolder } = profileOf(valueOf(facts.os));
      for (const line of nextLines(report, confFolder)) context.out(`${realSsh(line, node, inventory)}\n`);
    }
    return finish(context, report, options, exitCode.fine);
  } catch (error) {
    if (!(error instanceof PimeshError)) throw error;
    const said = withRealSsh(error, inventory);
    if (options.json !== true) throw said;
    return finish(context, { ...report, result: "failed", error: said }, options, error.exitCode);
  }
}

function requireUsage(node: Node, { device, confirm }: DiskPrepareOptions): void {
  if (!device.startsWith("/dev/")) {
    throw new PimeshError("E-USAGE", `--device ${device} is no path below /dev`, {
      hint: `see which disks there are: ssh ${node.name} lsblk -o NAME,SIZE,MODEL,FSTYPE,LABEL`,
    });
  }
  if (confirm !== undefined && confirm !== node.name) throw notConfirmed(node, confirm);
}

function show(context: Context, report: PrepareReport, options: DiskPrepareOptions, facts: Facts): void {
  // What is asked has to be seen, and stdout belongs to the document
  const write = options.json === true ? context.err : context.out;
  for (const line of [...diskLines(report), intentLine(report)]) write(`${printable(line)}\n`);
  const other = otherDisk(facts, report);
  if (other === undefined) return;
  const text = `a disk labelled ${report.node.disk.label} is plugged in already (${other}): with two of them, provision refuses until one is unplugged`;
  context.err(renderNotes([{ about: [report.node.name], text, try: [], tone: "warn" }], context.terminal));
}

/** Another disk with the node's label, beside the one that is about to get it. */
function otherDisk(facts: Facts, { node, disk }: PrepareReport): string | undefined {
  const devices = (valueOf(facts.blockDevices) ?? [])
    .filter(({ label }) => label === node.disk.label)
    .map(({ path }) => path);
  return devices.find((each) => disk?.volumes.some((volume) => volume.path === each) !== true);
}

async function confirmed(
  context: Context,
  node: Node,
  disk: Disk,
  options: DiskPrepareOptions,
): Promise<void> {
  if (options.confirm === node.name) return;
  const typed = await context.prompt.ask(
    `Everything on ${disk.path} of ${node.name} will be gone. Type the node's name to go on: `,
    { flag: `--confirm ${node.name} answers it` },
  );
  if (typed.trim() !== node.name) throw notConfirmed(node, typed.trim());
}

function notConfirmed(node: Node, typed: string): PimeshError {
  return new PimeshError(
    "E-NOT-CONFIRMED",
    `${typed === "" ? "nothing" : JSON.stringify(typed)} is not the node's name; nothing was changed`,
    { node: node.name, hint: `run it again and type ${node.name}, or add --confirm ${node.name}` },
  );
}

async function prepared(
  context: Context,
  connection: Connection,
  { node, disk, facts }: { readonly node: Node; readonly disk: Disk; readonly facts: Facts },
): ReturnType<typeof prepareDisk> {
  using lines = liveLines(context, [node.name], { plain: "silent" });
  return prepareDisk(
    connection,
    {
      node,
      disk,
      uuid: randomUUID(),
      stateFolder: profileOf(valueOf(facts.os)).stateFolder,
      who: `${userInfo().username}@${hostname()}, since ${new Date(context.now()).toISOString()}`,
    },
    (text) => {
      lines.update(node.name, text);
      if (!context.terminal.live) context.err(`${node.name}: ${text}\n`);
    },
  );
}

function finish(
  context: Context,
  report: PrepareReport,
  options: DiskPrepareOptions,
  code: ExitCode,
): ExitCode {
  if (options.json === true) {
    context.out(renderJson(prepareDocument(report, new Date(context.now()).toISOString())));
  }
  return code;
}

import { hostname, userInfo } from "node:os";
import { valueOf } from "../core/answer.ts";
import { exitCode, type ExitCode } from "../core/exit-code.ts";
import { PimeshError } from "../core/error.ts";
import { ejectDisk, type Ejected } from "../disk/eject-disk.ts";
import { lookBeforeEject } from "../disk/eject-look.ts";
import { planEject, type EjectPlan } from "../disk/eject-plan.ts";
import { ejectServices } from "../disk/eject-services.ts";
import { diskOf, type PresentDisk } from "../facts/disk-of.ts";
import type { Facts } from "../facts/facts.ts";
import { gatherFacts } from "../facts/gather.ts";
import { mountAt } from "../facts/mount-at.ts";
import type { Node } from "../inventory/inventory.ts";
import { selectNode } from "../inventory/select.ts";
import { initSystemOf, type InitSystem } from "../provision/init-library.ts";
import { profileOf, type Profile } from "../provision/profile.ts";
import { renderJson } from "../render/json.ts";
import { liveLines } from "../render/live.ts";
import { printable } from "../render/width.ts";
import { ejectDocument, resultLines, stepLines, type EjectReport } from "../report/eject.ts";
import type { Connection } from "../ssh/connection.ts";
import type { Context } from "./context.ts";
import { inventoryOf } from "./inventory-of.ts";
import { withRealSsh } from "./real-ssh.ts";

export interface EjectOptions {
  readonly inventory?: string;
  readonly dryRun?: boolean;
  /** Unmount only: the disk stays plugged in and powered. */
  readonly keepPower?: boolean;
  readonly json?: boolean;
}

/** Finds the disk → looks who uses it → refuses or plans → does that → says when it is safe to pull. */
export async function eject(context: Context, name: string, options: EjectOptions): Promise<ExitCode> {
  const inventory = await inventoryOf(context, options);
  const node = selectNode(inventory, name);
  let report: EjectReport = {
    node,
    provisioned: false,
    disk: undefined,
    steps: [],
    result: "planned",
    ejectedAt: undefined,
    ejected: undefined,
    error: undefined,
  };
  try {
    await using connection = await context.connect(node, inventory);
    const facts = await gatherFacts(connection, node);
    const profile = profileOf(valueOf(facts.os));
    // Of a third one no service is asked or stopped (ejectServices), so it is no matter whose words would be used
    const init = initSystemOf(facts) ?? "systemd";
    const disk = theDisk(facts, node);
    const services = ejectServices(facts, node, disk?.uuid);
    const look = await lookBeforeEject(connection, {
      device: disk?.device,
      mount: node.disk.mount,
      services: [...(services.engine === undefined ? [] : [services.engine]), ...services.players],
      init,
      libFolder: profile.libFolder,
    });
    report = { ...report, provisioned: facts.provisioned.kind === "value" };
    if (disk === undefined) {
      const at = look.noted?.at;
      report = { ...report, result: "absent", ejectedAt: at === undefined ? undefined : at * 1000 };
      return finish(context, report, options, exitCode.fine);
    }
    const plan = planEject({ node, look, uuid: disk.uuid, services, keepPower: options.keepPower === true });
    const { model, serial } = look;
    report = {
      ...report,
      disk: { device: disk.device, uuid: disk.uuid, model, serial },
      steps: plan.steps,
    };
    if (options.dryRun === true) {
      if (options.json !== true) for (const line of stepLines(report)) context.out(`${printable(line)}\n`);
      return finish(context, report, options, exitCode.different);
    }
    const ejected = await ejectNow(context, connection, { node, plan, init, profile });
    report = { ...report, result: "ejected", ejected };
    return finish(context, report, options, exitCode.fine);
  } catch (error) {
    if (!(error instanceof PimeshError)) throw error;
    const said = withRealSsh(error, inventory);
    if (options.json !== true) throw said;
    return finish(context, { ...report, result: "failed", error: said }, options, error.exitCode);
  }
}

/** The pinned disk, or the one with the label; undefined: none is there. */
function theDisk(facts: Facts, node: Node): PresentDisk | undefined {
  const found = diskOf(facts, node);
  if (found.kind === "present") return found;
  if (found.kind === "ambiguous") {
    if (found.pinned !== undefined) return found.pinned;
    throw new PimeshError(
      "E-DISK-AMBIGUOUS",
      `several disks are labelled ${node.disk.label}: ${found.devices.join(", ")}`,
      { node: node.name, hint: `see which is which: ssh ${node.name} lsblk -o NAME,SIZE,MODEL,SERIAL,LABEL` },
    );
  }
  const dead = mountAt(facts, node.disk.mount);
  if (dead === undefined) return undefined;
  throw new PimeshError(
    "E-DISK-ABSENT",
    `no disk labelled ${node.disk.label} is there, but ${dead.device} is still mounted at ${node.disk.mount}: it was pulled without eject, or is somebody else's`,
    {
      node: node.name,
      hint: `if it was pulled, let go of what is left: ssh ${node.name} sudo umount -l ${node.disk.mount}`,
    },
  );
}

async function ejectNow(
  context: Context,
  connection: Connection,
  given: {
    readonly node: Node;
    readonly plan: EjectPlan;
    readonly init: InitSystem;
    readonly profile: Profile;
  },
): Promise<Ejected> {
  const { node, plan, init, profile } = given;
  using lines = liveLines(context, [node.name], { plain: "silent" });
  return ejectDisk(
    connection,
    {
      node,
      plan,
      init,
      libFolder: profile.libFolder,
      stateFolder: profile.stateFolder,
      who: `${userInfo().username}@${hostname()}, since ${new Date(context.now()).toISOString()}`,
    },
    (text) => {
      lines.update(node.name, text);
      if (!context.terminal.live) context.err(`${node.name}: ${text}\n`);
    },
  );
}

function finish(context: Context, report: EjectReport, options: EjectOptions, code: ExitCode): ExitCode {
  if (options.json === true) {
    context.out(renderJson(ejectDocument(report, new Date(context.now()).toISOString())));
  } else {
    for (const line of resultLines(report)) context.out(`${printable(line)}\n`);
  }
  return code;
}

import { valueOf } from "../core/answer.ts";
import { engines } from "../engine/engines.ts";
import { playerUnits } from "../engine/players.ts";
import type { Facts } from "../facts/facts.ts";
import { initScriptOf, isInstalled } from "../facts/unit-of.ts";
import type { Node } from "../inventory/inventory.ts";
import { escapeForDeviceUnit, unitNameOfPath } from "../provision/unit-name.ts";
import type { Services } from "./eject-plan.ts";

/** Which services have to do with the node's disk, by the names of its init system; `uuid` is the disk's, if one is there. */
export function ejectServices(facts: Facts, node: Node, uuid: string | undefined): Services {
  const kind = valueOf(facts.init)?.kind ?? "systemd";
  const engine = node.engine === false ? undefined : engines[node.engine];
  const engineProcesses = engine?.processNames ?? [];
  if (kind === "sysvinit") {
    return {
      engine: engine?.initScripts.find((script) => initScriptOf(facts, script) !== undefined),
      // Nobody has told us how its player is stopped there: with files open it is somebody who uses the disk
      players: [],
      swap: "pimesh-swap",
      ours: [],
      engineProcesses,
    };
  }
  const unit = engine?.unit(valueOf(facts.identity)?.user ?? "");
  const installed = unit !== undefined && isInstalled(facts, unit) ? unit : undefined;
  const own = kind === "systemd";
  const mount = `${unitNameOfPath(node.disk.mount)}.mount`;
  const fsck = uuid === undefined ? [] : [`systemd-fsck@${escapeForDeviceUnit(uuid)}.service`];
  return {
    engine: own ? installed : undefined,
    players: own ? playerUnits.filter((player) => isInstalled(facts, player)) : [],
    swap: "pimesh-swap.service",
    ours: own ? [...(installed === undefined ? [] : [installed]), "pimesh-swap.service", mount, ...fsck] : [],
    engineProcesses,
  };
}

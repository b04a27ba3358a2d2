import { sh } from "../core/shell.ts";
import { planOthers, planSafeMount, planUdevil, planUnmounts } from "./automounters.ts";
import { planFile, planFolder, type DesiredFile, type DesiredFolder } from "./desired.ts";
import type { Inspection } from "./inspection.ts";
import type { PlanInput, Units } from "./plan-input.ts";
import { planBareFolder, planMount } from "./plan-mount.ts";
import { planNotices } from "./plan-notices.ts";
import { planDisable, planSwapStop, planSwapUnits } from "./plan-swap-units.ts";
import type { Change, Plan, Resource, Step } from "./step.ts";
import { planSwapFile } from "./swap-file.ts";
import { planDphys, planForeignAreas } from "./swap-owners.ts";
import { planInitScripts } from "./sysvinit.ts";
import { planIndex, planIndexStop } from "./tree-index.ts";

/** Desired and found → the list of steps. Planning again with what these steps lead to gives only `keep`. */
export function planNode(input: PlanInput): Plan {
  const { node, inspection, desired, only } = input;
  const wanted = (steps: readonly (Step | undefined)[]): Step[] =>
    steps
      .filter((step) => step !== undefined)
      .filter((step) => only === undefined || only.includes(step.resource));
  const { keyEngine } = input;
  const program: { resource: Resource; path: string; text: string }[] =
    keyEngine?.program === undefined ? [] : [{ resource: "engine", path: keyEngine.programPath, text: "" }];
  const system = [
    ...wanted([
      ...input.syncthing.first,
      ...(keyEngine?.stop ?? []),
      ...planDisable(input),
      ...planIndexStop({ ...input, units: desired.units }),
      ...planDphys(node, inspection),
      ...planOthers(node, input.disk, inspection),
      ...planUdevil(
        input.facts,
        desired.systemFiles.find(({ path }) => path.includes("/udevil-mount@"))?.path,
      ),
    ]),
    ...neededFolders(desired.systemFolders, [...desired.systemFiles, ...program], inspection, only),
    ...wanted([keyEngine?.program]),
    ...wanted(desired.systemFiles.map((file) => planFile(file, inspection))),
    ...wanted(planInitScripts(input.facts, desired.units)),
  ];
  const mounting = wanted([
    ...planBareFolder(node, inspection),
    ...planUnmounts(node, input.disk),
    planMount(node, input.disk, desired.units.mount),
    ...planSafeMount(node, input.disk),
  ]);
  // What lies on a disk that nobody has seen is the second part's
  const unseen = inspection.disk?.kind === "unseen";
  const swapFile = planSwapFile(node, inspection, input.pageSize, input.swapRefused);
  const onDisk = unseen
    ? []
    : [
        ...neededFolders(desired.diskFolders, desired.diskFiles, inspection, only, "all"),
        ...wanted(desired.diskFiles.map((file) => planFile(file, inspection))),
        ...wanted(swapFile),
      ];
  const swapChanges = [...system, ...onDisk].some(
    (step) => step.kind === "change" && step.resource === "swap",
  );
  const running = unseen
    ? []
    : wanted([
        ...planSwapUnits(input, swapChanges),
        ...input.syncthing.before,
        ...(input.startEngine && desired.units.engine !== undefined
          ? [startEngine(desired.units.engine, (keyEngine?.stop.length ?? 0) > 0)]
          : []),
        ...planIndex({ ...input, units: desired.units }, system),
      ]);
  return {
    node: node.name,
    about: input.about,
    steps: [
      ...wanted([...planForeignAreas(node, input.facts), ...planSwapStop(input, swapFile)]),
      ...system,
      ...reloadIfNeeded(system, desired.units),
      ...mounting,
      ...onDisk,
      ...running,
      // Last: whatever else fails, the boot partition has not been touched
      ...(unseen ? [] : wanted(input.boot)),
    ],
    notices: [...input.notices, ...planNotices(input)],
    continues: input.continues,
    cutOff: inspection.runs.some((run) => run.state === "open"),
  };
}

/**
 * The folders above what is wanted, whosever they are, and with `all` also those that are wanted for themselves. Folders of
 * the system that are there already are not worth a line.
 */
function neededFolders(
  folders: readonly DesiredFolder[],
  files: readonly Pick<DesiredFile, "resource" | "path" | "text">[],
  inspection: Inspection,
  only: readonly Resource[] | undefined,
  which: "above" | "all" = "above",
): Step[] {
  const isWanted = (thing: { readonly resource: Resource }): boolean =>
    only === undefined || only.includes(thing.resource);
  const own = which === "all" ? folders.filter(isWanted) : [];
  const kept = [...files.filter((file) => file.text !== undefined && isWanted(file)), ...own];
  return folders
    .filter(
      (folder) => own.includes(folder) || kept.some((thing) => thing.path.startsWith(`${folder.path}/`)),
    )
    .map((folder) => planFolder(folder, inspection))
    .filter((step) => which === "all" || step.kind === "change");
}

function reloadIfNeeded(steps: readonly Step[], units: Units): Change[] {
  const first = steps.find((step): step is Change => step.kind === "change" && step.needsReload === true);
  if (first === undefined) return [];
  return [
    {
      kind: "change",
      resource: first.resource,
      what: units.mount.endsWith(".mount") ? "reload systemd and udev" : "reload udev",
      why: units.mount.endsWith(".mount") ? "units or rules have changed" : "rules have changed",
      call: sh`reload`,
    },
  ];
}

function startEngine(unit: string, again: boolean): Change {
  return {
    kind: "change",
    resource: "engine",
    what: `start ${unit}`,
    why: again
      ? "the right disk is mounted, and it reads its new configuration"
      : "the right disk is mounted and it is not running",
    call: sh`start_unit ${unit}`,
  };
}

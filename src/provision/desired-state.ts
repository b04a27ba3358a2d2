import { createHash } from "node:crypto";
import { valueOf } from "../core/answer.ts";
import { engines } from "../engine/engines.ts";
import { playerUnits } from "../engine/players.ts";
import type { PresentDisk } from "../facts/disk-of.ts";
import type { Facts } from "../facts/facts.ts";
import { isInstalled } from "../facts/unit-of.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { systemOf } from "./about.ts";
import { desiredConfigRaspi } from "./config-raspi.ts";
import type { DesiredFile, DesiredFolder } from "./desired.ts";
import { diskRule } from "./disk-rule.ts";
import { desiredFolders } from "./folders.ts";
import { desiredIdentity } from "./identity.ts";
import { initSystemOf } from "./init-library.ts";
import { keptTexts } from "./kept-texts.ts";
import { nodeConf } from "./node-conf.ts";
import type { Desired, Units } from "./plan.ts";
import type { Profile } from "./profile.ts";
import { swapFilePath } from "./swap-file.ts";
import { rpiSwapFiles } from "./swap-owners.ts";
import type { SwapPolicy } from "./swap-policy.ts";
import { indexWay, treeIndex, type TreeIndex } from "./tree-index.ts";
import { sysvinitConf, sysvinitFiles, sysvinitUnits } from "./sysvinit.ts";
import type { SizedNode } from "./swap-size.ts";
import type { Resource } from "./step.ts";
import { fill } from "./template.ts";
import { nodeText, udevText } from "./texts.ts";
import { escapeForDeviceUnit, unitNameOfPath } from "./unit-name.ts";

export interface DesiredInput {
  readonly node: SizedNode;
  readonly inventory: Inventory;
  readonly facts: Facts;
  readonly disk: PresentDisk;
  readonly profile: Profile;
  /** Who is logged in: owner of the tree and user of the engine. */
  readonly user: { readonly name: string; readonly owner: string };
  readonly policy: SwapPolicy;
}

/** Everything that a node is to have, from the inventory and the texts of `provision/` and `udev/`; reads no node. */
export async function desiredState(input: DesiredInput): Promise<Desired> {
  const { node, inventory, facts, disk, user } = input;
  const old = initSystemOf(facts) === "sysvinit";
  const units = old ? sysvinitUnits(node, facts) : unitsOf(input);
  const index = await treeIndex({
    node,
    inventory,
    uuid: disk.uuid,
    way: indexWay(facts),
    init: old ? "sysvinit" : "systemd",
    profile: input.profile,
    mountUnit: units.mount,
  });
  const installed = [
    ...(await scripts(input)),
    ...index.files,
    ...(old
      ? await sysvinitFiles(input)
      : [...(await unitFiles(input, units)), ...(await rpiSwapFiles(node, facts)), await rule(input, units)]),
  ];
  const ownFiles = [confFile(input, units, index, installed), ...installed];
  const systemFiles = [...ownFiles, ...keptTexts(input)];
  const identity = desiredIdentity(node, disk.uuid);
  const config = desiredConfigRaspi({
    node,
    inventory,
    uuid: disk.uuid,
    userName: user.name,
    owner: user.owner,
    system: systemOf(facts),
    // What is only kept to spare the line belongs to a version of pimesh, not to the Pi
    systemFiles: ownFiles,
  });
  return {
    systemFolders: foldersAbove(systemFiles),
    systemFiles,
    diskFolders: [
      ...identity.folders,
      ...desiredFolders(node, user.owner, Object.keys(inventory.laptop.folders)),
      ...config.folders,
    ],
    diskFiles: [...identity.files, ...config.files],
    units,
  };
}

function unitsOf({ node, user }: DesiredInput): Units {
  return {
    mount: `${unitNameOfPath(node.disk.mount)}.mount`,
    swap: "pimesh-swap.service",
    noswap: "pimesh-noswap.service",
    engine: node.engine === false ? undefined : engines[node.engine].unit(user.name),
    index: "pimesh-index.timer",
  };
}

function file(
  resource: Resource,
  path: string,
  text: string | undefined,
  why: string,
  how: { readonly mode?: string; readonly needsReload?: boolean } = {},
): DesiredFile {
  return {
    resource,
    path,
    text,
    mode: how.mode ?? "644",
    owner: "0:0",
    why,
    ...(how.needsReload === true ? { needsReload: true } : {}),
  };
}

async function scripts({ node, profile }: DesiredInput): Promise<DesiredFile[]> {
  const script = async (name: string, wanted: boolean, why: string): Promise<DesiredFile> =>
    file(
      "scripts",
      `${profile.libFolder}/${name}`,
      wanted ? await nodeText(`usr/local/lib/pimesh/${name}`) : undefined,
      wanted ? why : "no swap is wanted any more",
      { mode: "755" },
    );
  return Promise.all([
    script(
      "disk-guard",
      true,
      "says whether the right disk is mounted; the engine starts only when it says yes",
    ),
    script(
      "swap",
      node.swap !== false,
      "switches the disk's swap on and off, and keeps it off where that is not safe",
    ),
    script(
      "noswap",
      node.swap !== false,
      "proves that nobody but the engine and the player can swap to the disk",
    ),
  ]);
}

async function unitFiles(input: DesiredInput, units: Units): Promise<DesiredFile[]> {
  const { node, disk, profile, policy, facts } = input;
  const device = escapeForDeviceUnit(disk.uuid);
  const values = {
    mount: node.disk.mount,
    uuid: disk.uuid,
    mountUnit: units.mount,
    deviceUnit: `${device}.device`,
    deviceName: device,
    lib: profile.libFolder,
  };
  const text = async (name: string): Promise<string> => {
    const template = await nodeText(`etc/systemd/system/${name}`);
    return fill(template, only(values, template), "unit");
  };
  const unit = async (
    resource: Resource,
    template: string,
    name: string,
    wanted: boolean,
    why: string,
    whyNot = "it is not wanted any more",
  ): Promise<DesiredFile> =>
    file(
      resource,
      `${profile.unitFolder}/${name}`,
      wanted ? await text(template) : undefined,
      wanted ? why : whyNot,
      {
        needsReload: true,
      },
    );
  const used = policy.kind === "isolated" || policy.kind === "shared";
  const isolated = policy.kind === "isolated";
  const noswap = "50-pimesh-noswap.conf";
  const isolation =
    "keeps everybody else out of the disk's swap, since lost pages kill whoever needs them; it takes zram away from them too";
  return [
    await unit(
      "mount",
      "disk.mount",
      units.mount,
      true,
      "the disk is mounted by its UUID, at one place, by nobody else",
    ),
    await unit(
      "mount",
      "disk.device.d/50-pimesh.conf",
      `${device}.device.d/50-pimesh.conf`,
      true,
      "the disk brings its mount",
    ),
    await unit(
      "swap",
      "pimesh-swap.service",
      units.swap,
      policy.kind !== "none",
      "the swap goes on and off with the disk",
    ),
    await unit(
      "swap",
      "pimesh-noswap.service",
      units.noswap,
      isolated,
      "PID 1 starts afresh before the swap goes on",
      "the swap is not isolated",
    ),
    ...(await Promise.all(
      ["system.slice.d", "user.slice.d", "init.scope.d"].map((folder) =>
        unit(
          "swap",
          `${folder}/${noswap}`,
          `${folder}/${noswap}`,
          isolated,
          isolation,
          "the swap is not isolated",
        ),
      ),
    )),
    await unit(
      "swap",
      "pimesh.slice",
      "pimesh.slice",
      used,
      "the engine swaps its own memory before it pushes others out of theirs",
    ),
    file(
      "swap",
      `${profile.sysctlFolder}/50-pimesh-panic.conf`,
      used ? await nodeText("etc/sysctl.d/50-pimesh-panic.conf") : undefined,
      used ? "a machine that has panicked comes back by itself" : "no swap of the disk is used",
    ),
    ...(profile.automountUnit !== undefined &&
    valueOf(facts.automounters)?.some(({ name }) => name === "udevil") === true
      ? [
          await unit(
            "udev",
            "udevil-mount@.service.d/50-pimesh.conf",
            `${profile.automountUnit}.d/50-pimesh.conf`,
            true,
            "udevil gets every plugged disk but this one",
          ),
        ]
      : []),
    ...(await engineDropIns(input, units, unit)),
    ...(await Promise.all(
      playerUnits
        .filter((player) => isInstalled(facts, player))
        .map((player) =>
          unit(
            "player",
            "player.service.d/50-pimesh.conf",
            `${player}.d/50-pimesh.conf`,
            node.player !== false,
            "the player is started again when a pulled disk or lost swap has killed it",
          ),
        ),
    )),
  ];
}

/**
 * The engine's own drop-ins. The guard of an engine that the inventory has given up stays: it may still be enabled, and
 * without the guard it would start at the next boot whether the disk is there or not.
 */
async function engineDropIns(
  { user, policy }: DesiredInput,
  units: Units,
  unit: (
    resource: Resource,
    template: string,
    name: string,
    wanted: boolean,
    why: string,
  ) => Promise<DesiredFile>,
): Promise<DesiredFile[]> {
  const gate = policy.kind !== "none" && policy.gate === true;
  const perEngine = Object.values(engines).map(async (engine) => {
    const name = engine.unit(user.name);
    const own = name === units.engine;
    const swapGate = await unit(
      "engine",
      "engine.service.d/60-pimesh-swap-gate.conf",
      `${name}.d/60-pimesh-swap-gate.conf`,
      own && gate,
      "the engine cannot live without the swap, so it waits for it",
    );
    if (!own) return [swapGate];
    const guard = await unit(
      "engine",
      "engine.service.d/50-pimesh.conf",
      `${name}.d/50-pimesh.conf`,
      true,
      "the engine runs only while the right disk is mounted read-write",
    );
    return [guard, swapGate];
  });
  return (await Promise.all(perEngine)).flat();
}

async function rule({ node, disk, profile, policy }: DesiredInput, units: Units): Promise<DesiredFile> {
  const wants = [
    units.mount,
    ...(policy.kind === "none" ? [] : [units.swap]),
    ...(units.engine === undefined ? [] : [units.engine]),
  ];
  return file(
    "udev",
    `${profile.rulesFolder}/992-pimesh-disk.rules`,
    diskRule(await udevText("992-pimesh-disk.rules"), { uuid: disk.uuid, label: node.disk.label, wants }),
    "a plugged disk starts mount, swap and engine, and automounters keep away from it",
    { needsReload: true },
  );
}

/** First of all files: the pin, and what the scripts read. */
function confFile(
  { node, disk, profile, policy }: DesiredInput,
  units: Units,
  index: TreeIndex,
  installed: readonly DesiredFile[],
): DesiredFile {
  return file(
    "identity",
    `${profile.confFolder}/node.conf`,
    nodeConf({
      node,
      uuid: disk.uuid,
      partUuid: disk.partUuid ?? "",
      revision: revisionOf(installed),
      swapFile: swapFilePath(node),
      engineUnit: units.engine,
      more: [...index.conf, ...(units.mount.endsWith(".mount") ? [] : sysvinitConf(node, policy, units))],
    }),
    "pins the disk to this node by its UUID, and tells the scripts what they need",
  );
}

function revisionOf(files: readonly DesiredFile[]): string {
  const hash = createHash("sha256");
  for (const each of files) hash.update(JSON.stringify([each.path, each.text ?? null, each.mode]));
  return hash.digest("hex").slice(0, 12);
}

/** Every folder above the files, outermost first: on some systems /etc/udev/rules.d is not there yet. */
export function foldersAbove(
  files: readonly Pick<DesiredFile, "resource" | "path" | "text">[],
): DesiredFolder[] {
  const paths = new Map<string, Resource>();
  for (const each of files) {
    if (each.text === undefined) continue;
    const parts = each.path.split("/").slice(1, -1);
    parts.forEach((_, index) => {
      const path = `/${parts.slice(0, index + 1).join("/")}`;
      if (!paths.has(path)) paths.set(path, each.resource);
    });
  }
  return [...paths]
    .toSorted(([left], [right]) => left.split("/").length - right.split("/").length)
    .map(([path, resource]) => ({ resource, path, mode: "755", owner: "0:0", why: "it is not there yet" }));
}

/** `fill` takes a value without a placeholder for a bug: each template gets just its own. */
function only(values: Readonly<Record<string, string>>, template: string): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => template.includes(`{{${name}}}`)));
}

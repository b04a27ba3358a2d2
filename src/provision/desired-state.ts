import { createHash } from "node:crypto";
import { engines } from "../engine/engines.ts";
import { systemOf } from "./about.ts";
import { desiredConfigRaspi } from "./config-raspi.ts";
import type { DesiredInput } from "./desired-input.ts";
import type { DesiredFile } from "./desired.ts";
import { diskRule } from "./disk-rule.ts";
import { foldersAbove } from "./folders-above.ts";
import { desiredFolders } from "./folders.ts";
import { desiredIdentity } from "./identity.ts";
import { initSystemOf } from "./init-library.ts";
import { keptTexts } from "./kept-texts.ts";
import { nodeConf } from "./node-conf.ts";
import { ownFile } from "./own-file.ts";
import type { Desired, Units } from "./plan-input.ts";
import { swapFilePath } from "./swap-file.ts";
import { rpiSwapFiles } from "./swap-owners.ts";
import { indexWay, treeIndex, type TreeIndex } from "./tree-index.ts";
import { sysvinitConf, sysvinitFiles, sysvinitUnits } from "./sysvinit.ts";
import { nodeText, udevText } from "./texts.ts";
import { unitFiles } from "./unit-files.ts";
import { unitNameOfPath } from "./unit-name.ts";

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

async function scripts({ node, profile }: DesiredInput): Promise<DesiredFile[]> {
  const script = async (name: string, wanted: boolean, why: string): Promise<DesiredFile> =>
    ownFile(
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

async function rule({ node, disk, profile, policy }: DesiredInput, units: Units): Promise<DesiredFile> {
  const wants = [
    units.mount,
    ...(policy.kind === "none" ? [] : [units.swap]),
    ...(units.engine === undefined ? [] : [units.engine]),
  ];
  return ownFile(
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
  return ownFile(
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

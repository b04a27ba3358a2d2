import { valueOf } from "../core/answer.ts";
import { engines } from "../engine/engines.ts";
import { playerUnits } from "../engine/players.ts";
import { isInstalled } from "../facts/unit-of.ts";
import type { DesiredInput } from "./desired-input.ts";
import type { DesiredFile } from "./desired.ts";
import { ownFile } from "./own-file.ts";
import type { Units } from "./plan-input.ts";
import type { Resource } from "./step.ts";
import { fill } from "./template.ts";
import { nodeText } from "./texts.ts";
import { escapeForDeviceUnit } from "./unit-name.ts";

/** Our units and drop-ins for systemd, and those that are to go. */
export async function unitFiles(input: DesiredInput, units: Units): Promise<DesiredFile[]> {
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
    ownFile(
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
    ownFile(
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

/** `fill` takes a value without a placeholder for a bug: each template gets just its own. */
function only(values: Readonly<Record<string, string>>, template: string): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => template.includes(`{{${name}}}`)));
}

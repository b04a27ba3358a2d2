import type { Answer } from "../core/answer.ts";
import type { Node } from "../inventory/inventory.ts";
import { architecture } from "./architecture.ts";
import { automounters } from "./automounters.ts";
import { blockDevices } from "./block-devices.ts";
import { bootLine } from "./boot-line.ts";
import { clock } from "./clock.ts";
import { diskSpace } from "./disk-space.ts";
import type { Fact } from "./fact.ts";
import type { Facts, HealthFacts, WorkFacts } from "./facts.ts";
import { find } from "./find.ts";
import { fstab } from "./fstab.ts";
import { identity } from "./identity.ts";
import { heldBack } from "./held-back.ts";
import { ignoreFile } from "./ignore-file.ts";
import { indexSummary } from "./index-summary.ts";
import { initScripts } from "./init-scripts.ts";
import { init } from "./init.ts";
import { kernel } from "./kernel.ts";
import { load } from "./load.ts";
import { memory } from "./memory.ts";
import { memoryController } from "./memory-controller.ts";
import { model } from "./model.ts";
import { mountPoint } from "./mount-point.ts";
import { mounts } from "./mounts.ts";
import { os } from "./os.ts";
import { overlayRoot } from "./overlay-root.ts";
import { pageSize } from "./page-size.ts";
import { privilege } from "./privilege.ts";
import { processes } from "./processes.ts";
import { provisioned } from "./provisioned.ts";
import { python } from "./python.ts";
import { rpiSwap } from "./rpi-swap.ts";
import { swaps } from "./swaps.ts";
import { systemd } from "./systemd.ts";
import { temperature } from "./temperature.ts";
import { throttled } from "./throttled.ts";
import { tools } from "./tools.ts";
import { units } from "./units.ts";
import { uptime } from "./uptime.ts";

/** The questions whose answers are these facts. */
export type QuestionsOf<F> = {
  readonly [K in keyof F]: Fact<F[K] extends Answer<infer T> ? T : never>;
};

/** Every question, in the order in which they are asked. */
export function questionsFor(node: Node): QuestionsOf<Facts> {
  return { ...workQuestions, ...healthQuestions(node) };
}

export const workQuestions: QuestionsOf<WorkFacts> = {
  kernel,
  architecture,
  pageSize,
  identity,
  privilege,
  systemd,
  rpiSwap,
  overlayRoot,
  tools,
  find,
  python,
  automounters,
};

/** What touches a disk, and so may never answer, stands last. */
export function healthQuestions(node: Node): QuestionsOf<HealthFacts> {
  return {
    clock,
    os,
    model,
    memory,
    swaps,
    load,
    uptime,
    mounts,
    init,
    initScripts,
    heldBack,
    memoryController,
    bootLine,
    processes,
    fstab,
    provisioned,
    temperature,
    throttled,
    units: units(node),
    blockDevices,
    mountPoint: mountPoint(node),
    index: indexSummary(node),
    ignoreFile: ignoreFile(node),
    diskSpace: diskSpace(node),
  };
}

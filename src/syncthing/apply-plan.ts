import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { PimeshError } from "../core/error.ts";
import type { Change } from "./change.ts";
import type { Instance } from "./instance.ts";
import type { Paired } from "./paired.ts";
import type { InstancePlan } from "./plan-instance.ts";
import type { Rest } from "./rest-client.ts";
import { untilItListens } from "./until-it-listens.ts";

/**
 * Makes the changes of a plan, in their order, and keeps the record of what was paired. The first that fails ends it: what was made
 * until then is known, and the next run makes the rest. Does I/O.
 *
 * `ensureMarker` is called before a change that needs the folder's marker: it looks whether the right disk is there with the files
 * that the engine knows of, makes the marker, or throws. `onChange` hears each change before it is made.
 *
 * Errors: those of `openRest`, of `Instance.keepPaired` and of `ensureMarker`.
 */
export async function applyPlan(
  instance: Instance,
  plan: InstancePlan,
  options: {
    readonly ensureMarker: () => Promise<void>;
    readonly onChange?: (change: Change) => void;
  },
): Promise<{ readonly restartNeeded: boolean }> {
  const { rest } = instance;
  // Whatever is cut off here, no device of ours is forgotten.
  const both = union(instance.paired, plan.paired);
  if (!same(both, instance.paired)) await instance.keepPaired(both);
  const make = async (change: Change): Promise<void> => {
    options.onChange?.(change);
    if (change.needsMarker === true) await options.ensureMarker();
    await rest.send(change.method, change.path, change.body);
  };
  const doors = plan.changes.filter(({ path }) => path === "/rest/config/gui");
  for (const change of plan.changes) if (!doors.includes(change)) await make(change);
  const answer = await rest.find("/rest/config/restart-required", restartAnswer);
  for (const change of doors) await throughClosingDoors(rest, () => make(change));
  if (doors.length > 0) {
    // The old doors may answer once more before they close.
    await sleep(500);
    await untilItListens(rest, 15_000);
  }
  if (!same(plan.paired, both)) await instance.keepPaired(plan.paired);
  return { restartNeeded: answer?.requiresRestart ?? false };
}

/** With other doors it may hang up before it has answered [ran]: the same change again tells whether it was made. */
async function throughClosingDoors(rest: Rest, make: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await make();
      return;
    } catch (error) {
      const hungUp = error instanceof PimeshError && /^E-(?:CONNECTION-LOST|ENGINE-DOWN)$/.test(error.code);
      if (!hungUp || tries === 3) throw error;
      await untilItListens(rest, 15_000);
    }
  }
}

const restartAnswer = z.looseObject({ requiresRestart: z.boolean() });

/** What was there before stands as it was: its addresses are needed to tell ours from a person's. */
function union(before: Paired, after: Paired): Paired {
  const known = new Set(before.devices.map(({ id }) => id));
  return { devices: [...before.devices, ...after.devices.filter(({ id }) => !known.has(id))] };
}

function same(left: Paired, right: Paired): boolean {
  return JSON.stringify(left.devices) === JSON.stringify(right.devices);
}

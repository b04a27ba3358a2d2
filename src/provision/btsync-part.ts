import type { PresentDisk } from "../facts/disk-of.ts";
import type { Facts } from "../facts/facts.ts";
import type { Connection } from "../ssh/connection.ts";
import { keyEngineDesired, type KeyEngineDesired, type Login } from "./btsync-desired.ts";
import { keyEnginePaths, lookAtKeyEngine, type KeyEngine, type KeyEngineGiven } from "./btsync-engine.ts";
import { planEngineChange, type EngineChange } from "./btsync-restart.ts";
import type { DesiredFolder } from "./desired.ts";
import { foldersAbove } from "./folders-above.ts";
import type { Inspection } from "./inspection.ts";
import type { PlanInput } from "./plan-input.ts";
import type { Notice } from "./step.ts";

/** What btsync and Resilio add to the look at a node; all empty for other engines. */
export interface KeyEngineQuestions {
  readonly engine: KeyEngine | undefined;
  readonly systemPaths: readonly string[];
  readonly diskPaths: readonly string[];
  /** Those above its files that are not in `known`. */
  readonly folders: readonly DesiredFolder[];
}

/** `known`: undefined where the engine is no part of this run. Errors: those of `lookAtKeyEngine`. */
export async function askKeyEngine(
  connection: Connection,
  given: KeyEngineGiven,
  known: readonly DesiredFolder[] | undefined,
): Promise<KeyEngineQuestions> {
  const engine = known === undefined ? undefined : await lookAtKeyEngine(connection, given);
  if (engine === undefined || known === undefined) {
    return { engine: undefined, systemPaths: [], diskPaths: [], folders: [] };
  }
  const { system, disk } = keyEnginePaths(engine);
  const above = foldersAbove(
    [...system, engine.places.program].map((path) => ({ resource: "engine" as const, path, text: "" })),
  );
  const folders = above.filter(({ path }) => !known.some((folder) => folder.path === path));
  return { engine, systemPaths: [...folders.map(({ path }) => path), ...system], diskPaths: disk, folders };
}

/** What btsync and Resilio add to a plan; all empty for other engines. */
export interface KeyEnginePart extends Pick<KeyEngineDesired, "systemFiles" | "diskFiles" | "diskFolders"> {
  readonly brings: boolean;
  readonly change: EngineChange;
  /** `starts`: the plan starts the engine. */
  readonly inPlan: (starts: boolean) => Pick<PlanInput, "keyEngine">;
  readonly notices: (starts: boolean) => readonly Notice[];
}

/** Errors: those of `keyEngineDesired`. */
export async function keyEnginePart(
  { engine }: KeyEngineQuestions,
  given: {
    readonly inspection: Inspection;
    readonly user: Login;
    readonly facts: Facts;
    readonly disk: PresentDisk;
  },
): Promise<KeyEnginePart> {
  const { inspection, user, facts, disk } = given;
  const desired = engine === undefined ? undefined : await keyEngineDesired(engine, inspection, user);
  const change = planEngineChange({ facts, unit: engine?.unit, desired, disk });
  if (engine === undefined || desired === undefined || change.kind === "later") {
    return {
      systemFiles: [],
      diskFiles: [],
      diskFolders: [],
      brings: false,
      change,
      inPlan: () => ({}),
      notices: () => [],
    };
  }
  return {
    ...desired,
    change,
    inPlan: (starts) => ({
      keyEngine: {
        stop: change.kind === "restart" && starts ? [change.stop] : [],
        program: desired.program,
        programPath: engine.places.program,
        brings: desired.brings,
      },
    }),
    notices: (starts) => [
      ...desired.notices,
      ...(change.kind === "restart" && !starts ? [change.notice] : []),
    ],
  };
}

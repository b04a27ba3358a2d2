import { createHash } from "node:crypto";
import { valueOf } from "../core/answer.ts";
import { quote, sh } from "../core/shell.ts";
import type { Facts } from "../facts/facts.ts";
import { initScriptOf } from "../facts/unit-of.ts";
import { treePath, type Inventory, type Node } from "../inventory/inventory.ts";
import { asciiJson, farEndRules, rulesHash } from "../tree/far-end-rules.ts";
import { farEnd } from "../tree/far-end.ts";
import type { Filter } from "../tree/filter.ts";
import { findWords } from "../tree/find-rules.ts";
import { nodeFilter } from "../tree/node-tree.ts";
import type { DesiredFile } from "./desired.ts";
import type { InitSystem } from "./init-library.ts";
import type { Inspection } from "./inspection.ts";
import type { Units } from "./plan-input.ts";
import type { Profile } from "./profile.ts";
import type { Change, Notice, Step } from "./step.ts";
import { fill } from "./template.ts";
import { nodeText } from "./texts.ts";

/** Seconds until the tree is counted again. Longer than a film: what plays puts it off, and twice this is old. */
const interval = 3 * 60 * 60;

/** What a node makes its index with. With GNU find it is the counts alone; undefined: it has neither, and gets no index. */
export type IndexWay = "python" | "find";

export function indexWay(facts: Pick<Facts, "python" | "find">): IndexWay | undefined {
  const python = valueOf(facts.python);
  if (python !== undefined && (python.major > 3 || (python.major === 3 && python.minor >= 5)))
    return "python";
  return valueOf(facts.find)?.flavour === "gnu" ? "find" : undefined;
}

export interface TreeIndex {
  readonly files: readonly DesiredFile[];
  /** For node.conf. */
  readonly conf: readonly (readonly [string, string])[];
}

export interface TreeIndexInput {
  readonly node: Node;
  readonly inventory: Inventory;
  readonly uuid: string;
  readonly way: IndexWay | undefined;
  readonly init: InitSystem;
  readonly profile: Profile;
  readonly mountUnit: string;
}

/** The low-priority timer that keeps the tree's counts fresh, so that `status` never walks through it on a busy Pi. */
export async function treeIndex(input: TreeIndexInput): Promise<TreeIndex> {
  const { node, inventory, uuid, way, profile } = input;
  const filter = nodeFilter(node, inventory.ignore);
  const file = (path: string, text: string | undefined, why: string, mode = "644"): DesiredFile => ({
    resource: "index",
    path,
    text,
    mode,
    owner: "0:0",
    why: text === undefined ? whyNot[way ?? "none"] : why,
  });
  const program = way === "python" ? farEnd("walk.py", "pack.py", "index.py") : undefined;
  const rules = way === undefined ? undefined : rulesText(filter, way);
  const script = await nodeText("usr/local/lib/pimesh/index");
  return {
    files: [
      file(
        `${profile.libFolder}/index.py`,
        program,
        "walks through the tree and packs what it holds into one file",
      ),
      file(
        `${profile.libFolder}/index`,
        way === undefined ? undefined : script,
        "counts what the tree holds while nobody needs the node, so that status need not",
        "755",
      ),
      ...(["json", "sh"] as const).map((ending) =>
        file(
          `${profile.confFolder}/index-rules.${ending}`,
          rules?.ending === ending ? rules.text : undefined,
          "what of the tree counts, from the inventory's ignore list",
        ),
      ),
      ...(await timerFiles(input, file)),
    ],
    conf: [
      ["INDEX_WAY", way ?? ""],
      ["INDEX_INTERVAL", String(interval)],
      // A count that was made of anything else, or by another program, is made anew
      ["INDEX_ID", shortHash([uuid, treePath(node), rules?.text ?? "", program ?? "", script])],
    ],
  };
}

const whyNot = {
  none: "there is neither python3 nor GNU find to make an index with",
  python: "python3 makes the index",
  find: "find makes the index, for want of python3",
} as const;

type MakeFile = (path: string, text: string | undefined, why: string, mode?: string) => DesiredFile;

async function timerFiles(
  { way, init, profile, mountUnit, uuid, node }: TreeIndexInput,
  file: MakeFile,
): Promise<DesiredFile[]> {
  const values = { lib: profile.libFolder, mount: node.disk.mount, mountUnit };
  const text = async (path: string, dialect: "unit" | "plain", more = {}): Promise<string | undefined> => {
    if (way === undefined) return undefined;
    const template = await nodeText(path);
    const used = Object.entries({ ...values, ...more }).filter(([name]) => template.includes(`{{${name}}}`));
    return fill(template, Object.fromEntries(used) as Record<string, string>, dialect);
  };
  if (init === "sysvinit") {
    // The homes of a family need not all look at the same minute
    const minute = Number.parseInt(shortHash([uuid]).slice(0, 6), 16) % 30;
    return [
      file(
        "/etc/cron.d/pimesh-index",
        await text("etc/cron.d/pimesh-index", "plain", { minutes: `${minute},${minute + 30}` }),
        "looks twice an hour whether the tree has to be counted again",
      ),
    ];
  }
  const unit = async (template: string, name: string, why: string): Promise<DesiredFile> => ({
    ...file(`${profile.unitFolder}/${name}`, await text(`etc/systemd/system/${template}`, "unit"), why),
    needsReload: true,
  });
  return [
    await unit("pimesh-index.service", indexService, "counts at the lowest priority, and in little memory"),
    await unit(
      "pimesh-index.timer",
      "pimesh-index.timer",
      "looks twice an hour whether the tree has to be counted again",
    ),
    await unit(
      "disk.mount.d/50-pimesh-index.conf",
      `${mountUnit}.d/50-pimesh-index.conf`,
      "the disk brings the timer",
    ),
  ];
}

const indexService = "pimesh-index.service";

function rulesText(filter: Filter, way: IndexWay): { readonly ending: "json" | "sh"; readonly text: string } {
  if (way === "python") return { ending: "json", text: `${asciiJson(farEndRules(filter))}\n` };
  const words = findWords(filter, {
    inFlight: ["-printf", String.raw`i 0 0 \0`],
    // A folder that is closed to root too lies on a broken disk
    entry: ["-printf", String.raw`%y %s %T@ %P\0`],
  });
  return {
    ending: "sh",
    text: `# Written by pimesh from the inventory: what of the tree counts, in the words of find.\nrules=${rulesHash(filter)}\nset -- ${words.map(quote).join(" ")}\n`,
  };
}

function shortHash(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 12);
}

/** Behind the files of the plan, which `written` are: the timer goes on, and what has changed is counted anew at once. */
export function planIndex({ inspection, units, way }: PlanIndexInput, written: readonly Step[]): Step[] {
  if (way === undefined) return [];
  const changed = written.filter(
    (step): step is Change => step.kind === "change" && step.resource === "index",
  );
  const steps: Step[] = [];
  if (units.index !== undefined) {
    const state = inspection.units.get(units.index)?.active;
    if (state !== "active") {
      steps.push(
        indexStep(
          `start ${units.index}`,
          "it is brought by the disk, and that is mounted already",
          sh`start_unit ${units.index}`,
        ),
      );
    } else if (changed.some(({ what }) => what.endsWith(`/${units.index ?? ""}`))) {
      steps.push(
        indexStep(`restart ${units.index}`, "its times have changed", sh`restart_unit ${units.index}`),
      );
    }
  }
  // A run that was cut off may have written its files and not come as far as this
  if (changed.length > 0 || inspection.runs.some(({ state }) => state === "open")) {
    steps.push(
      indexStep(
        "count the tree, in the background",
        "the first time, or by what has changed; nobody has to wait for it",
        sh`index_now`,
      ),
    );
  }
  return steps;
}

export interface PlanIndexInput {
  readonly facts: Pick<Facts, "initScripts">;
  readonly inspection: Pick<Inspection, "units" | "runs">;
  readonly units: Units;
  readonly way: IndexWay | undefined;
}

/** Before its files go: a timer that is active fires without them. */
export function planIndexStop({ inspection, units, way }: PlanIndexInput): Step[] {
  if (way !== undefined || units.index === undefined) return [];
  if (inspection.units.get(units.index)?.active !== "active") return [];
  return [indexStep(`stop ${units.index}`, whyNot.none, sh`stop_unit ${units.index}`)];
}

export function indexNotices(node: Node, { facts, units, way }: PlanIndexInput): Notice[] {
  if (way === undefined) {
    return [
      {
        message: `no index is kept: ${whyNot.none}; status walks through the whole tree`,
        hint: `ssh ${node.name} sudo apt-get install python3`,
      },
    ];
  }
  if (units.index !== undefined || initScriptOf(facts, "cron") !== undefined) return [];
  return [
    {
      message:
        "nobody keeps the index fresh: there is no cron; after six hours status walks through the tree",
      hint: `ssh ${node.name} sudo apt-get install cron`,
    },
  ];
}

function indexStep(what: string, why: string, call: ReturnType<typeof sh>): Change {
  return { kind: "change", resource: "index", what, why, call };
}

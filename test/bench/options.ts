import { parseArgs } from "node:util";

export const groups = ["start", "diff", "slow", "walk", "growth", "status", "provision"] as const;
export type Group = (typeof groups)[number];

export interface Options {
  /** Files of the main tree, and of the trees that show how cost grows with the size. */
  readonly files: number;
  readonly growth: readonly number[];
  /** Are the trees as large as the targets mean? */
  readonly full: boolean;
  readonly only: readonly Group[];
  readonly runs: number;
  readonly svg: string | undefined;
  readonly markdown: string | undefined;
  /** Where the trees and all else are put; default a temporary folder. */
  readonly folder: string | undefined;
  readonly install: boolean;
  readonly nodes: number;
  /** Seconds that one run over the slow line may take; what would take longer is computed. */
  readonly patience: number;
  readonly seed: number;
}

export const usage = `npm run bench -- [OPTIONS]
  --files N        files of the main tree (20,000)
  --full           trees of the sizes that the targets mean: 157,970, 297,481 and 1,000,000 files; an hour or two
  --only GROUP     only these: ${groups.join(", ")}; with commas, or several times
  --runs N         runs of each, of which the median counts (3)
  --nodes N        nodes that status asks (30)
  --patience S     seconds that one run over the 10 KiB/s line may take, else it is computed from its bytes (45; --full: 120)
  --svg FOLDER     writes plots of cost against differences and against tree size
  --markdown FILE  writes the table
  --folder FOLDER  where the trees are made (a temporary folder)
  --seed N         of the trees (1)
  --install        installs the peers that are missing with apt-get
`;

/** Throws an Error that tells what is wrong. */
export function parseOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      files: { type: "string" },
      full: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      runs: { type: "string" },
      nodes: { type: "string" },
      patience: { type: "string" },
      svg: { type: "string" },
      markdown: { type: "string" },
      folder: { type: "string" },
      seed: { type: "string" },
      install: { type: "boolean", default: false },
    },
  });
  if (values.full && values.files !== undefined) throw new Error("--full has its own --files");
  const files = values.full ? 297_481 : whole("--files", values.files, 20_000, 1000);
  const only = values.only.flatMap((text) => text.split(",")).map(groupOf);
  return {
    files,
    growth: values.full ? [157_970, 1_000_000] : [Math.round(files * 0.53), Math.round(files * 3.36)],
    full: values.full,
    only: only.length === 0 ? groups : groups.filter((group) => only.includes(group)),
    runs: whole("--runs", values.runs, 3, 1),
    nodes: whole("--nodes", values.nodes, 30, 3),
    patience: whole("--patience", values.patience, values.full ? 120 : 45, 0),
    svg: values.svg,
    markdown: values.markdown,
    folder: values.folder,
    install: values.install,
    seed: whole("--seed", values.seed, 1, 0),
  };
}

function whole(name: string, text: string | undefined, otherwise: number, least: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text.replaceAll(/[,_]/g, ""));
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`${name} takes a whole number from ${least}`);
  return value;
}

function groupOf(text: string): Group {
  const group = groups.find((name) => name === text.trim());
  if (group === undefined) throw new Error(`--only takes ${groups.join(", ")}, not ${text}`);
  return group;
}

import { formatBytes } from "../core/bytes.ts";
import { PimeshError } from "../core/error.ts";

interface Held {
  readonly files: number;
  readonly bytes: number;
}

/** What a tree held before, by who remembers it: pimesh's own last look, the engine's database, or the index on the disk. */
export interface Memory extends Held {
  readonly by: "look" | "engine" | "index";
}

/** The brake comes on when more than a tenth, or more than 1,000 files, would vanish. */
const share = 0.1;
const most = 1000;

/**
 * The mass-change brake: asked before an engine is started (`start`), or its folder gets a marker (`marker`). What is missing since
 * then would be taken for deleted by the engine, and deleted at the other homes. Throws E-MASS-CHANGE.
 */
export function guardMassChange(
  node: string,
  before: Memory,
  now: Held,
  step: "start" | "marker" = "start",
): void {
  const gone = before.files - now.files;
  if (gone <= most && gone <= before.files * share) return;
  const { since, when } = words[before.by];
  const so = step === "start" ? "it is not started" : "the marker of its disk is not made";
  const again = node === "laptop" ? "--all" : node;
  throw new PimeshError(
    "E-MASS-CHANGE",
    `${gone} of ${before.files} files are gone ${since} (${formatBytes(before.bytes)} ${when}, ${formatBytes(now.bytes)} now); the engine would delete them at the other homes, so ${so}`,
    {
      node,
      hint: `see what is missing: ${node === "laptop" ? "pimesh status" : `pimesh diff laptop ${node}`}; if it is meant so: pimesh provision ${again} --accept-mass-change`,
    },
  );
}

const words: Readonly<Record<Memory["by"], { readonly since: string; readonly when: string }>> = {
  look: { since: "since the last look", when: "then" },
  engine: { since: "that its Syncthing remembers", when: "in its database" },
  index: { since: "since its own index was made", when: "then" },
};

import { formatBytes } from "../core/bytes.ts";
import { PimeshError } from "../core/error.ts";

interface Held {
  readonly files: number;
  readonly bytes: number;
}

/** The brake comes on when more than a tenth, or more than 1,000 files, would vanish. */
const share = 0.1;
const most = 1000;

/**
 * The mass-change brake: asked before an engine is started. What is missing since the last look would be taken for
 * deleted by the engine, and deleted at the other homes. Throws E-MASS-CHANGE.
 */
export function guardMassChange(node: string, before: Held, now: Held): void {
  const gone = before.files - now.files;
  if (gone <= most && gone <= before.files * share) return;
  throw new PimeshError(
    "E-MASS-CHANGE",
    `${gone} of ${before.files} files are gone since the last look (${formatBytes(before.bytes)} then, ${formatBytes(now.bytes)} now); the engine would delete them at the other homes, so it is not started`,
    {
      node,
      hint: `see what is missing: pimesh diff laptop ${node}; if it is meant so: pimesh provision ${node} --accept-mass-change`,
    },
  );
}

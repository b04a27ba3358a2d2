import { formatDuration } from "../core/duration.ts";
import { thousands } from "../core/thousands.ts";
import { countedOf, type Measurement } from "../history/measurement.ts";
import type { SyncTold } from "../history/sync-measurement.ts";
import { countOf, type Problem } from "./problem.ts";
import { thresholds } from "./thresholds.ts";

/**
 * The disk's view and the engine's, where they contradict each other. While it works they differ by nature, and a rule of the home's own
 * explains that the engine knows of fewer.
 */
export function contradiction({ state, local }: SyncTold, measurement: Measurement, name: string): Problem[] {
  const { counts, ignore } = measurement;
  if (state !== "idle" || local === null || counts === null) return [];
  const more = local.files - counts.files;
  if (Math.abs(more) <= Math.max(thresholds.apart, local.files * thresholds.apartShare)) return [];
  if (more < 0 && (ignore?.more.length ?? 0) > 0) return [];
  const { by, at } = countedOf(measurement);
  const who =
    by === "index" ? `its index of ${formatDuration(measurement.at - at)} ago` : "a count of its disk";
  return [
    {
      code: "W-SYNC-CONTRADICTS",
      message: `Syncthing knows of ${countOf(local.files, "file")} there, ${who} found ${thousands(counts.files)}: ${more > 0 ? "files may be gone that it has not missed yet" : "it may not have seen them all, or may not read them"}`,
      try: by === "index" ? `pimesh status ${name} --fresh` : `pimesh diff laptop ${name}`,
      // What has come since then explains it as well
      kind: by === "index" ? "aside" : "degraded",
    },
  ];
}

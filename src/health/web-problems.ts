import { formatBytes } from "../core/bytes.ts";
import type { WebMeasured, WebToldMeasured } from "../history/traces-measurement.ts";
import { howToAsk } from "./how-to-ask.ts";
import { countOf, type Problem, type Subject } from "./problem.ts";

/** What a node's btsync or Resilio says against itself in its web interface, or why it says nothing although it should. */
export function webProblems(web: WebMeasured, subject: Subject): Problem[] {
  const { engineTitle, name, ssh, measurement } = subject;
  const look = ssh(howToAsk(measurement.engine?.unit ?? null));
  switch (web.kind) {
    case "off":
      return [];
    case "silent": {
      // A login that was set in the browser is no illness
      const ill = web.code === "E-ENGINE-DOWN" || web.code === "E-TIMED-OUT";
      return [
        {
          code: ill ? "W-SYNC-SILENT" : "W-SYNC-UNKNOWN",
          message: `what its ${engineTitle} knows is not known (${web.code}): ${web.why}`,
          try: ill ? look : (web.hint ?? look),
          kind: ill ? "degraded" : "aside",
        },
      ];
    }
    case "told":
    default:
      return standing(web, engineTitle, { look, again: `pimesh status ${name}` });
  }
}

/** Whoever is not in sync is at work, or has a problem here. */
function standing(
  { state, why, need, peers }: WebToldMeasured,
  engine: string,
  { look, again }: { readonly look: string; readonly again: string },
): Problem[] {
  const degraded = (code: string, message: string): Problem[] => [
    { code, message, try: look, kind: "degraded" },
  ];
  const left =
    need === null || need.files === 0
      ? ""
      : `; ${countOf(need.files, "file")} to get${need.bytes === null ? "" : ` (${formatBytes(need.bytes)})`}`;
  switch (state) {
    case "synced":
      return [];
    case "error":
      return degraded("W-SYNC-ERROR", `${engine} has the folder in error: ${why ?? "it does not say why"}`);
    case "paused":
    case "stopped":
      return degraded(
        "W-SYNC-PAUSED",
        `its folder is ${state} in ${engine}: nothing is synced until somebody lets it go on there`,
      );
    case "alone":
      return degraded(
        "W-SYNC-ALONE",
        `no other home is connected to it, so nothing comes or goes${peers.length === 0 ? "" : `: ${peers.map((peer) => peer.name).join(", ")} ${peers.length === 1 ? "is" : "are"} away`}${left}`,
      );
    case "not-set-up":
      return degraded(
        "W-FOLDER-NOT-SHARED",
        `${engine} does not have the family's folder, so nothing of it is synced`,
      );
    case "unknown":
      return [
        {
          code: "W-SYNC-UNKNOWN",
          message: `whether it is in sync is not known${why === null ? "" : `: ${why}`}`,
          try: look,
          kind: "aside",
        },
      ];
    case "incomplete":
      return [
        {
          code: "W-SYNC-WAITING",
          message: `${engine} is waiting for a home that has what it lacks${left}`,
          try: again,
          kind: "apart",
        },
      ];
    case "receiving":
    case "sending":
    case "syncing":
    case "indexing":
    default:
      return [{ code: "W-SYNC-WORKING", message: `${engine} is ${state}${left}`, try: again, kind: "apart" }];
  }
}

import type { DesiredFile } from "./desired.ts";
import type { Resource } from "./step.ts";

/** A file of ours on the node's system, root's; mode 644 unless told. */
export function ownFile(
  resource: Resource,
  path: string,
  text: string | undefined,
  why: string,
  how: { readonly mode?: string; readonly needsReload?: boolean } = {},
): DesiredFile {
  return {
    resource,
    path,
    text,
    mode: how.mode ?? "644",
    owner: "0:0",
    why,
    ...(how.needsReload === true ? { needsReload: true } : {}),
  };
}

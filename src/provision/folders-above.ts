import type { DesiredFile, DesiredFolder } from "./desired.ts";
import type { Resource } from "./step.ts";

/** Every folder above the files, outermost first: on some systems /etc/udev/rules.d is not there yet. */
export function foldersAbove(
  files: readonly Pick<DesiredFile, "resource" | "path" | "text">[],
): DesiredFolder[] {
  const paths = new Map<string, Resource>();
  for (const each of files) {
    if (each.text === undefined) continue;
    const parts = each.path.split("/").slice(1, -1);
    parts.forEach((_, index) => {
      const path = `/${parts.slice(0, index + 1).join("/")}`;
      if (!paths.has(path)) paths.set(path, each.resource);
    });
  }
  return [...paths]
    .toSorted(([left], [right]) => left.split("/").length - right.split("/").length)
    .map(([path, resource]) => ({ resource, path, mode: "755", owner: "0:0", why: "it is not there yet" }));
}

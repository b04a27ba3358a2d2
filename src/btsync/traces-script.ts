import { readFileSync } from "node:fs";
import { script, sh, shellFile, type Command } from "../core/shell.ts";
import { engines } from "../engine/engines.ts";
import { treePath, type Node } from "../inventory/inventory.ts";

/** A node whose engine is btsync or Resilio. */
export type TracedNode = Node & { readonly engine: "btsync" | "resilio" };

export function isTraced(node: Node): node is TracedNode {
  return node.engine === "btsync" || node.engine === "resilio";
}

/** Asks a node, in one command, what its engine leaves behind; `read-traces.ts` reads the answer. */
export function tracesScript(node: TracedNode, nonce: string): Command {
  const { processNames, configFiles } = engines[node.engine];
  // Where provision puts its own, on Debian and on LibreELEC
  const own = `pimesh/${processNames[0] ?? node.engine}.conf`;
  const places = [`/etc/${own}`, `/storage/.config/${own}`, ...configFiles].map((path) => path.slice(1));
  return script(
    sh`nonce=${nonce} tree=${treePath(node)} names=${processNames.join("|")} places=${places.join(" ")}`,
    shellFile(text),
  );
}

/** Without comments, blank lines and indents: none of its strings goes on over lines. */
const text = readFileSync(new URL("traces.sh", import.meta.url), "utf8")
  .replaceAll(/^[ \t]*(?:#.*)?\n/gm, "")
  .replaceAll(/^[ \t]+/gm, "");

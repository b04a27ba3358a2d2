import { PimeshError } from "../core/error.ts";
import { didYouMean } from "../core/near-miss.ts";
import type { PresentDisk } from "../facts/disk-of.ts";
import type { Node } from "../inventory/inventory.ts";
import type { InitSystem } from "./init-library.ts";
import { resources, type Resource } from "./step.ts";

/** What a part cannot stand without: its units call scripts, and these read node.conf. */
const needs: Readonly<Partial<Record<Resource, readonly Resource[]>>> = {
  swap: ["scripts", "identity"],
  engine: ["scripts", "identity"],
  index: ["scripts", "identity"],
};

const onDisk: readonly Resource[] = ["swap", "identity", "folders", "ignore", "index", "config"];

/**
 * The parts that `--only` asks for, with what they need. Throws E-DISK-NOT-MOUNTED when they lie on the disk and nobody
 * has mounted it: half a plan must not say "nothing to do".
 */
export function partsOf(
  only: readonly Resource[] | undefined,
  node: Node,
  disk: PresentDisk,
  init: InitSystem = "systemd",
): readonly Resource[] | undefined {
  if (only === undefined) return undefined;
  // Without mount units the mount is our script's, which reads node.conf
  const mountNeeds: readonly Resource[] = init === "systemd" ? [] : ["scripts", "identity"];
  const parts = [
    ...new Set(only.flatMap((part) => [part, ...(part === "mount" ? mountNeeds : (needs[part] ?? []))])),
  ];
  const first = parts.find((part) => onDisk.includes(part));
  if (first !== undefined && disk.mounted === undefined && !parts.includes("mount")) {
    throw new PimeshError(
      "E-DISK-NOT-MOUNTED",
      `${first} needs the disk, which is not mounted at ${node.disk.mount}, and --only leaves out the mounting`,
      { node: node.name, hint: `pimesh provision ${node.name} --only ${["mount", ...only].join(",")}` },
    );
  }
  return parts;
}

/** The parts that `--only` names; undefined: all. Errors: E-USAGE. */
export function onlyResources(only: readonly string[] | undefined): readonly Resource[] | undefined {
  if (only === undefined) return undefined;
  if (only.length === 0) {
    throw new PimeshError("E-USAGE", "--only names no part", {
      hint: `the parts are ${resources.join(", ")}`,
    });
  }
  const known: readonly string[] = resources;
  for (const name of only) {
    if (known.includes(name)) continue;
    throw new PimeshError("E-USAGE", `--only ${name}: there is no such part${didYouMean(name, known)}`, {
      hint: `the parts are ${known.join(", ")}`,
    });
  }
  return only as readonly Resource[];
}

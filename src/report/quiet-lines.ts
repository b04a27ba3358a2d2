import type { Inventory } from "../inventory/inventory.ts";
import type { PlanLine } from "./plan.ts";

/** Whom a change of ignore rules stops for a while, and who keeps the old rules. `named`: the nodes of this run. */
export function quietLines(
  { laptop, nodes }: Pick<Inventory, "laptop" | "nodes">,
  named: readonly string[],
): PlanLine[] {
  const homes = nodes.filter(({ engine }) => engine === "syncthing").map(({ name }) => name);
  const others = homes.filter((name) => !named.includes(name));
  const all = [...homes, ...(laptop.engine === false ? [] : ["laptop"])];
  return [
    {
      text: `while the ignore rules change, the Syncthing of ${all.join(", ")} is paused, as far as it can be reached`,
      tone: "warn",
    },
    ...(others.length === 0
      ? []
      : [
          {
            text: `${others.join(", ")} ${others.length === 1 ? "keeps its" : "keep their"} rules; to have the same everywhere: pimesh provision --all`,
            tone: "warn" as const,
          },
        ]),
  ];
}

import { engines } from "../engine/engines.ts";
import type { EngineKind } from "../inventory/inventory.ts";
import type { Problem, Subject } from "./problem.ts";

/**
 * Engines of different kinds do not speak to each other. Said of whoever is not with the most: of as many on two sides, those with
 * the first of the inventory.
 */
export function engineMixProblems({
  name,
  wanted,
  family,
}: Pick<Subject, "name" | "wanted" | "family">): Problem[] {
  const { engine } = wanted;
  const most = commonest(family.map((member) => member.engine));
  if (engine === false || most === undefined || engine === most) return [];
  const others = family.filter((member) => member.engine === most).map((member) => member.name);
  return [
    {
      code: "W-ENGINE-MIX",
      message: `runs ${engines[engine].title}, but ${andOf(others)} ${others.length === 1 ? "runs" : "run"} ${engines[most].title}: the two do not speak to each other, so nothing comes from there by itself`,
      try: `pimesh diff laptop ${name}`,
      kind: "aside",
    },
  ];
}

function commonest(kinds: readonly EngineKind[]): EngineKind | undefined {
  const amounts = new Map<EngineKind, number>();
  for (const kind of kinds) amounts.set(kind, (amounts.get(kind) ?? 0) + 1);
  return [...amounts].toSorted(([, left], [, right]) => right - left)[0]?.[0];
}

function andOf(names: readonly string[]): string {
  return names.length === 1 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

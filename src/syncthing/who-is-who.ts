/** By the names of the inventory, `laptop` included: Syncthing's device IDs. */
type Ids = Readonly<Record<string, string>>;

export interface WhoIsWho {
  /** Whoever is told apart from all others, heard now or earlier. Whose keys two homes have is as good as never heard: what is paired stays. */
  readonly ids: Ids;
  /** For the next time: what was known, with what is known now. A twin's old entry stays. */
  readonly record: Ids;
  /** Homes heard now that have the keys of another, by name. */
  readonly twins: ReadonlyMap<string, Twin>;
}

export interface Twin {
  /** Who has the same keys. */
  readonly of: string;
  /** `now`: both were asked. `earlier`: the other was not, and may since have got another disk. */
  readonly heard: "now" | "earlier";
  /** The keys were this home's at an earlier look, so the other's disk is the copy. */
  readonly isOriginal: boolean;
}

/**
 * Tells the homes apart by their keys. Two with the same are a copied disk: the others would take both for one device, send each half of
 * what it lacks, and never know which of them holds what. `names`: of the inventory; whoever has left it is no twin, but has been renamed.
 */
export function whoIsWho(
  heard: readonly { readonly name: string; readonly self: string }[],
  before: Ids,
  names: ReadonlySet<string>,
): WhoIsWho {
  const now = Object.fromEntries(heard.map(({ name, self }) => [name, self]));
  const known = Object.entries({ ...before, ...now }).filter(([name]) => names.has(name) || name in now);
  const twins = new Map<string, Twin>();
  for (const { name, self } of heard) {
    const others = known.filter(([other, id]) => id === self && other !== name).map(([other]) => other);
    const of = others.find((other) => other in now) ?? others[0];
    if (of === undefined) continue;
    twins.set(name, { of, heard: of in now ? "now" : "earlier", isOriginal: before[name] === self });
  }
  const shared = new Set(heard.filter(({ name }) => twins.has(name)).map(({ self }) => self));
  const sure = ([, id]: readonly [string, string]): boolean => !shared.has(id);
  return {
    ids: Object.fromEntries(known.filter(sure)),
    record: { ...before, ...Object.fromEntries(Object.entries(now).filter(sure)) },
    twins,
  };
}

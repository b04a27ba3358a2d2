import type { Memory } from "./wish.ts";

export type Values = Readonly<Record<string, unknown>>;

/** What the profile for little memory sets, and Syncthing's own default. A value that is neither of them is a person's, and stays. */
export type Profile = Readonly<Record<string, Readonly<Record<Memory, unknown>>>>;

/** What has to be set for the profile, of what this version has: it sends every setting that it knows. */
export function profileDiffering(current: Values, profile: Profile, memory: Memory): Values {
  const other = memory === "small" ? "ordinary" : "small";
  return Object.fromEntries(
    Object.entries(profile).flatMap(([key, values]) =>
      key in current && current[key] === values[other] ? [[key, values[memory]]] : [],
    ),
  );
}

export function profileValues(profile: Profile, memory: Memory): Values {
  return Object.fromEntries(Object.entries(profile).map(([key, values]) => [key, values[memory]]));
}

/** Those of the wanted values that this version has and that are set otherwise. */
export function differing(current: Values, wanted: Values): Values {
  return Object.fromEntries(
    Object.entries(wanted).filter(([key, value]) => key in current && current[key] !== value),
  );
}

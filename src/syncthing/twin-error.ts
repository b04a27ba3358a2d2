import { PimeshError } from "../core/error.ts";
import type { Twin } from "./who-is-who.ts";

/** Why a home with the keys of another is not paired, and what gives it keys of its own. `keys`: where they lie, for people. */
export function twinError(
  { name, keys }: { readonly name: string; readonly keys: string },
  { of, heard, isOriginal }: Twin,
): PimeshError {
  const same = `its Syncthing has the same keys as that of ${of}`;
  if (heard === "earlier") {
    return new PimeshError(
      "E-DISK-WRONG",
      `${same} when it was last heard: its disk has moved here, or one of the two is a copy`,
      {
        node: name,
        hint: `ask both at once: pimesh provision ${name}${of === "laptop" ? "" : ` ${of}`}; if ${of} is gone for good, take it out of the inventory`,
      },
    );
  }
  const remedy = `stop its engine, move ${keys} away, pimesh provision ${name}`;
  return new PimeshError(
    "E-DISK-WRONG",
    isOriginal
      ? `${same}, whose disk is a copy of this one`
      : `${same}: one of the two disks is a copy of the other`,
    {
      node: name,
      hint: isOriginal
        ? `give ${of} keys of its own, then: pimesh provision ${name} ${of}`
        : `give it keys of its own: ${remedy}`,
    },
  );
}

import { lstat } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { PimeshError } from "../core/error.ts";
import { quote } from "../core/shell.ts";

/** Where an inventory is looked for. */
export interface Places {
  /** --inventory or PIMESH_INVENTORY; empty counts as not given. */
  readonly explicit?: string | undefined;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/**
 * Absolute path of the inventory: the one named, else `pimesh.yaml` from the current folder upward, else the user's own.
 * Throws E-INVENTORY-MISSING. What is found need not be readable: that is said when it is read.
 */
export async function findInventory(
  places: Places & { readonly exists?: (path: string) => Promise<boolean> },
): Promise<string> {
  const { explicit, cwd, exists = isThere } = places;
  if (explicit !== undefined && explicit !== "") {
    const path = resolve(cwd, explicit);
    if (await exists(path)) return path;
    throw new PimeshError("E-INVENTORY-MISSING", `there is no inventory at ${path}`, {
      hint: `pimesh init --output ${quote(explicit)}`,
    });
  }
  for (const folder of upward(cwd)) {
    const path = join(folder, fileName);
    if (await exists(path)) return path;
  }
  const own = ownInventory(places);
  if (await exists(own)) return own;
  throw new PimeshError(
    "E-INVENTORY-MISSING",
    `there is no inventory: no ${fileName} in ${cwd} or above it, and no ${own}`,
    { hint: "pimesh init" },
  );
}

const fileName = "pimesh.yaml";

function* upward(folder: string): Generator<string> {
  yield folder;
  const above = dirname(folder);
  if (above !== folder) yield* upward(above);
}

/** A relative XDG_CONFIG_HOME is invalid and ignored (XDG Base Directory Specification, "Basics"). */
function ownInventory({ env, home }: Places): string {
  const configured = env["XDG_CONFIG_HOME"];
  const folder = configured && isAbsolute(configured) ? configured : join(home, ".config");
  return join(folder, "pimesh", "inventory.yaml");
}

/** A link that leads nowhere is there: better named as broken than passed over in silence. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

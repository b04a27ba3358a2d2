import type { EngineKind, EngineSettings, Node } from "./inventory.ts";
import type { Path } from "./problem.ts";
import { isMapping, readMapping, readValue, type Reader } from "./read-mapping.ts";
import type { Schema } from "./schema.ts";

export type ResolvedEngine = Pick<Node, "engine" | "engineSettings">;

/** The keys of an `engine:` that were in order, in its long form. */
interface EngineKeys {
  readonly kind?: EngineKind | false;
  readonly upload?: number | "unlimited";
  readonly download?: number | "unlimited";
  readonly binary?: string | false;
  readonly key_file?: string | false;
}

/** `engine: btsync` is short for `engine: { kind: btsync }`. */
export function readEngine(schema: Schema, value: unknown, path: Path, to: Reader): EngineKeys {
  if (value === undefined) return {};
  const keys = isMapping(value)
    ? readMapping(schema.engine, value, path, to)
    : { kind: readValue(schema.engineKind, value, path, to) };
  // A value that was not in order is undefined, and must not hide the default.
  return Object.fromEntries(Object.entries(keys ?? {}).filter(([, each]) => each !== undefined));
}

/** What the defaults say, which has to make sense alone: a key for no engine of theirs would go unused in silence. */
export function readDefaultEngine(schema: Schema, value: unknown, to: Reader): EngineKeys {
  const path = ["defaults", "engine"];
  const keys = readEngine(schema, value, path, to);
  checkKeys(keys, keys.kind ?? usual, path, to);
  return keys;
}

/**
 * A node's engine over that of the defaults, key by key. Rates are the line's and go with any engine; a program is
 * inherited by the same kind alone, a key by whichever kind has keys.
 */
export function resolveEngine(name: string, own: EngineKeys, common: EngineKeys, to: Reader): ResolvedEngine {
  const path = ["nodes", name, "engine"];
  const commonKind = common.kind ?? usual;
  const kind = own.kind ?? commonKind;
  if (kind === false) {
    if (own.kind === undefined && Object.keys(own).length > 0) {
      to.complain([...path, "kind"], "key", "is missing: the defaults say engine: false");
    }
    return { engine: false, engineSettings: noSettings };
  }
  checkKeys(own, kind, path, to);
  const program = kind === commonKind ? common.binary : undefined;
  const key = hasKeys(kind) && hasKeys(commonKind) ? common.key_file : undefined;
  return {
    engine: kind,
    engineSettings: {
      upload: limit(own.upload ?? common.upload),
      download: limit(own.download ?? common.download),
      binary: (own.binary ?? program) || undefined,
      keyFile: (own.key_file ?? key) || undefined,
    },
  };
}

const usual: EngineKind = "syncthing";

const noSettings: EngineSettings = {
  upload: undefined,
  download: undefined,
  binary: undefined,
  keyFile: undefined,
};

function checkKeys(keys: EngineKeys, kind: EngineKind | false, path: Path, to: Reader): void {
  // A kind that is written, but not in order, is said already.
  const unknown = keys.kind === undefined && to.tree.has([...path, "kind"]);
  if (unknown || hasKeys(kind)) return;
  if (keys.binary) {
    to.complain([...path, "binary"], "key", "is for btsync and resilio: Syncthing is the distribution's");
  }
  if (keys.key_file) {
    to.complain([...path, "key_file"], "key", "is for btsync and resilio: Syncthing has no key to share");
  }
}

/** Does this engine know a folder by a key that all homes share? */
function hasKeys(kind: EngineKind | false): boolean {
  return kind === "btsync" || kind === "resilio";
}

function limit(rate: number | "unlimited" | undefined): number | undefined {
  return rate === "unlimited" ? undefined : rate;
}

import * as z from "zod";
import { formatBytes, parseBytes, parseRate } from "../core/bytes.ts";
import { didYouMean } from "../core/near-miss.ts";
import { parseAddress } from "./address.ts";
import { parseDeviceId } from "./device-id.ts";
import type { EngineKind } from "./inventory.ts";
import { ignorePatternProblem } from "./ignore-pattern.ts";
import { expandLaptopFile, expandLaptopPath, type Surroundings } from "./laptop-path.ts";
import { userProblem } from "./names.ts";
import { folderProblem, labelProblem, mountProblem, treeProblem } from "./node-path.ts";

/** The keys of an inventory and what each may hold. Messages complete a sentence that begins with the key. */
export type Schema = ReturnType<typeof inventorySchema>;

/**
 * Everything is optional here, because a node is read before it is laid over the defaults: what must be there in the end
 * is decided in `resolve.ts`. `folder` is the inventory's own.
 */
export function inventorySchema(surroundings: Surroundings, folder: string) {
  const laptopPath = z.string().transform((text, context) => {
    const result = expandLaptopPath(text, surroundings);
    if ("path" in result) return result.path;
    return complain(context, result.problem);
  });
  const laptopFile = z.string().transform((text, context) => {
    const result = expandLaptopFile(text, folder, surroundings);
    return "path" in result ? result.path : complain(context, result.problem);
  });
  return {
    top: z.strictObject({
      laptop: z.unknown(),
      defaults: z.unknown(),
      nodes: z.unknown(),
      ignore: z.unknown(),
      peers: z.unknown(),
    }),
    laptop: z.strictObject({
      tree: laptopPath.refine((path) => path !== "/", "is the whole file system; name a folder"),
      folders: z.unknown(),
      engine: z.literal(["syncthing", false]),
    }),
    /** The value of each key of laptop.folders. */
    laptopFolder: laptopPath,
    node: z.strictObject({
      address: oneOrMore(address),
      user: sound(userProblem),
      jump: orFalse(z.string()),
      identity: oneOrMore(laptopPath),
      sudo_password_file: orFalse(laptopPath),
      disk: z.strictObject({ label: sound(labelProblem), mount: sound(mountProblem) }).partial(),
      tree: sound(treeProblem),
      folders: z.array(sound(folderProblem)),
      swap: orFalse(
        // `auto` alone is `{ size: auto }`
        z.preprocess(
          (value) => (value === "auto" ? { size: value } : value),
          z
            .strictObject({
              size,
              threshold,
              policy: z.literal(["isolated", "shared"]),
              require: z.literal([true, false, "auto"]),
            })
            .partial(),
        ),
      ),
      engine: z.unknown(),
      player: z.literal(["kodi", "xbmc", false]),
    }),
    /** The short form of a node's engine, and the long one. */
    engineKind: z.literal([...engineKinds, false]),
    engine: z.strictObject({
      kind: z.literal(engineKinds),
      upload: rate,
      download: rate,
      binary: orFalse(laptopFile),
      key_file: orFalse(laptopFile),
    }),
    ignore: z.array(sound(ignorePatternProblem)),
    /** The value of each key of peers. */
    peer: z.string().transform((text, context) => {
      const result = parseDeviceId(text);
      return "id" in result ? result.id : complain(context, result.problem);
    }),
  };
}

const engineKinds: EngineKind[] = ["syncthing", "resilio", "btsync"];

const address = z.string().transform((text, context) => {
  const result = parseAddress(text);
  return typeof result === "string" ? complain(context, result) : result;
});

// A number is no text for YAML, but the same mistake for a person.
const size = z
  .preprocess((value) => (typeof value === "number" ? String(value) : value), z.string())
  .transform((text, context): number | "auto" => {
    if (text === "auto") return text;
    const bytes = parseBytes(text);
    if (bytes === undefined) {
      const meant = /^\s*\d+(?:\.\d+)?\s*$/.test(text)
        ? `: ${text.trim()}MiB or ${text.trim()}GiB`
        : didYouMean(text, ["auto"]) || ", such as 4GiB";
      return complain(context, `needs a unit${meant}`);
    }
    return bytes >= smallestSwap
      ? bytes
      : complain(context, "is less than 1MiB; for no swap write `swap: false`");
  });
const smallestSwap = 1024 * 1024;

const threshold = z
  .preprocess((value) => (typeof value === "number" ? String(value) : value), z.string())
  .transform((text, context): number => {
    const bytes = parseBytes(text);
    if (bytes !== undefined && bytes >= smallestSwap) return bytes;
    if (bytes !== undefined) {
      return complain(context, "is less than 1MiB; for an engine that does not wait write `require: false`");
    }
    const meant = /^\s*\d+(?:\.\d+)?\s*$/.test(text)
      ? `: ${text.trim()}KiB or ${text.trim()}MiB`
      : ", such as 500000KiB";
    return complain(context, `needs a unit${meant}`);
  });

// 0 is "no limit" to the engines and "nothing at all" to a person, so it is neither.
const rate = z
  .preprocess(
    (value) => (typeof value === "number" || typeof value === "boolean" ? String(value) : value),
    z.string(),
  )
  .transform((text, context): number | "unlimited" => {
    if (text === "unlimited") return text;
    const bytes = parseRate(text);
    if (bytes !== undefined && bytes >= smallestRate) return bytes;
    if (bytes !== undefined || Number(text) === 0) {
      return complain(context, "is less than 1 KiB/s; for no limit write unlimited");
    }
    return complain(context, rateProblem(text.trim()));
  });
const smallestRate = 1024;

function rateProblem(text: string): string {
  if (/^\d+(?:\.\d+)?$/.test(text)) return `needs a unit: ${text} KiB/s or ${text} MiB/s`;
  const bits = /^(\d+(?:\.\d+)?) ?([kMG])(?:bit\/s|bps|b\/s)$/i.exec(text);
  if (bits !== null) {
    const factor = { k: 1e3, m: 1e6, g: 1e9 }[(bits[2] as string).toLowerCase()] as number;
    return `is in bits; in bytes it is ${formatBytes((Number(bits[1]) * factor) / 8)}/s`;
  }
  if (parseBytes(text) !== undefined) return `is an amount; a rate is ${text}/s`;
  return `is not a rate${didYouMean(text, ["unlimited"]) || ", such as 900 KiB/s or unlimited"}`;
}

function sound(problemOf: (text: string) => string | undefined): z.ZodString {
  return z.string().check((context) => {
    const message = problemOf(context.value);
    if (message !== undefined) context.issues.push({ code: "custom", message, input: context.value });
  });
}

/** One alone or a list of them; always a list in the end. */
function oneOrMore<T extends z.ZodType>(one: T) {
  return z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(one).min(1));
}

/** `false` takes back what the defaults say. */
function orFalse<T extends z.ZodType>(schema: T) {
  return z.union([z.literal(false), schema]);
}

function complain(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: "custom", message });
  return z.NEVER;
}

import * as z from "zod";
import { parseBytes } from "../core/bytes.ts";
import { didYouMean } from "../core/near-miss.ts";
import { parseAddress } from "./address.ts";
import { parseDeviceId } from "./device-id.ts";
import { ignorePatternProblem } from "./ignore-pattern.ts";
import { expandLaptopPath, type Surroundings } from "./laptop-path.ts";
import { userProblem } from "./names.ts";
import { folderProblem, labelProblem, mountProblem, treeProblem } from "./node-path.ts";

/** The keys of an inventory and what each may hold. Messages complete a sentence that begins with the key. */
export type Schema = ReturnType<typeof inventorySchema>;

/**
 * Everything is optional here, because a node is read before it is laid over the defaults: what must be there in the end
 * is decided in `resolve.ts`.
 */
export function inventorySchema(surroundings: Surroundings) {
  const laptopPath = z.string().transform((text, context) => {
    const result = expandLaptopPath(text, surroundings);
    if ("path" in result) return result.path;
    return complain(context, result.problem);
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
      engine: z.literal(["syncthing", "resilio", "btsync", false]),
      player: z.literal(["kodi", "xbmc", false]),
    }),
    ignore: z.array(sound(ignorePatternProblem)),
    /** The value of each key of peers. */
    peer: z.string().transform((text, context) => {
      const result = parseDeviceId(text);
      return "id" in result ? result.id : complain(context, result.problem);
    }),
  };
}

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

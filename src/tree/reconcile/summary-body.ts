import { z } from "zod";
import { AnswerError } from "./answer-error.ts";
import { isGroupSums, readGroupSums, writeGroupSums } from "./groups.ts";
import { version, type Summary } from "./messages.ts";
import { asciiJson } from "../far-end-rules.ts";

const whole = z.number().int().nonnegative();
const schema = z.object({
  v: z.literal(version),
  python: z.string().optional(),
  count: whole,
  folders: z.string().regex(/^[0-9a-f]{32}$/),
  groups: z.string().refine(isGroupSums),
  counts: z.object({
    files: whole,
    // Sparse files may claim more than a double counts exactly.
    bytes: z.number().nonnegative(),
    folders: whole,
    symlinks: whole,
    specials: whole,
    inFlight: whole,
    newest: z.number().int().nullable(),
  }),
  unreadable: z.array(z.tuple([z.string(), z.string()])),
  seconds: z.number(),
  index: z.object({ tree: z.string(), uuid: z.string(), at: z.number(), seconds: z.number() }).optional(),
});

export function encodeSummary({ counts, unreadable, ...rest }: Summary): Buffer {
  const { unreadable: _, newest, ...numbers } = counts;
  return Buffer.from(
    asciiJson({
      v: version,
      ...(rest.python === undefined ? {} : { python: rest.python }),
      count: rest.count,
      folders: rest.folders.toString(16).padStart(32, "0"),
      groups: writeGroupSums(rest.groups),
      counts: { ...numbers, newest: newest ?? null },
      unreadable: unreadable.map(({ path, reason }) => [path.toString("latin1"), reason]),
      seconds: rest.seconds,
    }),
  );
}

/** A far end that speaks another version of the protocol. */
export class OtherVersion extends AnswerError {
  constructor(other: number | string) {
    super(`its far end speaks version ${other} of the protocol, this is version ${version}`);
  }
}

/** Throws AnswerError for what is no summary, OtherVersion for one of another version. */
export function decodeSummary(payload: Buffer): Summary {
  const told = parse(payload);
  const other = z.object({ v: z.number() }).safeParse(told).data?.v;
  if (other !== undefined && other !== version) throw new OtherVersion(other);
  const { data, error } = schema.safeParse(told);
  if (!data) throw new AnswerError("the summary of a tree cannot be read", { cause: error });
  return {
    count: data.count,
    folders: BigInt(`0x${data.folders}`),
    groups: readGroupSums(data.groups),
    counts: {
      ...data.counts,
      newest: data.counts.newest ?? undefined,
      unreadable: data.unreadable.length,
    },
    unreadable: data.unreadable.map(([path, reason]) => ({
      path: Buffer.from(path, "latin1"),
      kind: "unreadable",
      reason,
    })),
    seconds: data.seconds,
    ...(data.python === undefined ? {} : { python: data.python }),
    ...(data.index ? { index: data.index } : {}),
  };
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
}

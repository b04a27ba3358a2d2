import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { keepFile } from "../state/keep-file.ts";
import { measurementSchema, type MeasuredCounts, type Measurement } from "./measurement.ts";

/** What a node last said, kept on the laptop. */
export interface Snapshot {
  readonly node: string;
  readonly measurement: Measurement;
  /** The last time its tree was counted: older than the measurement when its disk was away since, or by its own index. */
  readonly counted: Counted | null;
  /** The count before that one: where it was heading. Snapshots of older versions lack it. */
  readonly before?: Counted | undefined;
}

export interface Counted {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly counts: MeasuredCounts;
}

/** What the laptop's own tree last held. */
export interface ReferenceSnapshot {
  readonly tree: string;
  readonly counted: Counted;
}

/**
 * What was found in place of a snapshot. A file that cannot be used is told and then treated as none: a damaged record
 * of the past must not stop anybody from seeing the present.
 */
export type Kept<T> =
  | { readonly kind: "none" }
  | { readonly kind: "kept"; readonly snapshot: T }
  | { readonly kind: "unusable"; readonly path: string; readonly reason: string; readonly newer: boolean };

/** Of a newer file only the version is read: it is neither understood nor overwritten. */
const schemaVersion = 1;

export async function readSnapshot(stateFolder: string, node: string): Promise<Kept<Snapshot>> {
  return read(snapshotPath(stateFolder, node), node, snapshotSchema, ({ measurement, counted, before }) => ({
    node,
    measurement,
    counted,
    before,
  }));
}

export async function readReference(stateFolder: string): Promise<Kept<ReferenceSnapshot>> {
  return read(snapshotPath(stateFolder, "laptop"), "laptop", referenceSchema, ({ tree, counted }) => ({
    tree,
    counted,
  }));
}

/** Whole or not at all: a reader never sees half a file. Errors: E-STATE. */
export async function writeSnapshot(stateFolder: string, snapshot: Snapshot): Promise<void> {
  await write(stateFolder, snapshot.node, snapshot);
}

export async function writeReference(stateFolder: string, snapshot: ReferenceSnapshot): Promise<void> {
  await write(stateFolder, "laptop", { node: "laptop", ...snapshot });
}

export function snapshotPath(stateFolder: string, node: string): string {
  return join(stateFolder, "snapshots", `${encodeURIComponent(node)}.json`);
}

const countedSchema = z.object({ at: z.number(), counts: measurementSchema.shape.counts.unwrap() });

const snapshotSchema = z.object({
  node: z.string(),
  measurement: measurementSchema,
  counted: countedSchema.nullable(),
  before: countedSchema.optional(),
});

const referenceSchema = z.object({ node: z.literal("laptop"), tree: z.string(), counted: countedSchema });

async function read<Raw extends { readonly node: string }, T>(
  path: string,
  node: string,
  schema: z.ZodType<Raw>,
  accept: (raw: Raw) => T,
): Promise<Kept<T>> {
  const unusable = (reason: string, newer = false): Kept<T> => ({ kind: "unusable", path, reason, newer });
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    return isMissing(error) ? { kind: "none" } : unusable(reasonOf(error));
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return unusable("it is damaged: not JSON");
  }
  const version = z.object({ schemaVersion: z.number() }).safeParse(json);
  if (!version.success) return unusable("it is damaged: no schemaVersion");
  if (version.data.schemaVersion > schemaVersion) return unusable("a newer pimesh has written it", true);
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return unusable(`it is damaged: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong shape"}`);
  }
  // A file system that ignores case gives the file of `Mom` to `mom`.
  if (parsed.data.node !== node) return unusable(`it is about ${parsed.data.node}`);
  return { kind: "kept", snapshot: accept(parsed.data) };
}

async function write(stateFolder: string, node: string, content: object): Promise<void> {
  const text = `${JSON.stringify({ schemaVersion, ...content }, null, 2)}\n`;
  await keepFile(snapshotPath(stateFolder, node), text, `what ${node} said`);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

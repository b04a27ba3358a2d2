import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { keepFile } from "../state/keep-file.ts";
import type { ContentFinding, ContentProgress, Milestone } from "./reconcile/contents.ts";

/** How far a comparison of contents has come, kept on the laptop so that one that was cut off is not begun again. */
export interface KeptProgress extends ContentProgress {
  /** What stamps and contents were made with: secret, and used for this comparison alone. */
  readonly key: Buffer;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The two sides, and what else the comparison depends on. */
export interface Compared {
  readonly left: string;
  readonly right: string;
}

/** Undefined where there is none that can be used: then everything is compared, which is never wrong. */
export async function readProgress(
  stateFolder: string,
  compared: Compared,
): Promise<KeptProgress | undefined> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(pathOf(stateFolder, compared), "utf8"));
  } catch {
    return undefined;
  }
  const { data } = schema.safeParse(json);
  if (data === undefined || data.left !== compared.left || data.right !== compared.right) return undefined;
  return {
    key: Buffer.from(data.key, "hex"),
    at: data.at,
    milestones: data.milestones,
    findings: data.findings,
  };
}

/** Whole or not at all. Errors: E-STATE. */
export async function writeProgress(
  stateFolder: string,
  compared: Compared,
  { key, at, milestones, findings }: KeptProgress,
): Promise<void> {
  const path = pathOf(stateFolder, compared);
  const content = {
    schemaVersion: 1,
    ...compared,
    key: key.toString("hex"),
    at,
    milestones: milestones.map(milestoneJson),
    findings: findings.map(findingJson),
  };
  await keepFile(path, `${JSON.stringify(content)}\n`, "how far the comparison has come");
}

/** To be called when the comparison has come to its end. */
export async function forgetProgress(stateFolder: string, compared: Compared): Promise<void> {
  await rm(pathOf(stateFolder, compared), { force: true });
}

function pathOf(stateFolder: string, { left, right }: Compared): string {
  return join(stateFolder, "checksum", `${encodeURIComponent(left)}~${encodeURIComponent(right)}.json`);
}

const bytes = z.base64().transform((text) => Buffer.from(text, "base64"));
const number64 = z
  .string()
  .regex(/^[0-9a-f]{16}$/)
  .transform((text) => BigInt(`0x${text}`));
const entry = z
  .object({ path: bytes, size: z.number(), mtime: z.number() })
  .transform((one) => ({ ...one, kind: "file" as const }));

const schema = z.object({
  schemaVersion: z.literal(1),
  left: z.string(),
  right: z.string(),
  key: z.string().regex(/^[0-9a-f]{32}$/),
  at: z.number(),
  milestones: z.array(
    z
      .object({ bound: bytes.nullable(), left: number64, right: number64, bytes: z.number() })
      .transform((one): Milestone => ({
        bound: one.bound ?? undefined,
        stamps: { left: one.left, right: one.right },
        bytes: one.bytes,
      })),
  ),
  findings: z.array(
    z
      .object({
        left: entry,
        right: entry,
        unread: z.object({ side: z.enum(["left", "right"]), reason: z.string() }).nullable(),
      })
      .transform(({ left, right, unread }): ContentFinding => ({
        left,
        right,
        ...(unread ? { unread } : {}),
      })),
  ),
});

function milestoneJson(one: Milestone): object {
  return {
    bound: one.bound?.toString("base64") ?? null,
    left: one.stamps.left.toString(16).padStart(16, "0"),
    right: one.stamps.right.toString(16).padStart(16, "0"),
    bytes: one.bytes,
  };
}

function findingJson({ left, right, unread }: ContentFinding): object {
  return { left: entryJson(left), right: entryJson(right), unread: unread ?? null };
}

function entryJson({ path, size, mtime }: ContentFinding["left"]): object {
  return { path: path.toString("base64"), size, mtime };
}

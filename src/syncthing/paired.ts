import { z } from "zod";

/**
 * The devices that pimesh has put into one instance, kept beside it: only these are ever taken out again. A device that
 * was there before us, or that a person has added, never stands in it.
 */
export interface Paired {
  readonly devices: readonly PairedDevice[];
}

export interface PairedDevice {
  readonly id: string;
  /** As we have written them: what differs now is the user's own change. */
  readonly name: string;
  readonly addresses: readonly string[];
}

export const nothingPaired: Paired = { devices: [] };

/** Reads what `writePaired` made; a text that cannot be used is a problem for people, the end of a sentence. */
export function readPaired(text: string): Paired | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return "is damaged: it is no JSON";
  }
  const version = z.object({ schemaVersion: z.number() }).safeParse(json);
  if (version.success && version.data.schemaVersion > schemaVersion) return "was written by a newer pimesh";
  const parsed = schema.safeParse(json);
  return parsed.success ? { devices: parsed.data.devices } : "is damaged: it holds no list of devices";
}

export function writePaired(paired: Paired): string {
  return `${JSON.stringify({ schemaVersion, devices: paired.devices }, null, 2)}\n`;
}

const schemaVersion = 1;

const schema = z.object({
  schemaVersion: z.literal(schemaVersion),
  devices: z.array(z.object({ id: z.string(), name: z.string(), addresses: z.array(z.string()) })),
});

import { z } from "zod";
import type { BlockDevice } from "./block-devices.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

// Before 2.33 every value is a string
const text = z.string().nullish();
const device = z.object({
  name: z.string(),
  kname: text,
  pkname: text,
  type: text,
  size: z.union([z.string(), z.number()]).nullish(),
  fstype: text,
  label: text,
  uuid: text,
  partuuid: text,
  ro: z.union([z.string(), z.boolean()]).nullish(),
  get children() {
    return z.array(device).optional();
  },
});
const document = z.object({ blockdevices: z.array(device) });

type Device = z.infer<typeof device>;

/** Reads `lsblk -J`, nested or flat, of every version. A device below several others is listed once. */
export function fromLsblk(stdout: string): BlockDevice[] {
  const parsed = document.safeParse(parseJson(stdout));
  if (!parsed.success) throw new UnexpectedAnswer("an answer of lsblk", stdout);
  const found = new Map<string, BlockDevice>();
  const visit = (devices: readonly Device[], parent: string | undefined): void => {
    for (const each of devices) {
      const block = blockDevice(each, parent);
      if (!found.has(block.path)) found.set(block.path, block);
      visit(each.children ?? [], block.name);
    }
  };
  visit(parsed.data.blockdevices, undefined);
  return [...found.values()];
}

function blockDevice(each: Device, above: string | undefined): BlockDevice {
  const kernelName = each.kname ?? each.name;
  const parent = each.pkname ?? above;
  const bytes = each.size === null || each.size === undefined ? Number.NaN : Number(each.size);
  return {
    // What the device mapper made is known by its own name, not as dm-0
    path: kernelName.startsWith("dm-") ? `/dev/mapper/${each.name}` : `/dev/${kernelName}`,
    name: kernelName,
    ...given("parent", parent),
    ...given("type", each.type),
    ...(Number.isSafeInteger(bytes) ? { bytes } : {}),
    ...given("fstype", each.fstype),
    ...given("label", each.label),
    ...given("uuid", each.uuid),
    ...given("partUuid", each.partuuid),
    readOnly: each.ro === true || each.ro === "1",
  };
}

function given<K extends string>(key: K, value: string | null | undefined): { readonly [P in K]?: string } {
  return value === null || value === undefined || value === ""
    ? {}
    : ({ [key]: value } as { readonly [P in K]: string });
}

function parseJson(stdout: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    throw new UnexpectedAnswer("an answer of lsblk", stdout);
  }
}

import { expect, test } from "vitest";
import { spaceAt } from "../../src/facts/space-at.ts";

const root = { target: "/", device: "/dev/mmcblk0p2", bytes: 32e9, used: 8e9, available: 24e9 };

test("the room of the SD card is not taken for that of a disk that is not mounted", () => {
  const facts = { diskSpace: { kind: "value" as const, value: [root] } };
  expect(spaceAt(facts, "/media/btsync")).toBeUndefined();
  expect(spaceAt(facts, "/")).toBe(root);
});

test("room that could not be told is not known", () => {
  expect(spaceAt({ diskSpace: { kind: "failed", reason: "df: I/O error" } }, "/")).toBeUndefined();
});

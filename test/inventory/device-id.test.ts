import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDeviceId } from "../../src/inventory/device-id.ts";

const id = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2";

describe("parseDeviceId", { timeout: 30_000 }, () => {
  // Syncthing's own vectors: lib/protocol/deviceid_test.go.
  test.each([
    id,
    "p56ioi7m--zjnu2iq-gdr-eydm-2mgtmgl3bxnpq6w5btbbz4tjxzwicq",
    "P56IOI7 MZJNU2Y IQGDREY DM2MGTI MGL3BXN PQ6W5BM TBBZ4TJ XZWICQ2",
    "P561017MZJNU2YIQGDREYDM2MGTIMGL3BXNPQ6W5BMT88Z4TJXZWICQ2",
    "p56ioi7mzjnu2yiqgdreydm2mgtimgl3bxnpq6w5bmtbbz4tjxzwicq2",
    "P56IOI7MZJNU2IQGDREYDM2MGTMGL3BXNPQ6W5BTBBZ4TJXZWICQ",
  ])("%s is taken", (text) => {
    expect(parseDeviceId(text)).toEqual({ id });
  });

  test.each([
    [`${id.slice(0, -1)}3`, "has a typing error in its 7th and 8th groups: the check digit does not match"],
    [
      id.replace("P56", "P57"),
      "has a typing error in its 1st and 2nd groups: the check digit does not match",
    ],
    [
      "P56IOI7MZJNU2IQGDREYDM2MGTMGL3BXNPQ6W5BTBBZ4TJXZWICQCCCC",
      "has a typing error in its 1st and 2nd groups: the check digit does not match",
    ],
    ["a", "is not a Syncthing device ID: it has 1 characters instead of 56"],
    ["", "is not a Syncthing device ID: it has 0 characters instead of 56"],
    [id.slice(0, -1), "is not a Syncthing device ID: it has 55 characters instead of 56"],
    [id.replace("P56", "P5_"), "is not a Syncthing device ID: only A to Z and 2 to 7 stand in one"],
    [id.replace("P56", "P59"), "is not a Syncthing device ID: only A to Z and 2 to 7 stand in one"],
  ])("%j is refused", (text, problem) => {
    expect(parseDeviceId(text)).toEqual({ problem });
  });

  test("one wrong character is found in any ID", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(55), fc.integer({ min: 1, max: 31 }), (seed, at, by) => {
        const parsed = parseDeviceId(base32(createHash("sha256").update(seed).digest()));
        if (!("id" in parsed)) throw new Error(parsed.problem);
        expect(parseDeviceId(parsed.id)).toEqual(parsed);
        const plain = parsed.id.replaceAll("-", "");
        const other = alphabet.charAt((alphabet.indexOf(plain.charAt(at)) + by) % 32);
        expect(parseDeviceId(plain.slice(0, at) + other + plain.slice(at + 1))).toHaveProperty("problem");
      }),
    );
  });
});

function base32(bytes: Buffer): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".charAt(Number.parseInt(five.padEnd(5, "0"), 2)))
    .join("");
}

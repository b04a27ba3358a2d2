import { randomBytes } from "node:crypto";

/**
 * Stands for the btsync of a user who kept it: a header that says "32-bit ARM, static" (elf(5)) and nothing that runs. A
 * simulated Pi only notes what its units start.
 */
export function programForArm(): Buffer {
  const file = Buffer.alloc(400_000);
  file.write("\x7fELF\x01\x01\x01", "latin1");
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(40, 18);
  return file;
}

/** A key as btsync makes them: `A`, then 32 characters of base32. */
export function newFolderKey(): string {
  return `A${[...randomBytes(32)].map((byte) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[byte % 32]).join("")}`;
}

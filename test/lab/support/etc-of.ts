import type { Machine } from "./machine.ts";

/** One line a file, folder or link below /etc, /usr/local and /boot: kind, mode, owner, path, and its content's sum or target. */
export type EtcListing = readonly string[];

/** What a rollback has to leave as it was, byte for byte; what systemd itself writes there is not counted. */
export async function etcOf(machine: Machine): Promise<EtcListing> {
  const listing = await machine.run(`cd /
find etc usr/local boot lib/systemd lib/udev \\( -type d -printf '%y %m %U:%G %p\\n' \\) -o \\( -type l -printf '%y %p -> %l\\n' \\) -o \\( -type f -printf '%y %m %U:%G %p ' -exec sha256sum {} ';' \\)`);
  return listing.split("\n").toSorted();
}

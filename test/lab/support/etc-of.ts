import type { Machine } from "./machine.ts";

/**
 * Lines about each file, folder and link below /etc, /usr/local and /boot: kind, mode, owner, path and target; and a line with
 * the sum of each file's content. One sha256sum for all of them: a process each takes a minute there.
 */
export type EtcListing = readonly string[];

/** What a rollback has to leave as it was, byte for byte; what systemd itself writes there is not counted. */
export async function etcOf(machine: Machine): Promise<EtcListing> {
  const listing = await machine.run(`cd /
set -- etc usr/local boot lib/systemd lib/udev
find "$@" \\( -type l -printf '%y %p -> %l\\n' \\) -o -printf '%y %m %U:%G %p\\n'
find "$@" -type f -exec sha256sum {} +`);
  return listing.split("\n").toSorted();
}

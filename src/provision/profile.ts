import type { Os } from "../facts/os.ts";

/** Where a system wants things to be. Absolute paths, no slash at the end. */
export interface Profile {
  readonly unitFolder: string;
  readonly rulesFolder: string;
  readonly sysctlFolder: string;
  /** Our scripts. */
  readonly libFolder: string;
  /** node.conf. */
  readonly confFolder: string;
  /** Journal, backups, lock. */
  readonly stateFolder: string;
  /** The system's own unit that mounts whatever is plugged in. */
  readonly automountUnit: string | undefined;
}

const debian: Profile = {
  unitFolder: "/etc/systemd/system",
  rulesFolder: "/etc/udev/rules.d",
  sysctlFolder: "/etc/sysctl.d",
  libFolder: "/usr/local/lib/pimesh",
  confFolder: "/etc/pimesh",
  stateFolder: "/var/lib/pimesh",
  automountUnit: undefined,
};

/** LibreELEC's root is a read-only squashfs: only /storage outlives a boot (LibreELEC.tv, config/ of the image). */
const libreelec: Profile = {
  unitFolder: "/storage/.config/system.d",
  rulesFolder: "/storage/.config/udev.rules.d",
  sysctlFolder: "/storage/.config/sysctl.d",
  libFolder: "/storage/.config/pimesh/lib",
  confFolder: "/storage/.config/pimesh",
  stateFolder: "/storage/.config/pimesh/state",
  automountUnit: "udevil-mount@.service",
};

export function profileOf(os: Pick<Os, "flavour"> | undefined): Profile {
  return os?.flavour === "libreelec" ? libreelec : debian;
}

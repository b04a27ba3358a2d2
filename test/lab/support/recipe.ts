import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** What a virtual Pi is made of. A change of anything here, or of the files that it brings, makes a new image. */
export interface Recipe {
  readonly name: ImageName;
  readonly suite: "bookworm" | "trixie";
  readonly init: "systemd" | "sysvinit";
  /** Whether sudo lets the user `pi` through or asks for the password, as images since April 2026 do. */
  readonly sudo: "passwordless" | "asks";
  readonly packages: readonly string[];
  /** Downloaded into the image's package cache: a test installs them without a network. */
  readonly kept: readonly string[];
}

export type ImageName = "bookworm" | "trixie" | "sysvinit";

/** The user's password on every machine of the lab. */
export const password = "raspberry";

const common = [
  "udev",
  "openssh-server",
  "sudo",
  "iproute2",
  "procps",
  "psmisc",
  "e2fsprogs",
  "fdisk",
  "dosfstools",
  "kmod",
  "python3",
];
const systemd = [...common, "systemd-sysv", "dbus", "libpam-systemd"];
const kept = ["udisks2", "dphys-swapfile", "syncthing", "rsync"];

export const recipes: Readonly<Record<ImageName, Recipe>> = {
  bookworm: {
    name: "bookworm",
    suite: "bookworm",
    init: "systemd",
    sudo: "passwordless",
    packages: systemd,
    kept,
  },
  trixie: { name: "trixie", suite: "trixie", init: "systemd", sudo: "asks", packages: systemd, kept },
  // What old Raspbian had: no systemd, udev alone
  sysvinit: {
    name: "sysvinit",
    suite: "bookworm",
    init: "sysvinit",
    sudo: "passwordless",
    packages: [
      ...common,
      "sysvinit-core",
      "sysv-rc",
      "initscripts",
      "insserv",
      "bootlogd",
      "cron",
      "logrotate",
    ],
    kept: ["dphys-swapfile"],
  },
};

/** Sixteen hex digits that name the image: the recipe, how it is cooked, and what is put into it. */
export function fingerprint(recipe: Recipe): string {
  const hash = createHash("sha256").update(JSON.stringify(recipe));
  for (const file of ["build-image.ts", "first-boot.ts", "qemu.ts", "guest/engine", "guest/player"]) {
    hash.update(readFileSync(new URL(file, import.meta.url)));
  }
  return hash.digest("hex").slice(0, 16);
}

/** The operating systems that a simulated Pi can play; what differs between them, as `pimesh` meets it. */
export type SystemName = "raspberry-pi-os" | "raspberry-pi-os-bookworm" | "osmc" | "libreelec";

export interface System {
  readonly user: string;
  readonly home: string;
  readonly sudo: "free" | "password" | "stub";
  readonly osRelease: string;
  /** Further files that tell the system apart, by path. */
  readonly marks: Readonly<Record<string, string>>;
  readonly kernel: string;
  readonly kernelBuild: string;
  readonly systemd: { readonly version: string; readonly package: string };
  readonly utilLinux: string;
  readonly boot: string;
  /** fstab is used at all; LibreELEC has no generator for it. */
  readonly fstab: boolean;
  /** A zram swap of half the memory at priority 100 stands there from the start. */
  readonly zram: boolean;
  /** Tools that the system does not have. */
  readonly absent: readonly string[];
}

/** Texts after pi-gen, osmc and LibreELEC sources, 2026; versions are those of the releases named in them. */
export const systems: Readonly<Record<SystemName, System>> = {
  "raspberry-pi-os": {
    user: "pi",
    home: "/home/pi",
    sudo: "free",
    osRelease: debian("13", "trixie"),
    marks: {
      "etc/rpi-issue": "Raspberry Pi reference 2026-06-18\nGenerated using pi-gen, stage2\n",
      "etc/debian_version": "13.2\n",
    },
    kernel: "6.18.34+rpt-rpi-v8",
    kernelBuild: "#1 SMP PREEMPT Debian 1:6.18.34-1+rpt1 (2026-06-09)",
    systemd: { version: "257", package: "257.13-1~deb13u1" },
    utilLinux: "2.41",
    boot: "/boot/firmware",
    fstab: true,
    zram: true,
    absent: [],
  },
  "raspberry-pi-os-bookworm": {
    user: "pi",
    home: "/home/pi",
    sudo: "free",
    osRelease: debian("12", "bookworm"),
    marks: {
      "etc/rpi-issue": "Raspberry Pi reference 2025-05-13\nGenerated using pi-gen, stage2\n",
      "etc/debian_version": "12.11\n",
    },
    kernel: "6.6.74+rpt-rpi-v8",
    kernelBuild: "#1 SMP PREEMPT Debian 1:6.6.74-1+rpt1 (2025-01-27)",
    systemd: { version: "252", package: "252.39-1~deb12u2" },
    utilLinux: "2.38.1",
    boot: "/boot/firmware",
    fstab: true,
    zram: false,
    absent: [],
  },
  osmc: {
    user: "osmc",
    home: "/home/osmc",
    sudo: "free",
    osRelease: [
      'PRETTY_NAME="Open Source Media Center"',
      'NAME="OSMC"',
      'VERSION="May 2026"',
      'VERSION_ID="2026.05-1"',
      'VERSION_CODENAME="bullseye"',
      "ID=osmc",
      "ID_LIKE=debian",
      'HOME_URL="https://www.osmc.tv"',
      "",
    ].join("\n"),
    marks: { "etc/debian_version": "11.11\n" },
    kernel: "5.15.92-2-osmc",
    kernelBuild: "#1 SMP PREEMPT Thu Mar 2 17:09:31 UTC 2023",
    systemd: { version: "247", package: "247.3-7+deb11u7" },
    utilLinux: "2.36.1",
    boot: "/boot",
    fstab: true,
    zram: false,
    absent: [],
  },
  libreelec: {
    user: "root",
    home: "/storage",
    sudo: "stub",
    osRelease: [
      'NAME="LibreELEC"',
      'VERSION="12.2.1"',
      'ID="libreelec"',
      'VERSION_ID="12.2"',
      'PRETTY_NAME="LibreELEC (official): 12.2.1"',
      'HOME_URL="https://libreelec.tv"',
      'LIBREELEC_ARCH="RPi4.aarch64"',
      'LIBREELEC_PROJECT="RPi"',
      'LIBREELEC_DEVICE="RPi4"',
      "",
    ].join("\n"),
    marks: {},
    kernel: "6.12.56",
    kernelBuild: "#1 SMP Tue Nov 4 09:10:57 UTC 2025",
    systemd: { version: "257", package: "257.9" },
    utilLinux: "2.41",
    boot: "/flash",
    fstab: false,
    zram: false,
    absent: [
      "findmnt",
      "timeout",
      "base64",
      "expr",
      "cmp",
      "diff",
      "comm",
      "fallocate",
      "setsid",
      "nproc",
      "timedatectl",
      "perl",
      "getconf",
      "unshare",
    ],
  },
};

function debian(version: string, name: string): string {
  return [
    `PRETTY_NAME="Debian GNU/Linux ${version} (${name})"`,
    'NAME="Debian GNU/Linux"',
    `VERSION_ID="${version}"`,
    `VERSION="${version} (${name})"`,
    `VERSION_CODENAME=${name}`,
    "ID=debian",
    'HOME_URL="https://www.debian.org/"',
    'SUPPORT_URL="https://www.debian.org/support"',
    'BUG_REPORT_URL="https://bugs.debian.org/"',
    "",
  ].join("\n");
}

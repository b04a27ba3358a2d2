import type { SystemName } from "./systems.ts";

/** What a simulated Pi is made of. Everything but the name has a default: a Pi 4 with Raspberry Pi OS and no disk. */
export interface PiOptions {
  /** Host name. */
  readonly name: string;
  readonly system?: SystemName;
  /** What starts things. `sysvinit`: Debian's, as if sysvinit-core had replaced systemd; no systemctl, runlevels instead. */
  readonly init?: "systemd" | "sysvinit";
  /** As in /proc/device-tree/model. */
  readonly model?: string;
  /** As `uname -m` says. */
  readonly machine?: string;
  readonly processors?: number;
  /** MemTotal and MemAvailable, KiB. */
  readonly memory?: { readonly total: number; readonly available: number };
  /** Login user; uid 0 when it is root, else 1000. Default: the system's own. */
  readonly user?: string;
  /** Default: the system's own. `denied`: the user is not in sudoers. */
  readonly sudo?: "free" | "denied" | "stub" | { readonly password: string };
  /** USB disks; the last character of `device` is its partition number. */
  readonly disks?: readonly DiskOptions[];
  readonly card?: { readonly bytes: number; readonly used: number };
  /** Files below the bare directory at `mountPoint`, which a mounted disk would hide. */
  readonly hidden?: Files;
  /** Where `hidden` lies; default /media/btsync. */
  readonly mountPoint?: string;
  /** Lines after the stock ones. */
  readonly fstab?: readonly string[];
  /** Unit files for usr/lib/systemd/system, by name. */
  readonly units?: Readonly<Record<string, string>>;
  /** Units that are started at the end of the making. */
  readonly started?: readonly string[];
  /** Units that are enabled at the end of the making. */
  readonly enabled?: readonly string[];
  /** What /proc shows besides PID 1. */
  readonly processes?: readonly ProcessOptions[];
  /** What its apt-get can install; without it the Pi has no apt-get. */
  readonly packages?: readonly "syncthing"[];
  /** Any further files, by path below the root. */
  readonly files?: Files;
  /** Commands that this Pi does not have, beside those that its system lacks. */
  readonly absent?: readonly string[];
  readonly pageSize?: 4096 | 16384;
  /** The memory controller of control groups, off by default on a Pi. */
  readonly memoryController?: boolean;
  readonly uptimeSeconds?: number;
  /** The five fields of /proc/loadavg. */
  readonly load?: string;
  /** Thousandths of a degree; undefined: no sensor. */
  readonly temperature?: number;
  /** As vcgencmd prints it: `0x50000`. */
  readonly throttled?: string;
  readonly clockSynchronised?: boolean;
  /** The SD card's file system knows chattr +i. Default true. */
  readonly immutableFlag?: boolean;
}

export interface DiskOptions {
  /** `/dev/sda1`. */
  readonly device: string;
  readonly label: string;
  readonly uuid: string;
  readonly fstype?: string;
  /** Size of the file system. */
  readonly bytes: number;
  /** Bytes that are in use beside those of `files`. */
  readonly used?: number;
  /** The hardware's write protection. */
  readonly readOnly?: boolean;
  /** Never formatted: what stands here under `label` and `uuid` is not on it yet. */
  readonly blank?: boolean;
  /** Default true. */
  readonly plugged?: boolean;
  /** Mounted from the start, as an automounter or fstab would: where, and with which options (default `rw`). */
  readonly mounted?: { readonly at: string; readonly options?: string };
  readonly files?: Files;
}

export interface ProcessOptions {
  readonly pid: number;
  /** As in /proc/PID/comm: at most 15 bytes. */
  readonly comm: string;
  readonly cmdline?: readonly string[];
  readonly state?: string;
  /** KiB. */
  readonly rss: number;
  /** KiB. */
  readonly swap?: number;
  /** The unit that it belongs to: it is there while the unit runs. Without one it is always there. */
  readonly unit?: string;
  /** A file of the Pi that it has open: a mount that it lies on is busy. */
  readonly opens?: string;
}

/** Files by path: a text, bytes, or with mode and mtime (seconds); a folder is `null`. */
export type Files = Readonly<Record<string, FileOptions>>;

export type FileOptions =
  | string
  | Uint8Array
  | null
  | { readonly content: string | Uint8Array; readonly mode?: number; readonly mtime?: number }
  | { readonly link: string };

import type { DeviceLook, Disk, Use } from "./device-look.ts";

/** What the running system needs the disk for, in words; undefined: nothing that is known. */
export function roleInSystem(look: DeviceLook, disk: Disk): string | undefined {
  // What everybody knows it by comes first: / before /boot/firmware
  const roles = look.uses
    .toSorted((left, right) => placeOf(left).length - placeOf(right).length)
    .flatMap((use) => systemRole(use) ?? []);
  return roles[0] ?? knownToSystem(look, disk);
}

/** What a use makes a part of the running system, in words; undefined: nothing. */
export function systemRole(use: Use): string | undefined {
  if (use.kind === "swap") return `/dev/${use.name} is swap in use`;
  if (use.kind === "held")
    return `/dev/${use.name} is part of ${use.by} (LVM, RAID, encryption or a loop device)`;
  return isSystemPlace(use.target) ? `/dev/${use.name} is mounted at ${use.target}` : undefined;
}

function placeOf(use: Use): string {
  return use.kind === "mount" ? use.target : "";
}

function isSystemPlace(target: string): boolean {
  return /^\/$|^\/(boot|usr|var|home|root|opt|etc|flash|storage|overlay|media\/root-r[ow])(\/|$)/.test(
    target,
  );
}

/** An overlay hides where the root comes from, and a boot partition need not be mounted: kernel and fstab name them. */
function knownToSystem(look: DeviceLook, disk: Disk): string | undefined {
  const root = /(?:^|\s)root=(\S+)/.exec(look.commandLine)?.[1];
  if (root !== undefined && isNamed(disk, root.replace(/\/PARTNROFF=.*$/, ""))) {
    return `the kernel was started with root=${root}`;
  }
  for (const line of look.fstab.split("\n")) {
    const [source = "", target = ""] = line.trim().split(/\s+/);
    if (source.startsWith("#") || !(isSystemPlace(target) || /^(none|swap)$/.test(target))) continue;
    if (isNamed(disk, source)) return `/etc/fstab has ${source} at ${target}`;
  }
  return undefined;
}

/** `UUID=…`, `LABEL=…`, `PARTUUID=…`, `PARTLABEL=…` or a path: is it this disk or a part of it? */
function isNamed(disk: Disk, source: string): boolean {
  const [key, value = ""] = source.replaceAll('"', "").split("=", 2) as [string, string?];
  const tag = { UUID: "UUID", LABEL: "LABEL", PARTUUID: "PART_ENTRY_UUID", PARTLABEL: "PART_ENTRY_NAME" }[
    key
  ];
  return disk.volumes.some((volume) =>
    tag === undefined
      ? source === volume.path
      : value !== "" && volume.tags.get(tag)?.toLowerCase() === value.toLowerCase(),
  );
}

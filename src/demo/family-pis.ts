import { grandmasChanges, momsChanges, same, treeAt, type Changes, type Tree } from "./family.ts";
import type { Files, PiOptions } from "./pi-options.ts";

/** The three Pis of the demo: different models, systems and engines, as they gather in a family. */
export function familyPis(tree: Tree): readonly PiOptions[] {
  return [home(tree), mom(tree), grandma(tree)];
}

/** A Pi 5 with 16 KiB pages and Syncthing; everything is in step there. */
function home(tree: Tree): PiOptions {
  return {
    name: "home",
    system: "raspberry-pi-os-bookworm",
    model: "Raspberry Pi 5 Model B Rev 1.0",
    pageSize: 16384,
    memory: { total: 8_253_424, available: 7_012_336 },
    disks: [disk("7d1f0a52-3c64-4a0e-9b1b-5a0e6f2c9d11", 2_000_381_018_112, on(tree, same))],
    ...syncthing(118_312),
    temperature: 51_850,
    uptimeSeconds: 2_851_204,
    load: "0.08 0.03 0.01 1/211 91822",
  };
}

/** A plain Pi 4, fresh from the imager, with a disk that nobody has mounted yet. */
function mom(tree: Tree): PiOptions {
  return {
    name: "mom",
    model: "Raspberry Pi 4 Model B Rev 1.4",
    memory: { total: 1_894_112, available: 1_502_940 },
    disks: [
      disk("c2a4b0de-81f3-4b56-8a75-0e9d4f6172b8", 1_000_203_091_968, on(tree, momsChanges)),
      // A new one in its box, to be plugged in and prepared by whoever plays
      {
        device: "/dev/sdb1",
        label: "btsync",
        uuid: "5f0c3b1d-2a47-4e96-b8d1-7c60e4a9f352",
        bytes: 2_000_381_018_112,
        blank: true,
        plugged: false,
      },
    ],
    ...syncthing(61_440),
    temperature: 44_303,
    uptimeSeconds: 4_811,
  };
}

/** A Pi 2 with OSMC under the television, which still runs classic btsync; it has seen a weak power supply. */
function grandma(tree: Tree): PiOptions {
  const unit =
    "[Unit]\nDescription=BitTorrent Sync\nAfter=network.target\n\n[Service]\nUser=osmc\nExecStart=/usr/local/bin/btsync --nodaemon\n\n[Install]\nWantedBy=multi-user.target\n";
  return {
    name: "grandma",
    system: "osmc",
    model: "Raspberry Pi 2 Model B Rev 1.1",
    machine: "armv7l",
    memory: { total: 754_312, available: 391_220 },
    disks: [disk("0b5e7c1a-94d2-4f7e-8c3d-6a1f20e4b597", 1_000_203_091_968, on(tree, grandmasChanges))],
    units: {
      "btsync.service": unit,
      "mediacenter.service":
        "[Unit]\nDescription=Kodi Media Center\n\n[Service]\nExecStart=/usr/bin/mediacenter\n\n[Install]\nWantedBy=multi-user.target\n",
    },
    enabled: ["btsync.service", "mediacenter.service"],
    started: ["btsync.service", "mediacenter.service"],
    processes: [
      { pid: 611, comm: "btsync", rss: 164_208, unit: "btsync.service" },
      { pid: 702, comm: "kodi.bin", rss: 201_376, unit: "mediacenter.service" },
    ],
    files: { "usr/local/bin/btsync": { content: "#!/bin/sh\n", mode: 0o755 } },
    temperature: 58_912,
    throttled: "0x50000",
    uptimeSeconds: 9_012_377,
    load: "0.61 0.48 0.44 2/168 20117",
  };
}

function disk(uuid: string, bytes: number, files: Files): NonNullable<PiOptions["disks"]>[number] {
  return { device: "/dev/sda1", label: "btsync", uuid, bytes, files };
}

function on(tree: Tree, changes: Changes): Files {
  return Object.fromEntries(
    Object.entries(treeAt(tree, changes)).map(([path, content]) => [`btsync/${path}`, content]),
  );
}

/** Not there yet: provision installs it. */
function syncthing(rss: number): Pick<PiOptions, "packages" | "processes"> {
  return {
    packages: ["syncthing"],
    processes: [{ pid: 734, comm: "syncthing", rss, unit: "syncthing@pi.service" }],
  };
}

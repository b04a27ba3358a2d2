import { describe, expect, test } from "vitest";
import { readEjectLook, type EjectLook } from "../../src/disk/eject-look.ts";
import { planEject, type EjectInput, type Services } from "../../src/disk/eject-plan.ts";
import { mom } from "./mom.ts";

const services: Services = {
  engine: "syncthing@pi.service",
  players: ["kodi.service"],
  swap: "pimesh-swap.service",
  ours: ["syncthing@pi.service", "pimesh-swap.service", "media-btsync.mount"],
  engineProcesses: ["syncthing"],
};

const records: Readonly<Record<string, string>> = {
  device: "partition sda1 sda",
  mounts: "/dev/mmcblk0p2 / ext4 rw 0 0\n/dev/sda1 /media/btsync ext4 rw 0 0",
  swaps:
    "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/zram0                              partition\t465500\t\t0\t\t100\n/media/btsync/swapfile                  file\t\t4194300\t\t1204\t\t10",
  uses: "sda1 mount /media/btsync",
  disk: "vendor WD\nmodel Elements 2621\nserial WX41A58E2R0K",
  port: "usb",
  siblings: "",
  users: "734\tsyncthing\tsyncthing@pi.service\t/media/btsync/btsync/.stfolder",
  running: " syncthing@pi.service",
  end: "",
};

describe("the plan of an eject", () => {
  test("engine, swap, mount, medium, port: in this order", () => {
    expect(calls({})).toEqual([
      "stop_service syncthing@pi.service",
      "swap_off /media/btsync/swapfile pimesh-swap.service /media/btsync/swapfile",
      "unmount_all sda /media/btsync",
      "flush_disk sda",
      "power_down sda yes",
      "end_eject u-u-i-d syncthing@pi.service pimesh-swap.service media-btsync.mount",
    ]);
  });

  test.each<[string, Readonly<Record<string, string>>, Partial<EjectInput>, readonly string[]]>([
    [
      "a disk that nobody has mounted is only let go",
      { uses: "", mounts: "/dev/mmcblk0p2 / ext4 rw 0 0", swaps: "", users: "", running: "" },
      {},
      ["stop_service syncthing@pi.service", "flush_disk sda", "power_down sda yes"],
    ],
    [
      "the newest of several mounts goes first, and paths stay as the kernel writes them",
      {
        uses: String.raw`sda1 mount /media/btsync
sda1 mount /mnt/my\040disk`,
        mounts: String.raw`/dev/sda1 /media/btsync ext4 rw 0 0
/dev/sda1 /mnt/my\040disk ext4 rw 0 0`,
        swaps: "",
      },
      {},
      [
        "stop_service syncthing@pi.service",
        String.raw`unmount_all sda '/mnt/my\040disk' /media/btsync`,
        "flush_disk sda",
        "power_down sda yes",
      ],
    ],
    [
      "a player with files of the disk is stopped for a moment, and our own timers",
      {
        users:
          "702\tkodi.bin\tkodi.service\t/media/btsync/btsync/film.mkv\n803\tpython3\tpimesh-index.service\t/media/btsync/btsync",
        swaps: "",
      },
      {},
      [
        "stop_service syncthing@pi.service",
        "stop_service pimesh-index.service",
        "stop_service kodi.service",
        "unmount_all sda /media/btsync",
        "flush_disk sda",
        "power_down sda yes",
      ],
    ],
    [
      "a count of the tree is ended, also where it is no unit",
      { users: "803\tpython3\tpimesh-index\t/media/btsync/btsync/photos", swaps: "" },
      {},
      [
        "stop_service syncthing@pi.service",
        "stop_service pimesh-index",
        "unmount_all sda /media/btsync",
        "flush_disk sda",
        "power_down sda yes",
      ],
    ],
    [
      "a swap partition on it is switched off too",
      {
        uses: "sda1 mount /media/btsync\nsda2 swap /dev/sda2",
        swaps: "/dev/sda2                               partition\t465500\t\t0\t\t5",
      },
      {},
      [
        "stop_service syncthing@pi.service",
        "swap_off /media/btsync/swapfile pimesh-swap.service /dev/sda2",
        "unmount_all sda /media/btsync",
        "flush_disk sda",
        "power_down sda yes",
      ],
    ],
    [
      "other disks in the same box keep their power",
      { siblings: "sdb", swaps: "" },
      {},
      [
        "stop_service syncthing@pi.service",
        "unmount_all sda /media/btsync",
        "flush_disk sda",
        "power_down sda no",
      ],
    ],
    [
      "no port is touched when the power is to stay",
      { swaps: "" },
      { keepPower: true },
      ["stop_service syncthing@pi.service", "unmount_all sda /media/btsync", "flush_disk sda"],
    ],
    [
      "without systemd the engine's processes are known by their names",
      { users: "734\tsyncthing\t\t/media/btsync/btsync", running: " syncthing", swaps: "" },
      { services: { ...services, engine: "syncthing", players: [] } },
      ["stop_service syncthing", "unmount_all sda /media/btsync", "flush_disk sda", "power_down sda yes"],
    ],
  ])("%s", (_, given, input, expected) => {
    expect(calls(given, input).slice(0, -1)).toEqual(expected);
  });

  test("only the player runs again when the disk is out", () => {
    expect(planEject(inputOf({ users: "702\tkodi.bin\tkodi.service\t/media/btsync/x" })).keep).toEqual([
      "kodi.service",
    ]);
    expect(planEject(inputOf({})).keep).toEqual([]);
  });

  test.each<[string, Readonly<Record<string, string>>, string, string, string]>([
    [
      "a process of nobody's service",
      { users: "911\tbash\t\t/media/btsync" },
      "E-DISK-BUSY",
      "bash (process 911) has /media/btsync open; nothing was changed",
      "sudo kill 911",
    ],
    [
      "a service that is not ours",
      { users: "911\tsmbd\tsmbd.service\t/media/btsync/btsync" },
      "E-DISK-BUSY",
      "smbd (smbd.service) has /media/btsync/btsync open",
      "sudo systemctl stop smbd.service",
    ],
    [
      "an engine that somebody has started by hand",
      { users: "911\tsyncthing\t\t/media/btsync/btsync", running: "" },
      "E-DISK-BUSY",
      "syncthing (process 911)",
      "sudo kill 911",
    ],
    [
      "something mounted inside",
      { mounts: "/dev/sda1 /media/btsync ext4 rw 0 0\n/dev/sdb1 /media/btsync/extra ext4 rw 0 0" },
      "E-DISK-BUSY",
      "/dev/sdb1 is mounted in a folder of the disk: /media/btsync/extra",
      "sudo umount /media/btsync/extra",
    ],
    [
      "a disk that the system runs from",
      { uses: "sda1 mount /\nsda2 mount /media/btsync" },
      "E-DISK-SYSTEM",
      "/dev/sda carries the running system too: /dev/sda1 is mounted at /",
      "poweroff",
    ],
    [
      "a disk that the kernel was started from, though an overlay hides it",
      { root: "root=PARTUUID=8a676486-02" },
      "E-DISK-SYSTEM",
      "the kernel was started with root=PARTUUID=8a676486-02",
      "poweroff",
    ],
    ["a part of an array", { uses: "sda1 held md0" }, "E-DISK-BUSY", "/dev/sda1 is part of md0", "lsblk"],
    ["a disk that has gone since", { device: "absent  " }, "E-DISK-ABSENT", "has just gone", "status"],
  ])("is refused for %s", (_, given, code, words, hint) => {
    expect(() => planEject(inputOf(given))).toThrowError(
      expect.objectContaining({
        code,
        message: expect.stringContaining(words) as string,
        hint: expect.stringContaining(hint) as string,
      }) as Error,
    );
  });
});

function look(given: Readonly<Record<string, string>>): EjectLook {
  return readEjectLook(
    new Map(Object.entries({ ...records, ...given }).map(([key, text]) => [key, Buffer.from(text)])),
  );
}

function inputOf(given: Readonly<Record<string, string>>, more: Partial<EjectInput> = {}): EjectInput {
  return { node: mom, look: look(given), uuid: "u-u-i-d", services, keepPower: false, ...more };
}

function calls(given: Readonly<Record<string, string>>, more: Partial<EjectInput> = {}): string[] {
  return planEject(inputOf(given, more)).steps.map(({ call }) => call.text);
}

import type { UsbDisk } from "./usb-disk.ts";

/** 512 MiB, as the smallest Pis have that are in use. */
const memory = 512;

export interface QemuOptions {
  /** Where the sockets and the console's log lie. */
  readonly folder: string;
  /** qcow2 of the root file system. */
  readonly root: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly commandLine: string;
  /** On 127.0.0.1, for the machine's port 22. */
  readonly port: number;
  /** More doors, as QEMU writes them: `tcp:127.0.0.2:22000-:22000`. */
  readonly doors: readonly string[];
  /** A saved state to go on from instead of booting. */
  readonly state: string | undefined;
  readonly disks: readonly Plugged[];
}

export interface Plugged {
  readonly disk: UsbDisk;
  /** The port of the USB controller, 1 to 8: a saved state finds a device by it. */
  readonly port: number;
}

/**
 * The arguments of a virtual Pi: emulated (TCG), as KVM is not everywhere; a root disk, one USB controller, a network that
 * reaches nothing but these doors.
 */
export function qemuArguments(options: QemuOptions): string[] {
  const { folder, state } = options;
  const pairs: readonly (readonly string[])[] = [
    ["-machine", "q35,accel=tcg"],
    ["-cpu", "qemu64"],
    ["-smp", "1"],
    ["-m", String(memory)],
    ["-nodefaults"],
    ["-no-user-config"],
    ["-display", "none"],
    ["-chardev", `file,id=console,path=${folder}/console.log,append=on`],
    ["-serial", "chardev:console"],
    ["-qmp", `unix:${folder}/qmp,server=on,wait=off`],
    [
      "-netdev",
      [
        "user,id=net,restrict=on",
        ...[`tcp:127.0.0.1:${options.port}-:22`, ...options.doors].map((door) => `hostfwd=${door}`),
      ].join(","),
    ],
    ["-device", "virtio-net-pci,netdev=net,romfile="],
    ["-device", "virtio-rng-pci"],
    ["-blockdev", JSON.stringify(rootNode(options.root))],
    ["-device", "virtio-blk-pci,drive=root"],
    ["-device", "qemu-xhci,id=xhci,p2=8,p3=8"],
    ...options.disks.map(({ disk }) => ["-blockdev", JSON.stringify(diskNode(disk))]),
    ...options.disks.map(({ disk, port }) => ["-device", JSON.stringify(diskDevice(disk, port))]),
    ["-kernel", options.kernel],
    ["-initrd", options.initrd],
    ["-append", options.commandLine],
    state === undefined ? [] : ["-incoming", `exec:cat '${state}'`],
  ];
  return pairs.flat();
}

/** no-flush: what the guest forces to its disk need not reach ours; a reset loses the guest's cache all the same. */
const cache = { direct: false, "no-flush": true };

function rootNode(filename: string): object {
  return { driver: "qcow2", "node-name": "root", cache, file: { driver: "file", filename, cache } };
}

export function diskNode(disk: UsbDisk): object {
  const file = { driver: "file", filename: disk.file, cache };
  return { driver: "raw", "node-name": disk.id, "read-only": disk.readOnly === true, cache, file };
}

export function diskDevice(disk: UsbDisk, port: number): object {
  return {
    driver: "usb-storage",
    id: `usb-${disk.id}`,
    bus: "xhci.0",
    port: String(port),
    drive: disk.id,
    serial: disk.serial,
  };
}

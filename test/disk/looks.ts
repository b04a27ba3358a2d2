import { readDeviceLook, type DeviceLook } from "../../src/disk/device-look.ts";

/** What the node's script answers about a device, as it stood in its records on a real machine; overwritten where a test says so. */
export function deviceLook(records: Readonly<Record<string, string>> = {}): DeviceLook {
  const all = { ...blank, ...records };
  return readDeviceLook(new Map(Object.entries(all).map(([key, text]) => [key, Buffer.from(text)])));
}

/** The head of a description: a 931 GiB USB disk. */
const head =
  "name sda\ndev 8:0\ndiskseq 12\nro 0\nbus usb\nmodel Elements 2621\nvendor WD\nserial WX41A58E2R0K";

export const wholeBlank = "volume sda\nsectors 1953458176\nstart blank";

export const tableDos =
  "volume sda\nsectors 1953458176\nsig 0x1fe,,,dos\ntag DEVNAME=/dev/sda\ntag PTUUID=8a676486\ntag PTTYPE=dos\nstart 1111111111111111111111111111111111111111111111111111111111111111";

export const tableGpt =
  "volume sda\nsectors 1953458176\nsig 0x200,,,gpt\nsig 0xe8e0db5e00,,,gpt\nsig 0x1fe,,,PMBR\ntag DEVNAME=/dev/sda\ntag PTUUID=187f2b6f-ef69-9246-880e-cd18f4df86d1\ntag PTTYPE=gpt\nstart 2222222222222222222222222222222222222222222222222222222222222222";

export const familysUuid = "2f6c1c8e-0000-4000-8000-000000000001";

export const ext4 = `volume sda1
sectors 1953456128
sig 0x438,${familysUuid},btsync,ext4
tag DEVNAME=/dev/sda1
tag LABEL=btsync
tag UUID=${familysUuid}
tag VERSION=1.0
tag BLOCK_SIZE=4096
tag TYPE=ext4
tag USAGE=filesystem
tag PART_ENTRY_SCHEME=dos
tag PART_ENTRY_UUID=8a676486-01
tag PART_ENTRY_TYPE=0x83
tag PART_ENTRY_NUMBER=1
start 3333333333333333333333333333333333333333333333333333333333333333`;

export const emptyPartition = (name: string, tags = ""): string =>
  `volume ${name}\nsectors 1953456128\ntag PART_ENTRY_SCHEME=gpt\ntag PART_ENTRY_UUID=f6f3b4ca-a9ac-e644-abb6-6c9e970bb78${name.at(-1)}\n${tags}start blank`;

/** A description of these volumes. */
export function describe(...volumes: readonly string[]): string {
  return [head, ...volumes].join("\n");
}

const blank: Readonly<Record<string, string>> = {
  device: "disk sda sda",
  missing: "",
  uses: "",
  disk: describe(wholeBlank),
  cmdline: "console=tty1 root=PARTUUID=0d4b6c1e-02 rootfstype=ext4 rootwait",
  fstab: "proc /proc proc defaults 0 0\nPARTUUID=0d4b6c1e-02 / ext4 defaults,noatime 0 1\n",
  end: "",
};

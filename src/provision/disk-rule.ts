import { fill } from "./template.ts";

/**
 * `udev/992-pimesh-disk.rules` for one disk. `wants` are the units that a plug starts: mount, swap, engine, as far as the
 * node has them.
 */
export function diskRule(
  text: string,
  disk: { readonly uuid: string; readonly label: string; readonly wants: readonly string[] },
): string {
  return fill(
    text,
    { uuid: disk.uuid, label: udevEncoded(disk.label), wants: disk.wants.filter(expressible).join(" ") },
    "udev",
  );
}

/**
 * Older versions of systemd take a backslash in SYSTEMD_WANTS for an escape, newer ones as it is (src/core/device.c,
 * EXTRACT_RETAIN_ESCAPE): a name with one cannot be written for both. The device's drop-in wants the mount too, and the
 * others bring it with them.
 */
function expressible(unit: string): boolean {
  return !unit.includes("\\");
}

/** As ID_FS_LABEL_ENC has it: everything but letters, digits, `#+-.:=@_` and valid UTF-8 as `\xNN` (udev, util-linux). */
export function udevEncoded(label: string): string {
  return label.replaceAll(
    /[^0-9A-Za-z#+\-.:=@_\u0080-\u{10FFFF}]/gu,
    (letter) => String.raw`\x${letter.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** `\040` and the like, as the kernel writes names in /proc/mounts and /proc/swaps (seq_path: blank, tab, newline, backslash). */
export function fromOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** `\x20` and the like, as udev writes names: bytes, so that one character may be several of them. */
export function fromHex(text: string): string {
  return text.replaceAll(/(?:\\x[0-9a-fA-F]{2})+/g, (run) =>
    Buffer.from(run.replaceAll("\\x", ""), "hex").toString("utf8"),
  );
}

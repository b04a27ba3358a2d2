/**
 * What systemd calls the unit of a path, without its suffix, as `systemd-escape --path` prints it: `/media/btsync` →
 * `media-btsync`, for `media-btsync.mount`. The path is absolute and has no `..` (RangeError otherwise).
 *
 * systemd.unit(5), string escaping: `/` becomes `-`; a leading dot and everything but letters, digits, `:`, `_` and `.`
 * becomes `\xNN`, byte by byte.
 */
export function unitNameOfPath(path: string): string {
  if (!path.startsWith("/") || path.includes("\0")) throw new RangeError(`not an absolute path: ${path}`);
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw new RangeError(`a path of a unit must not go up: ${path}`);
  if (parts.length === 0) return "-";
  return [...Buffer.from(parts.join("/"), "utf8")]
    .map((byte, index) => {
      const letter = String.fromCharCode(byte);
      if (letter === "/") return "-";
      const plain = index === 0 ? /[A-Za-z0-9:_]/ : /[A-Za-z0-9:_.]/;
      return plain.test(letter) ? letter : String.raw`\x${byte.toString(16).padStart(2, "0")}`;
    })
    .join("");
}

/** The device of a file system by its UUID, without a suffix: for `….device` and `systemd-fsck@….service`. */
export function escapeForDeviceUnit(uuid: string): string {
  return unitNameOfPath(`/dev/disk/by-uuid/${uuid}`);
}

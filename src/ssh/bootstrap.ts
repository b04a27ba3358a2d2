import { gzipSync } from "node:zlib";
import { sh, type Command } from "../core/shell.ts";

/**
 * The only text that the login shell of a node ever parses. It hands over to /bin/sh, which says that it is there and
 * reads the script from stdin. Everything between the quotes is the same in sh, bash, dash, fish and csh: no single
 * quote, no backslash, no exclamation mark. `nonce` is of this command; the word that is printed is put together on
 * the node, so that a machine that only repeats what it was told is not mistaken for a shell.
 */
export function bootstrap(nonce: string): string {
  return `exec /bin/sh -c '${preamble} root=\${PIMESH_ROOT-}; ${handshake}' ${nonce}`;
}

/**
 * The same as root where that needs no password, else as the login's user, as a script for the shell that `bootstrap` made; which
 * of them it is stands behind the marker, as a word of `rootWays`. `id -u` is asked first: LibreELEC's sudo is a stub that says
 * no to root. sudo's texts are never read (sudo-rs has others), only its exit status.
 */
export function freeRootBootstrap(nonce: string): Command {
  return sh`if [ "$(id -u)" = 0 ]; then way=already
elif ! command -v sudo >/dev/null 2>&1; then way=no-sudo
elif sudo -n true </dev/null >/dev/null 2>&1; then way=passwordless
else way=password; fi
set -- /bin/sh -c ${inner} ${nonce} "$root" "$way"
case $way in passwordless) exec sudo -n -- "$@" ;; *) exec "$@" ;; esac`;
}

/**
 * Root's shell through sudo, with a prompt by which it asks for the password. sudo drops the environment, so the folder that
 * stands for `/` on a simulated node is passed on as an argument.
 */
export function rootBootstrap(nonce: string, sudoPrompt: string | undefined): Command {
  return sudoPrompt === undefined
    ? sh`exec sudo -n -- /bin/sh -c ${inner} ${nonce} "$root"`
    : sh`exec sudo -S -p ${sudoPrompt} -- /bin/sh -c ${inner} ${nonce} "$root"`;
}

/**
 * What the shell prints when it is ready for the script, on a line of its own on both streams; on stdout with what else there is
 * to know behind it, each word after a blank: `packsMark`, and one of `rootWays`.
 */
export function readyMarker(nonce: string): string {
  return `READY:${nonce}`;
}

/** Says that the shell takes a packed script. */
export const packsMark = "gzip";

/**
 * A script for a shell that unpacks: an `@` and how many bytes follow, a newline, and these, packed by gzip, where that is so much
 * shorter that it is worth the processes that unpack it; else as `encodeScript` does.
 */
export function packScript(script: Command): Buffer {
  const plain = encodeScript(script);
  const body = gzipSync(script.text, { level: 9 });
  const packed = Buffer.concat([Buffer.from(`@${body.length}\n`), body]);
  return packed.length + worthUnpacking < plain.length ? packed : plain;
}

/**
 * A script as one line that `printf %b` turns back into exactly the same bytes: whatever is not a plain ASCII character
 * becomes an octal escape (`\0ooo`, POSIX printf), and a newline `\n`, of which scripts have many. `read` takes single bytes from a pipe and stops after the newline
 * (POSIX read: it must leave the rest for the commands that it precedes), so the payload behind the line is untouched.
 */
export function encodeScript(script: Command): Buffer {
  const bytes = Buffer.from(script.text, "utf8");
  if (bytes.includes(0)) throw new RangeError("a NUL byte cannot be passed to a shell");
  let line = "";
  for (const byte of bytes) {
    const marksPacked = byte === at && line === "";
    const plain = byte >= 0x20 && byte < 0x7f && byte !== backslash && !marksPacked;
    if (byte === newline) line += String.raw`\n`;
    else line += plain ? String.fromCharCode(byte) : `\\0${byte.toString(8).padStart(3, "0")}`;
  }
  return Buffer.from(`${line}\n`, "latin1");
}

/**
 * The reading half, for tests against real shells: what runs on the node after the marker. A packed script that is damaged or cut off
 * does not run. Only byte by byte is dd sure to take no more from a pipe than it is asked for, and no less (dd(1p): a block of a
 * pipe may be short); busybox's `head -c` takes more.
 */
export const handshake = [
  'packs=; if command -v gzip >/dev/null; then packs=" gzip"; fi;',
  'echo "READY:$0$packs${2:+ $2}"; echo "READY:$0" >&2; IFS= read -r script && case $script in',
  '@*) script=$(dd bs=1 count="${script#@}" 2>/dev/null | gzip -dc) && eval "$script" ;;',
  '*) eval "$(printf %b "$script")" ;; esac',
].join(" ");

const preamble = "LC_ALL=C; export LC_ALL; PATH=$PATH:/usr/sbin:/sbin; export PATH;";

/** What the shell behind the login's runs: `root` is its first argument, a word of `rootWays` may be its second. */
const inner = `${preamble} root=$1; ${handshake}`;

/** Bytes: what two processes take a Pi, a line of 50 KiB a second carries meanwhile. */
const worthUnpacking = 200;

const at = 0x40;
const backslash = 0x5c;
const newline = 0x0a;

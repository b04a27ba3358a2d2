import { isIPv4, isIPv6 } from "node:net";
import type { Address } from "./inventory.ts";

/**
 * `host`, `host:port`, `192.0.2.7`, `[2001:db8::7]:port` or a bare IPv6 address, with `%eth0` where it is link-local.
 * A string is what is wrong with it. `host` may be an alias of the user's ssh configuration; nothing that could be taken
 * for an option of ssh is one.
 */
export function parseAddress(text: string): Address | string {
  if (text === "") return "is empty";
  if (/\s/u.test(text)) return "holds a blank; several addresses are a list: [one, two]";
  if (text.includes("://")) return "is a URL; an address is host or host:port";
  if (text.includes("@")) return "holds an @; the login name goes into user";
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed) {
    const [, host = "", port] = bracketed;
    return isIPv6(host) ? address(text, host, port) : "holds no IPv6 address between [ and ]";
  }
  if (isIPv6(text)) return address(text, text, undefined);
  const [host = "", port, ...more] = text.split(":");
  if (more.length > 0) return "is no IPv6 address, and host:port has one colon";
  if (/^[\d.]+$/.test(host) && !isIPv4(host)) return "is not an IPv4 address";
  const [, bare = "", odd] = /^([A-Za-z0-9._-]*)(.?)/u.exec(host) ?? [];
  if (odd !== undefined && odd !== "") {
    return /\P{ASCII}/u.test(odd)
      ? "holds a letter outside ASCII; write the name's xn-- form"
      : "is not a host name: letters, digits, dots and dashes";
  }
  if (!/^[A-Za-z0-9_]/.test(bare) || bare.includes("..") || bare.length > 253) return "is not a host name";
  return address(text, host, port);
}

function address(text: string, host: string, port: string | undefined): Address | string {
  if (port === undefined) return { host, port: undefined, text };
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  return number >= 1 && number <= 65_535
    ? { host, port: number, text }
    : "has a port that is not from 1 to 65535";
}

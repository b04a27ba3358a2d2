import { PimeshError } from "../core/error.ts";
import { showKey, type HostKey } from "./host-key.ts";
import type { KnownHost, KnownKey } from "./known-hosts.ts";
import type { Pin } from "./pins.ts";

/** Everything that is known about whose key to expect, before a single byte is exchanged. */
export interface Expectation {
  /** Name of the node, or of the jump host. */
  readonly name: string;
  /** Is it a node of the inventory? Only nodes have pins. */
  readonly isNode: boolean;
  /** The address that is being tried, as the inventory writes it. */
  readonly address: string;
  readonly pins: readonly Pin[];
  readonly known: KnownHost;
}

export type Verdict =
  /** Pinned, or a jump host that known_hosts vouches for. */
  | { readonly kind: "accepted" }
  /** known_hosts introduces the node: to be pinned once the server has proven that it owns the key. */
  | { readonly kind: "introduced"; readonly by: KnownKey }
  | { readonly kind: "refused"; readonly error: PimeshError };

/**
 * May this key be the node's? Trust belongs to the node: after the first pin only the pin decides. known_hosts
 * introduces a node the first time; afterwards it can only forbid.
 */
export function decide(seen: HostKey, expected: Expectation): Verdict {
  const revoked = expected.known.revoked.find((entry) => entry.key === seen.key);
  if (revoked) return refuse(revokedKey(seen, revoked, expected));
  if (expected.pins.length > 0) {
    return expected.pins.some((pin) => pin.key === seen.key)
      ? { kind: "accepted" }
      : refuse(changedSincePin(seen, expected));
  }
  const contradiction = contradictionIn(expected.known.keys);
  if (contradiction) return refuse(contradictory(contradiction, expected));
  const by = expected.known.keys.find((entry) => entry.key === seen.key);
  if (by) return expected.isNode ? { kind: "introduced", by } : { kind: "accepted" };
  if (expected.known.keys.length > 0) return refuse(changedSinceKnown(seen, expected));
  return refuse(unknown(seen, expected));
}

/** Types of the keys that would be accepted; the server is asked for these first. */
export function expectedTypes(expected: Expectation): string[] {
  const keys = expected.pins.length > 0 ? expected.pins : expected.known.keys;
  return [...new Set(keys.map((key) => key.type))];
}

function refuse(error: PimeshError): Verdict {
  return { kind: "refused", error };
}

/** Two different keys of one type: one server has only one of a type, so one of the lines is wrong. */
function contradictionIn(keys: readonly KnownKey[]): readonly [KnownKey, KnownKey] | undefined {
  for (const [index, first] of keys.entries()) {
    const second = keys
      .slice(index + 1)
      .find((other) => other.type === first.type && other.key !== first.key);
    if (second) return [first, second];
  }
  return undefined;
}

function revokedKey(seen: HostKey, by: KnownKey, { name, address }: Expectation): PimeshError {
  return new PimeshError(
    "E-HOST-KEY-REVOKED",
    `${address} shows a host key that ${by.where} revokes (${showKey(seen)}): somebody may hold a stolen key`,
    { node: name, hint: `make new host keys on ${name}, then: pimesh trust ${name} --replace` },
  );
}

function changedSincePin(seen: HostKey, { name, address, pins }: Expectation): PimeshError {
  const pinned = pins.map((pin) => `${showKey(pin)}, pinned ${pin.at.slice(0, 10)}`).join("; ");
  return new PimeshError(
    "E-HOST-KEY-CHANGED",
    `the host key at ${address} changed: it shows ${showKey(seen)} instead of ${pinned}. ` +
      `A re-flashed SD card does that, and so does another machine that answers in its place`,
    {
      node: name,
      hint: `pimesh trust ${name} --replace   (only if it was re-flashed: compare the fingerprint on its own screen)`,
    },
  );
}

function changedSinceKnown(seen: HostKey, { name, isNode, address, known }: Expectation): PimeshError {
  const before = known.keys.map((entry) => `${showKey(entry)} (${entry.where})`).join("; ");
  return new PimeshError(
    "E-HOST-KEY-CHANGED",
    `the host key at ${address} is ${showKey(seen)}, but known_hosts says ${before}. ` +
      `A re-flashed SD card does that, and so does another machine that answers in its place`,
    {
      node: name,
      hint: isNode
        ? `pimesh trust ${name} --replace   (only if it was re-flashed: compare the fingerprint on its own screen)`
        : `ssh ${name}   (and compare the fingerprint on its own screen)`,
    },
  );
}

function contradictory([first, second]: readonly [KnownKey, KnownKey], expected: Expectation): PimeshError {
  const { name, isNode, address } = expected;
  return new PimeshError(
    "E-HOST-KEY-CONTRADICTION",
    `known_hosts has two different ${first.type} keys for ${address}: ` +
      `${first.fingerprint} (${first.where}) and ${second.fingerprint} (${second.where})`,
    {
      node: name,
      hint: isNode ? `pimesh trust ${name}` : `remove the wrong one of ${first.where} and ${second.where}`,
    },
  );
}

function unknown(seen: HostKey, { name, isNode, address, known }: Expectation): PimeshError {
  const authority =
    known.authorities.length === 0
      ? ""
      : ` (${known.authorities.join(", ")} names a certificate authority; pimesh cannot check host certificates)`;
  return new PimeshError(
    "E-HOST-KEY-UNKNOWN",
    `the host key at ${address} is not known yet: ${showKey(seen)}${authority}`,
    {
      node: name,
      hint: isNode ? `pimesh trust ${name}` : `ssh ${name}   (once, to let OpenSSH record the key)`,
    },
  );
}

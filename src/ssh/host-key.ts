import { createHash } from "node:crypto";

/** A server's public key as it travels: RFC 4253 section 6.6, a string with the type and then what the type defines. */
export interface HostKey {
  /** `ssh-ed25519`, `ssh-rsa`…: the type of the key, not the algorithm of a signature made with it. */
  readonly type: string;
  /** Base64 of the whole blob, as in known_hosts and `.pub` files. */
  readonly key: string;
  /** `SHA256:` and base64 without padding, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
}

/** The key of a blob; undefined when the blob does not begin with a type. */
export function hostKeyOf(blob: Buffer): HostKey | undefined {
  const type = typeOf(blob);
  if (type === undefined) return undefined;
  return { type, key: blob.toString("base64"), fingerprint: fingerprintOf(blob) };
}

export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

/** The type that a blob says it has. */
export function typeOf(blob: Buffer): string | undefined {
  if (blob.length < 4) return undefined;
  const length = blob.readUInt32BE(0);
  if (length === 0 || length > 64 || blob.length < 4 + length) return undefined;
  const type = blob.toString("latin1", 4, 4 + length);
  return /^[a-zA-Z0-9@.-]+$/.test(type) ? type : undefined;
}

/** `ED25519 SHA256:…`, the way a person compares it with what `ssh-keygen -l` prints. */
export function showKey(key: HostKey): string {
  return `${key.type} ${key.fingerprint}`;
}

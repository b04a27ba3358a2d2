import { readFile } from "node:fs/promises";
import ssh2, { type ParsedKey } from "ssh2";
import { fingerprintOf, typeOf } from "./host-key.ts";

const { utils } = ssh2;

/** A private key file of the laptop, looked at without asking for its passphrase. */
export type KeyFile =
  | { readonly kind: "absent" }
  /** ssh2 cannot work with it; `reason` says why, for people. */
  | { readonly kind: "unusable"; readonly reason: string }
  | { readonly kind: "plain"; readonly key: ParsedKey; readonly blob: Buffer }
  /** The public half is known, from the file itself or from `FILE.pub`; undefined in old PEM files without one. */
  | { readonly kind: "encrypted"; readonly text: Buffer; readonly blob: Buffer | undefined }
  /** Only the public half is here: the agent may hold the private one. */
  | { readonly kind: "public"; readonly blob: Buffer };

/** Reads key files for one run: each once, however many nodes its key is offered to. */
export function keyFiles(): (path: string) => Promise<KeyFile> {
  const read = new Map<string, Promise<KeyFile>>();
  return async (path) => {
    const known = read.get(path) ?? readKeyFile(path);
    read.set(path, known);
    return known;
  };
}

async function readKeyFile(path: string): Promise<KeyFile> {
  let text: Buffer;
  try {
    text = await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR")
      return { kind: "unusable", reason: code ?? "cannot be read" };
    const blob = await publicHalf(path);
    return blob === undefined ? { kind: "absent" } : keyOfBlob(blob);
  }
  const key = parse(text);
  if (!(key instanceof Error)) {
    const blob = key.getPublicSSH();
    return key.isPrivateKey() ? { kind: "plain", key, blob } : keyOfBlob(blob);
  }
  const blob = publicPartOf(text) ?? (await publicHalf(path));
  const type = blob === undefined ? undefined : typeOf(blob);
  if (type !== undefined && unsupported(type))
    return { kind: "unusable", reason: unsupported(type) as string };
  if (isEncrypted(text, key)) return { kind: "encrypted", text, blob };
  if (/BEGIN (ENCRYPTED )?PRIVATE KEY/.test(text.toString("latin1"))) {
    return { kind: "unusable", reason: "a PKCS#8 file; rewrite it with: ssh-keygen -p -f FILE" };
  }
  return { kind: "unusable", reason: key.message };
}

/** The private key, or undefined when the passphrase is wrong. Throws an `Error` when ssh2 cannot use it at all. */
export function decryptKey(text: Buffer, passphrase: string): ParsedKey | undefined {
  const key = parse(text, passphrase);
  if (!(key instanceof Error)) return key;
  if (/passphrase|decrypt|integrity|malformed|bad/i.test(key.message)) return undefined;
  throw key;
}

/** Why ssh2 cannot authenticate with keys of this type; undefined when it can. */
export function unsupported(type: string): string | undefined {
  if (type.includes("-cert-v01@")) return "an OpenSSH certificate, which the ssh2 library cannot present";
  if (type.startsWith("sk-")) return `a FIDO security key (${type}), which the ssh2 library cannot use`;
  if (type === "ssh-dss") return "a DSA key, which servers have refused since 2015";
  return supported.has(type) ? undefined : `a key of the type ${type}, which the ssh2 library does not know`;
}

const supported = new Set([
  "ssh-ed25519",
  "ssh-rsa",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
]);

/** `~/.ssh/id_ed25519 (SHA256:…)`. */
export function showKeyFile(path: string, home: string, blob: Buffer | undefined): string {
  const short = path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
  return blob === undefined ? short : `${short} (${fingerprintOf(blob)})`;
}

function keyOfBlob(blob: Buffer): KeyFile {
  const reason = unsupported(typeOf(blob) ?? "");
  return reason === undefined ? { kind: "public", blob } : { kind: "unusable", reason };
}

function parse(text: Buffer, passphrase?: string): ParsedKey | Error {
  const key = utils.parseKey(text, passphrase) as ParsedKey | ParsedKey[] | Error;
  return Array.isArray(key) ? (key[0] ?? new Error("the file holds no key")) : key;
}

async function publicHalf(path: string): Promise<Buffer | undefined> {
  try {
    const [type, base64 = ""] = (await readFile(`${path}.pub`, "latin1")).trim().split(/\s+/);
    const blob = Buffer.from(base64, "base64");
    return typeOf(blob) === type ? blob : undefined;
  } catch {
    return undefined;
  }
}

/** The public key of an OpenSSH private key file stands before the encrypted part (PROTOCOL.key in OpenSSH's source). */
function publicPartOf(text: Buffer): Buffer | undefined {
  const match = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+)-----END/.exec(text.toString("latin1"));
  const data = Buffer.from(match?.[1] ?? "", "base64");
  if (data.toString("latin1", 0, 15) !== "openssh-key-v1\0") return undefined;
  let at = 15;
  try {
    // cipher name, KDF name, KDF options; then the number of keys
    for (let field = 0; field < 3; field += 1) at += 4 + data.readUInt32BE(at);
    at += 4;
    const length = data.readUInt32BE(at);
    return data.length < at + 4 + length ? undefined : data.subarray(at + 4, at + 4 + length);
  } catch {
    return undefined;
  }
}

function isEncrypted(text: Buffer, error: Error): boolean {
  return /encrypted/i.test(error.message) && !/BEGIN ENCRYPTED PRIVATE KEY/.test(text.toString("latin1"));
}

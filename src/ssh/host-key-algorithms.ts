import type { ServerHostKeyAlgorithm } from "ssh2";

/**
 * The signature algorithms to offer a server, the ones of keys that we already know first: a server with several keys
 * then shows the known one, and an unknown type is not mistaken for a changed key (OpenSSH orders them alike).
 *
 * SHA-1 signatures (`ssh-rsa`, `ssh-dss`) are never offered; an `ssh-rsa` key signs with SHA-2 (RFC 8332).
 */
export function hostKeyAlgorithms(knownTypes: readonly string[]): ServerHostKeyAlgorithm[] {
  const known = knownTypes.flatMap(algorithmsOf);
  return [...new Set([...known, ...preferred])];
}

const preferred: readonly ServerHostKeyAlgorithm[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
];

function algorithmsOf(type: string): ServerHostKeyAlgorithm[] {
  if (type === "ssh-rsa") return ["rsa-sha2-512", "rsa-sha2-256"];
  return preferred.filter((algorithm) => algorithm === type);
}

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

export type KeyType = "ed25519" | "rsa" | "ecdsa";

export interface KeyPair {
  /** The private key file; the public one is `FILE.pub`. */
  readonly file: string;
  readonly privateKey: string;
  /** The line of a `.pub` file, without its comment. */
  readonly publicLine: string;
  /** `SHA256:…` as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
}

/** A key made on the spot with ssh-keygen. */
export function makeKeyPair(
  file: string,
  options: {
    readonly type?: KeyType;
    readonly passphrase?: string;
    readonly comment?: string;
    readonly pem?: boolean;
  } = {},
): KeyPair {
  const { type = "ed25519", passphrase = "", comment = "test" } = options;
  const bits = type === "rsa" ? ["-b", "2048"] : [];
  const format = options.pem === true ? ["-m", "PEM"] : [];
  execFileSync("ssh-keygen", [
    "-q",
    // One round of the key derivation: a test does not have to be safe from guessing.
    "-a",
    "1",
    "-t",
    type,
    ...bits,
    ...format,
    "-N",
    passphrase,
    "-C",
    comment,
    "-f",
    file,
  ]);
  const fingerprint =
    execFileSync("ssh-keygen", ["-l", "-f", `${file}.pub`], { encoding: "utf8" }).split(" ")[1] ?? "";
  const publicLine = readFileSync(`${file}.pub`, "utf8").split(" ").slice(0, 2).join(" ").trim();
  return { file, privateKey: readFileSync(file, "utf8"), publicLine, fingerprint };
}

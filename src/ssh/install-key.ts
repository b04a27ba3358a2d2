import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PimeshError } from "../core/error.ts";
import { sh } from "../core/shell.ts";
import type { Connection } from "./connection.ts";
import { typeOf } from "./host-key.ts";
import { unsupported } from "./key-file.ts";

/** The laptop's public key that is worth installing: an ed25519 one first. Undefined when there is none that ssh2 can use. */
export async function laptopPublicKey(home: string): Promise<string | undefined> {
  const folder = join(home, ".ssh");
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^id_\w+\.pub$/.test(name));
  for (const name of names.toSorted((a, b) => rank(a) - rank(b))) {
    const line = (await readFile(join(folder, name), "utf8")).trim();
    if (parseLine(line)) return line;
  }
  return undefined;
}

/**
 * Lets a public key log in as the connection's user, as ssh-copy-id does: `installed`, or `present` when it could
 * already. What else stands in authorized_keys is kept. Throws E-COMMAND-FAILED.
 */
export async function installPublicKey(
  connection: Connection,
  publicKeyLine: string,
): Promise<"installed" | "present"> {
  const key = parseLine(publicKeyLine);
  if (!key) throw new RangeError("not the line of a public key file");
  const { code, stdout, stderr } = await connection.run(sh`set -eu
umask 077
cd
mkdir -p .ssh
file=.ssh/authorized_keys
touch "$file"
if grep -v '^[[:space:]]*#' "$file" | grep -qF -- ${key}; then
  echo present
  exit
fi
# A last line without its newline would swallow the new one
if [ -s "$file" ] && [ "$(tail -c 1 "$file" | wc -l)" -eq 0 ]; then echo >>"$file"; fi
printf '%s\n' ${publicKeyLine.trim()} >>"$file"
# sshd ignores the file when others could write to it (sshd_config(5), StrictModes)
chmod go-w . .ssh "$file"
echo installed`);
  const word = stdout.toString("latin1").trim();
  if (code === 0 && (word === "installed" || word === "present")) return word;
  throw new PimeshError(
    "E-COMMAND-FAILED",
    `the key could not be installed: ${stderr.toString("utf8").trim()}`,
    {
      node: connection.node,
      hint: `ssh-copy-id ${connection.address}`,
    },
  );
}

/** `type base64` of a line that is one plain public key and nothing else. */
function parseLine(line: string): string | undefined {
  const [type = "", base64 = ""] = line.trim().split(/[ \t]+/);
  if (/[\r\n\0]/.test(line.trim()) || unsupported(type) !== undefined) return undefined;
  return typeOf(Buffer.from(base64, "base64")) === type ? `${type} ${base64}` : undefined;
}

function rank(name: string): number {
  const index = ["id_ed25519.pub", "id_ecdsa.pub", "id_rsa.pub"].indexOf(name);
  return index < 0 ? 9 : index;
}

import { access, constants, readFile, stat } from "node:fs/promises";
import { PimeshError } from "../core/error.ts";
import { hostKeyOf, type HostKey } from "./host-key.ts";
import { askTool, type ToolOptions } from "./tool.ts";

/** What the user's known_hosts files say about one host and port. */
export interface KnownHost {
  readonly keys: readonly KnownKey[];
  readonly revoked: readonly KnownKey[];
  /** `file:line` of certificate authorities for this host: pimesh cannot check host certificates. */
  readonly authorities: readonly string[];
}

export interface KnownKey extends HostKey {
  /** `file:line`, for messages. */
  readonly where: string;
}

interface Wanted {
  readonly wanted: "all" | "revoked";
}

const unknownHost: KnownHost = { keys: [], revoked: [], authorities: [] };

/** The name under which known_hosts has a host: an alias as it is, a port other than 22 with brackets (sshd(8)). */
export function knownHostsName(hostName: string, port: number, alias: string | undefined): string {
  if (alias !== undefined) return alias.toLowerCase();
  return port === 22 ? hostName.toLowerCase() : `[${hostName.toLowerCase()}]:${port}`;
}

/**
 * Asks `ssh-keygen -F`, which finds hashed names and patterns too. A file that is not there says nothing; one that
 * cannot be read is refused, because a revoked key could stand in it. Without OpenSSH nothing is known.
 *
 * `wanted`: `revoked` where a pin decides, and known_hosts may only forbid: then a file that revokes nothing is not asked.
 */
export async function knownHost(
  name: string,
  files: readonly string[],
  options: ToolOptions & Wanted,
): Promise<KnownHost> {
  const answers = await Promise.all(files.map((file) => entriesIn(file, name, options)));
  return {
    keys: answers.flatMap((answer) => answer.keys),
    revoked: answers.flatMap((answer) => answer.revoked),
    authorities: answers.flatMap((answer) => answer.authorities),
  };
}

/** Lines of `ssh-keygen -F`: `# Host NAME found: line N [REVOKED|CA]`, then the entry itself. */
function parseEntries(text: string, file: string): KnownHost {
  const found = { keys: [] as KnownKey[], revoked: [] as KnownKey[], authorities: [] as string[] };
  let where = file;
  for (const line of text.split("\n")) {
    const comment = /^# Host .* found: line (\d+)/.exec(line);
    if (comment) {
      where = `${file}:${comment[1]}`;
      continue;
    }
    const words = line.trim().split(/[ \t]+/);
    if (line.startsWith("#") || words.length < 2) continue;
    const marker = words[0]?.startsWith("@") ? words.shift() : undefined;
    if (marker === "@cert-authority") {
      found.authorities.push(where);
      continue;
    }
    const key = keyOf(words, where);
    if (marker === "@revoked") found.revoked.push(key);
    else if (marker === undefined) found.keys.push(key);
    else throw unreadable(where, `the marker ${marker} is not known`);
  }
  return found;
}

async function entriesIn(
  file: string,
  name: string,
  { wanted, ...options }: ToolOptions & Wanted,
): Promise<KnownHost> {
  try {
    await access(file, constants.R_OK);
    if ((await stat(file)).isDirectory()) throw unreadable(file, "it is a folder");
    if (wanted === "revoked" && !(await readFile(file)).includes("@revoked")) return unknownHost;
  } catch (error) {
    if (error instanceof PimeshError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return unknownHost;
    throw unreadable(file, code ?? "cannot be read", error);
  }
  const answer = await askTool("ssh-keygen", ["-F", name, "-f", file], options);
  if (answer.kind === "absent") return unknownHost;
  // 1 without a word means that the host is not in the file; everything else is a failure.
  if (answer.code === 1 && answer.stderr.trim() === "") return unknownHost;
  if (answer.code !== 0)
    throw unreadable(file, answer.stderr.trim() || `ssh-keygen ended with ${answer.code}`);
  return parseEntries(answer.stdout, file);
}

function keyOf(words: readonly string[], where: string): KnownKey {
  const [, type, base64 = ""] = words;
  const key = hostKeyOf(Buffer.from(base64, "base64"));
  // The type stands in the line and in the blob; a line that contradicts itself must not decide anything.
  if (key === undefined || key.type !== type) throw unreadable(where, "the entry for this host is not a key");
  return { ...key, where };
}

function unreadable(where: string, reason: string, cause?: unknown): PimeshError {
  return new PimeshError("E-KNOWN-HOSTS", `${where}: ${reason}; a revoked key could stand there`, {
    hint: `repair or remove ${where}`,
    cause,
  });
}

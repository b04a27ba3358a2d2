import { randomBytes } from "node:crypto";
import { constants, inflateRawSync } from "node:zlib";
import { script, sh } from "../core/shell.ts";
import type { Node } from "../inventory/inventory.ts";
import type { Connection } from "../ssh/connection.ts";
import { runKept, type KeptScript } from "../ssh/kept-script.ts";
import type { Facts, HealthFacts } from "./facts.ts";
import { factsScript } from "./facts-script.ts";
import { parseFacts, parseHealthFacts } from "./parse-facts.ts";

/**
 * Asks a node everything in one round trip, or in two where it does not keep our questions; as the login user, needs no root
 * and changes nothing. Throws what the connection throws (a disk that hangs ends in E-TIMED-OUT), and E-FACTS-INCOMPLETE.
 */
export async function gatherFacts(connection: Connection, node: Node): Promise<Facts> {
  const { stdout, nonce } = await ask(connection, node, "all");
  return parseFacts(stdout, nonce, node);
}

/** The same of what status is made from: fewer questions, and none that leaves a trace, as a try of sudo does in the node's log. */
export async function gatherHealthFacts(connection: Connection, node: Node): Promise<HealthFacts> {
  const { stdout, nonce } = await ask(connection, node, "health");
  return parseHealthFacts(stdout, nonce, node);
}

async function ask(
  connection: Connection,
  node: Node,
  asked: "all" | "health",
): Promise<{ readonly stdout: string; readonly nonce: string }> {
  const nonce = randomBytes(16).toString("hex");
  const values = sh`n=${nonce} asked=${asked}`;
  const { stdout } = await runKept(connection, keptFacts(node), values, { as: "user" });
  return { stdout: unpacked(stdout, nonce).toString("utf8"), nonce };
}

/**
 * All questions, as provision leaves them on a node. The answer comes packed, behind a line `NONCE gzip`, where that can be: eighty
 * small answers would be as many packets, three times the bytes and their headers. In one group: what arrives cut does nothing.
 */
export function keptFacts(node: Node): KeptScript {
  const { text } = script(
    sh`{
answer() {`,
    factsScript(node),
    sh`}
if command -v gzip >/dev/null; then printf '\n%s gzip\n' "$n"; answer | gzip; else answer; fi
}`,
  );
  return { name: "facts", text: `${text}\n` };
}

/** What has come of an answer, also where it broke off: it is told how far it came. */
function unpacked(stdout: Buffer, nonce: string): Buffer {
  const mark = `\n${nonce} gzip\n`;
  const at = stdout.indexOf(mark);
  if (at < 0) return stdout;
  // Behind the header, which has ten bytes where a pipe is packed (RFC 1952): gunzip would take noise behind it for more of it.
  const body = stdout.subarray(at + mark.length + 10);
  return inflateRawSync(body, { finishFlush: constants.Z_SYNC_FLUSH });
}

import { randomBytes } from "node:crypto";
import { constants, inflateRawSync } from "node:zlib";
import { script, sh } from "../core/shell.ts";
import type { Node } from "../inventory/inventory.ts";
import type { Connection } from "../ssh/connection.ts";
import type { Facts } from "./facts.ts";
import { factsScript } from "./facts-script.ts";
import { parseFacts } from "./parse-facts.ts";

/**
 * Asks a node everything in one round trip, as the login user; needs no root and changes nothing. Throws what the
 * connection throws (a disk that hangs ends in E-TIMED-OUT), and E-FACTS-INCOMPLETE.
 */
export async function gatherFacts(connection: Connection, node: Node): Promise<Facts> {
  const nonce = randomBytes(16).toString("hex");
  const asked = script(
    sh`answer() {`,
    factsScript(node, nonce),
    sh`}
if command -v gzip >/dev/null; then printf '\n%s gzip\n' ${nonce}; answer | gzip -1; else answer; fi`,
  );
  const { stdout } = await connection.run(asked, { as: "user" });
  return parseFacts(unpacked(stdout, nonce).toString("utf8"), nonce, node);
}

/**
 * What has come of an answer, also where it broke off: it is told how far it came. It is packed where that can be: eighty small
 * answers would be as many packets, three times the bytes and their headers.
 */
function unpacked(stdout: Buffer, nonce: string): Buffer {
  const mark = `\n${nonce} gzip\n`;
  const at = stdout.indexOf(mark);
  if (at < 0) return stdout;
  // Behind the header, which has ten bytes where a pipe is packed (RFC 1952): gunzip would take noise behind it for more of it.
  const body = stdout.subarray(at + mark.length + 10);
  return inflateRawSync(body, { finishFlush: constants.Z_SYNC_FLUSH });
}

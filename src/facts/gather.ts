import { randomBytes } from "node:crypto";
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
  const { stdout } = await connection.run(factsScript(node, nonce), { as: "user" });
  return parseFacts(stdout.toString("utf8"), nonce, node);
}

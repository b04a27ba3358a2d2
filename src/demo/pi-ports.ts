import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Pi } from "./pi.ts";

/** Several simulated Pis share one loopback, and each has its own ports all the same: where port PORT of a Pi really is. */
export function setPort(pi: Pi, port: number, real: number | undefined): void {
  mkdirSync(join(pi.root, ".sim/ports"), { recursive: true });
  writeFileSync(join(pi.root, ".sim/ports", String(port)), real === undefined ? "" : String(real));
}

/**
 * undefined: nobody listens there. A port that was never set is this machine's own: that is how a jump reaches the server of
 * another Pi.
 */
export function realPort(pi: Pi, port: number): number | undefined {
  let text: string;
  try {
    text = readFileSync(join(pi.root, ".sim/ports", String(port)), "utf8");
  } catch {
    return port;
  }
  return text === "" ? undefined : Number(text);
}

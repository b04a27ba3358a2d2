import { connect } from "node:net";
import { fingerprintOf } from "./host-key.ts";

export interface AgentKey {
  readonly blob: Buffer;
  readonly comment: string;
}

/**
 * The keys that an agent holds, also those of types that ssh2 would hide, so that they can be named. An agent that is
 * not there, hangs or talks nonsense holds none. Protocol: draft-miller-ssh-agent, section 4.4.
 */
export function agentKeys(socketPath: string, timeoutMs: number): Promise<readonly AgentKey[]> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    let received = Buffer.alloc(0);
    const done = (keys: readonly AgentKey[]): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(keys);
    };
    const timer = setTimeout(() => done([]), timeoutMs);
    socket.on("error", () => done([]));
    socket.on("close", () => done([]));
    socket.on("connect", () => socket.write(Buffer.from([0, 0, 0, 1, requestIdentities])));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4) return;
      const length = received.readUInt32BE(0);
      if (length > longestAnswer) done([]);
      else if (received.length >= 4 + length) done(parseIdentities(received.subarray(4, 4 + length)));
    });
  });
}

/** `agent key "me@laptop" (SHA256:…)`. */
export function showAgentKey(key: AgentKey): string {
  return `agent key ${JSON.stringify(key.comment)} (${fingerprintOf(key.blob)})`;
}

const requestIdentities = 11;
const identitiesAnswer = 12;
const longestAnswer = 256 * 1024;

function parseIdentities(message: Buffer): readonly AgentKey[] {
  if (message[0] !== identitiesAnswer) return [];
  const keys: AgentKey[] = [];
  try {
    const count = message.readUInt32BE(1);
    let at = 5;
    const next = (): Buffer => {
      const length = message.readUInt32BE(at);
      const field = message.subarray(at + 4, at + 4 + length);
      at += 4 + length;
      return field;
    };
    for (let index = 0; index < count; index += 1) {
      const blob = next();
      keys.push({ blob, comment: next().toString("utf8") });
    }
  } catch {
    // A truncated answer: what was whole still counts.
  }
  return keys;
}

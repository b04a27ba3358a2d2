/** How long each part of reaching a node may take, in milliseconds. Time that a person spends at a prompt never counts. */
export interface Timeouts {
  /** One address: name lookup and TCP. Short, because the next address is waiting. */
  readonly dial: number;
  /** From an open socket to a verified host key. A Pi 1 under load needs seconds for its key exchange. */
  readonly handshake: number;
  /** Each answer of the server while it checks who we are. PAM may look up names and delay refusals. */
  readonly login: number;
  /** Between two keepalive questions; `keepaliveCount` of them unanswered mean that the node is gone. */
  readonly keepaliveInterval: number;
  readonly keepaliveCount: number;
  /** Of a command: the longest time without a byte from the node. */
  readonly silence: number;
  /** An OpenSSH tool or agent on the laptop. */
  readonly tool: number;
}

export const defaultTimeouts: Timeouts = {
  dial: 5_000,
  handshake: 20_000,
  login: 30_000,
  keepaliveInterval: 10_000,
  keepaliveCount: 3,
  silence: 60_000,
  tool: 10_000,
};

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Prompt } from "../../../src/core/prompt.ts";
import type { Address, Inventory, Node } from "../../../src/inventory/inventory.ts";
import { openReach, type Reach, type ReachOptions } from "../../../src/ssh/reach.ts";
import type { Timeouts } from "../../../src/ssh/timeouts.ts";
import { hostKeyOf } from "../../../src/ssh/host-key.ts";
import { searchPath } from "../../support/requires.ts";
import { noEngineSettings } from "../../support/engine-settings.ts";

/** A laptop of the test's own: home, state, ssh configuration, and `ssh` that reads that configuration. */
export interface TestLaptop {
  readonly home: string;
  readonly stateFolder: string;
  readonly knownHosts: string;
  readonly env: Record<string, string>;
  readonly notices: string[];
  /** Trusts a key for a node, as `pimesh trust` would. */
  pin(node: string, publicLine: string): void;
  reach(nodes: readonly Node[], options?: Partial<ReachOptions>): Reach;
}

/** `config` is the user's ~/.ssh/config; `HOME` in it is replaced by the laptop's home folder. */
export function testLaptop(options: { readonly config?: string; readonly path?: string } = {}): TestLaptop {
  const home = mkdtempSync(join(tmpdir(), "pimesh-laptop-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const knownHosts = join(home, ".ssh", "known_hosts");
  const stateFolder = join(home, "state");
  mkdirSync(join(home, ".ssh"), { mode: 0o700 });
  mkdirSync(join(home, "bin"));
  mkdirSync(join(stateFolder, "pins"), { recursive: true });
  const config = `${(options.config ?? "").replaceAll("HOME", home)}
Host *
  UserKnownHostsFile ${knownHosts}
  GlobalKnownHostsFile /dev/null/none
  IdentityFile ${home}/.ssh/id_ed25519
`;
  writeFileSync(join(home, ".ssh", "config"), config);
  // OpenSSH finds the home folder in /etc/passwd, not in HOME.
  writeFileSync(
    join(home, "bin", "ssh"),
    `#!/bin/sh\nPATH='${searchPath}' exec ssh -F '${home}/.ssh/config' "$@"\n`,
    {
      mode: 0o755,
    },
  );
  const env = {
    HOME: home,
    USER: "tester",
    PATH: `${options.path ?? join(home, "bin")}:${options.path ?? searchPath}`,
  };
  const notices: string[] = [];
  return {
    home,
    stateFolder,
    knownHosts,
    env,
    notices,
    pin: (node, publicLine) => {
      const key = hostKeyOf(Buffer.from(publicLine.split(" ")[1] ?? "", "base64"));
      const pin = { ...key, at: "2026-09-02T10:00:00.000Z", from: "trust" };
      const text = JSON.stringify({ schemaVersion: 1, node, keys: [pin] });
      writeFileSync(join(stateFolder, "pins", `${node}.json`), text);
    },
    reach: (nodes, more = {}) => {
      const reach = openReach({
        inventory: inventoryOf(nodes),
        stateFolder,
        env,
        home,
        prompt: noTerminal,
        signal: new AbortController().signal,
        notice: (text) => notices.push(text),
        timeouts: quick,
        ...more,
      });
      onTestFinished(() => reach[Symbol.asyncDispose]());
      return reach;
    },
  };
}

/** Long enough for a loaded machine, short enough for a test that waits for one of them. */
const quick: Partial<Timeouts> = { dial: 3000, handshake: 10_000, login: 10_000, silence: 10_000 };

export const noTerminal: Prompt = {
  interactive: false,
  ask: () => Promise.reject(new Error("asked without a terminal")),
  confirm: () => Promise.reject(new Error("asked without a terminal")),
};

/** A person who answers the questions in turn; `questions` is what was asked. */
export function person(...answers: readonly string[]): Prompt & { readonly questions: string[] } {
  const questions: string[] = [];
  const left = [...answers];
  const ask = async (question: string): Promise<string> => {
    questions.push(question);
    const answer = left.shift();
    if (answer === undefined) throw new Error(`nobody expected the question ${question}`);
    return answer;
  };
  return { interactive: true, questions, ask, confirm: async (question) => (await ask(question)) === "y" };
}

export function testNode(name: string, ports: readonly number[], more: Partial<Node> = {}): Node {
  return {
    name,
    addresses: ports.map((port) => address(`127.0.0.1:${port}`)),
    user: "pi",
    jump: undefined,
    identityFiles: [],
    sudoPasswordFile: undefined,
    disk: { label: "btsync", mount: "/media/btsync" },
    tree: "btsync",
    folders: [],
    swap: false,
    engine: false,
    engineSettings: noEngineSettings,
    player: false,
    ...more,
  };
}

/** `host:port`, or a host alone. */
export function address(text: string): Address {
  const [host = "", port] = text.split(":");
  return { host, port: port === undefined ? undefined : Number(port), text };
}

function inventoryOf(nodes: readonly Node[]): Inventory {
  return { path: "/pimesh.yaml", laptop: { tree: "/tree", folders: {} }, nodes, ignore: [], peers: {} };
}

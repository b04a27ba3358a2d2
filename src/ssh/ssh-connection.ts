import { randomBytes } from "node:crypto";
import { PimeshError } from "../core/error.ts";
import { sh, type Command } from "../core/shell.ts";
import { bootstrap, encodeScript, packScript, rootBootstrap } from "./bootstrap.ts";
import { execOn } from "./exec.ts";
import type { Connection, Result, RunOptions, Stream } from "./connection.ts";
import { Lanes } from "./lanes.ts";
import type { Link } from "./link.ts";
import { NoShell, RemoteShell } from "./remote-shell.ts";
import { askRootWay, type RootWay, type SudoPassword } from "./root-way.ts";
import type { Timeouts } from "./timeouts.ts";

/**
 * Everything that a run does on one node. It stays while handles to it come and go: `lend` gives one, and closing
 * a handle leaves the connection for the next command and for the nodes behind this one.
 */
export class SshConnection {
  readonly #link: Link;
  readonly #timeouts: Timeouts;
  readonly #signal: AbortSignal;
  readonly #password: SudoPassword;
  readonly #lanes: Lanes;
  #rootWay: Promise<RootWay> | undefined;

  constructor(parts: {
    readonly link: Link;
    readonly timeouts: Timeouts;
    /** Ends what runs without a signal of its own. */
    readonly signal: AbortSignal;
    readonly password: SudoPassword;
    /** Opens a further connection to the node, for servers that bear one command each. */
    readonly more: (lane: number) => Promise<Link>;
  }) {
    this.#link = parts.link;
    this.#timeouts = parts.timeouts;
    this.#signal = parts.signal;
    this.#password = parts.password;
    this.#lanes = new Lanes(parts.link, parts.more);
  }

  get isLost(): boolean {
    return this.#link.lost !== undefined;
  }

  lend(): Connection {
    let closed = false;
    const open = (): void => {
      if (closed) throw new Error(`the connection to ${this.#link.name} was given back already`);
    };
    return {
      node: this.#link.name,
      address: this.#link.address,
      login: this.#link.login.kind === "password" ? "password" : "key",
      run: async (script, options) => {
        open();
        return this.#run(script, options);
      },
      stream: async (script, options) => {
        open();
        return this.#stream(script, options);
      },
      [Symbol.asyncDispose]: async () => {
        closed = true;
      },
    };
  }

  async #run(script: Command, options: RunOptions = {}): Promise<Result> {
    const stream = await this.#stream(script, options);
    const chunks: Buffer[] = [];
    for await (const chunk of stream.stdout) chunks.push(chunk);
    return { ...(await stream.end), stdout: Buffer.concat(chunks) };
  }

  async #stream(script: Command, options: RunOptions = {}): Promise<Stream> {
    const plain = encodeScript(script);
    const way = options.as === "root" ? await this.#wayToRoot(options) : undefined;
    const shell = await this.#readyShell(way, options);
    await shell.write(shell.packs ? packScript(script) : plain);
    // The script may print before it has read all of its input, so both go on at once.
    void sendInput(shell, options.stdin);
    const end = shell.ended.then(asEnd);
    // Who reads stdout gets the same error there, and may never come to wait for the end.
    end.catch(() => undefined);
    return { stdout: shell.stdout, end };
  }

  /** A shell that waits for the script, as the login's user or, by `way`, as root. */
  async #readyShell(way: RootWay | undefined, options: RunOptions): Promise<RemoteShell> {
    if (way === undefined || way.kind === "already") return this.#userShell(options);
    if (way.kind === "password") return this.#rootShell(options, async () => way.password);
    try {
      return await this.#rootShell(options, undefined);
    } catch (error) {
      if (!(error instanceof NoShell)) throw error;
      // sudo needed no password only because it remembered one (sudoers(5), timestamp_timeout), until now.
      this.#rootWay = this.#remember(this.#confirmPassword(options));
      return this.#readyShell(await this.#rootWay, options);
    }
  }

  /** A refusal is kept too: nobody wants to be asked again by every step of a run. A cut line is no refusal. */
  #remember(way: Promise<RootWay>): Promise<RootWay> {
    way.catch((error: unknown) => {
      const refused = error instanceof PimeshError && error.code === "E-SUDO-REFUSED";
      if (!refused && this.#rootWay === way) this.#rootWay = undefined;
    });
    return way;
  }

  async #userShell(options: RunOptions): Promise<RemoteShell> {
    const nonce = newNonce();
    const silenceMs = options.silenceMs ?? this.#timeouts.silence;
    const signal = options.signal ?? this.#signal;
    const { link, free } = await this.#lanes.take();
    try {
      const channel = await execOn(link, bootstrap(nonce), silenceMs, signal);
      const shell = new RemoteShell({ link, channel, silenceMs, signal });
      void shell.ended.then(free, free);
      await shell.untilReady(nonce, "while it ran a command");
      return shell;
    } catch (error) {
      free();
      throw error;
    }
  }

  /**
   * The password goes out only after sudo has printed our nonce as its prompt: a sudo that needs none would hand
   * it to the script. The script goes out only after root's shell has printed its own nonce.
   */
  async #rootShell(options: RunOptions, password: (() => Promise<string>) | undefined): Promise<RemoteShell> {
    const shell = await this.#userShell(options);
    const nonce = newNonce();
    const prompt = password === undefined ? undefined : `PASSWORD:${newNonce()}`;
    const ready = shell.untilReady(nonce, "while it ran a command as root");
    if (prompt !== undefined && password !== undefined) answerPrompts(shell, prompt, password);
    await shell.write(encodeScript(rootBootstrap(nonce, prompt)));
    await ready;
    shell.onStderr = () => undefined;
    return shell;
  }

  #wayToRoot(options: RunOptions): Promise<RootWay> {
    this.#rootWay ??= this.#remember(this.#findWay(options));
    return this.#rootWay;
  }

  async #findWay({ signal }: RunOptions): Promise<RootWay> {
    const { stdout } = await this.#run(askRootWay, signal === undefined ? {} : { signal });
    const way = stdout.toString("latin1").trim();
    if (way === "already" || way === "passwordless") return { kind: way };
    if (way === "password") return this.#confirmPassword(signal === undefined ? {} : { signal });
    throw this.#password.refused(
      `${this.#link.username} is not root there, and there is no sudo`,
      `log in as root: user of ${this.#link.name} in the inventory`,
    );
  }

  /** Tries a password, asking again while it is wrong; the one that worked serves the rest of the run. */
  async #confirmPassword(options: RunOptions): Promise<RootWay> {
    let asked = "";
    let shell: RemoteShell;
    try {
      const { signal } = options;
      shell = await this.#rootShell(
        signal === undefined ? {} : { signal },
        async () => (asked = await this.#password.next()),
      );
    } catch (error) {
      if (!(error instanceof NoShell)) throw error;
      const word = error.lastWord.replaceAll(/PASSWORD:[0-9a-f]+/g, "").trim();
      const said = word === "" ? "" : `: ${JSON.stringify(word)}`;
      const which = asked === "" ? "" : " for that password";
      throw this.#password.refused(`sudo gave ${this.#link.username} no root shell${which}${said}`);
    }
    await shell.write(encodeScript(sh`:`));
    shell.endInput();
    await shell.ended;
    return { kind: "password", password: asked };
  }
}

function answerPrompts(shell: RemoteShell, prompt: string, password: () => Promise<string>): void {
  let pending = Buffer.alloc(0);
  shell.onStderr = (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    const at = pending.indexOf(prompt);
    if (at < 0) {
      pending = pending.subarray(-prompt.length);
      return;
    }
    pending = pending.subarray(at + prompt.length);
    shell.silence.hold();
    password()
      .then((text) => shell.write(Buffer.from(`${text}\n`)))
      .catch((error: unknown) => shell.fail(error instanceof Error ? error : new Error(String(error))))
      .finally(() => shell.silence.release());
  };
}

async function sendInput(shell: RemoteShell, input: RunOptions["stdin"]): Promise<void> {
  try {
    if (input instanceof Uint8Array) await shell.write(input);
    else if (input) {
      for await (const chunk of input) if (!(await shell.write(chunk))) break;
    }
    shell.endInput();
  } catch (error) {
    // The far end must not take half of the input for all of it.
    shell.fail(error instanceof Error ? error : new Error(String(error)));
  }
}

function asEnd({
  code,
  signal,
  stderr,
}: {
  code: number;
  signal: string | undefined;
  stderr: Buffer;
}): Ended {
  return signal === undefined ? { code, stderr } : { code, signal, stderr };
}

type Ended = Awaited<Stream["end"]>;

function newNonce(): string {
  return randomBytes(16).toString("hex");
}

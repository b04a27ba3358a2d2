import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { PimeshError } from "../core/error.ts";
import { sh, type Command } from "../core/shell.ts";
import { bootstrap, encodeScript, freeRootBootstrap, packScript, rootBootstrap } from "./bootstrap.ts";
import { execOn } from "./exec.ts";
import type { Connection, Result, RunOptions, Stream, TunnelOptions } from "./connection.ts";
import { Lanes } from "./lanes.ts";
import type { Link } from "./link.ts";
import { NoShell, RemoteShell } from "./remote-shell.ts";
import type { RootWay, SudoPassword } from "./root-way.ts";
import type { Timeouts } from "./timeouts.ts";
import { tunnelOn } from "./tunnel.ts";

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
  /** Asked by the first command that wants to be root's. */
  #rootWay: Promise<RootWay> | undefined;
  /** sudo's password, once it has worked. */
  #confirmed: Promise<string> | undefined;

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
      tunnel: async (port, options) => {
        open();
        return this.#tunnel(port, options);
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
    const { shell, as } = await this.#readyShell(options);
    await shell.write(shell.packs ? packScript(script) : plain);
    // The script may print before it has read all of its input, so both go on at once.
    void sendInput(shell, options.stdin);
    const end = shell.ended.then(asEnd);
    // Who reads stdout gets the same error there, and may never come to wait for the end.
    end.catch(() => undefined);
    return { as, stdout: shell.stdout, end };
  }

  async #tunnel(port: number, options: TunnelOptions = {}): Promise<Duplex> {
    const link = await this.#lanes.aside();
    return tunnelOn(
      link,
      port,
      options.timeoutMs ?? this.#timeouts.handshake,
      options.signal ?? this.#signal,
    );
  }

  /** A shell that waits for the script. */
  async #readyShell(options: RunOptions): Promise<ReadyShell> {
    const { as = "user" } = options;
    if (as === "user") return { shell: await this.#userShell(options), as: "user" };
    if (this.#rootWay === undefined) {
      const opened = this.#freeRootShell(options);
      this.#rootWay = this.#remember(opened.then(wayOf));
      const shell = await opened;
      const isRoot = needsNoPassword(wayOf(shell));
      if (isRoot || as === "free-root") return { shell, as: isRoot ? "root" : "user" };
      await dismiss(shell);
    }
    const way = await this.#rootWay;
    if (way === "already") return { shell: await this.#userShell(options), as: "root" };
    if (way === "passwordless") {
      try {
        return { shell: await this.#rootShell(options, undefined), as: "root" };
      } catch (error) {
        if (!(error instanceof NoShell)) throw error;
        // sudo needed no password only because it remembered one (sudoers(5), timestamp_timeout), until now.
        this.#rootWay = Promise.resolve("password");
        return this.#readyShell(options);
      }
    }
    if (as === "free-root") return { shell: await this.#userShell(options), as: "user" };
    if (way === "no-sudo") {
      throw this.#password.refused(
        `${this.#link.username} is not root there, and there is no sudo`,
        `log in as root: user of ${this.#link.name} in the inventory`,
      );
    }
    this.#confirmed ??= this.#rememberPassword(this.#confirmPassword(options));
    const password = await this.#confirmed;
    return { shell: await this.#rootShell(options, async () => password), as: "root" };
  }

  /** What failed is asked anew by the next command. */
  #remember(way: Promise<RootWay>): Promise<RootWay> {
    way.catch(() => {
      if (this.#rootWay === way) this.#rootWay = undefined;
    });
    return way;
  }

  /** A refusal is kept too: nobody wants to be asked again by every step of a run. A cut line is no refusal. */
  #rememberPassword(password: Promise<string>): Promise<string> {
    password.catch((error: unknown) => {
      const refused = error instanceof PimeshError && error.code === "E-SUDO-REFUSED";
      if (!refused && this.#confirmed === password) this.#confirmed = undefined;
    });
    return password;
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

  /** Root's shell where that needs no password, else the user's; it knows its `way`. */
  async #freeRootShell(options: RunOptions): Promise<RemoteShell> {
    const shell = await this.#userShell(options);
    const nonce = newNonce();
    const ready = shell.untilReady(nonce, "while it ran a command");
    const asked = freeRootBootstrap(nonce);
    await shell.write(shell.packs ? packScript(asked) : encodeScript(asked));
    try {
      await ready;
      return shell;
    } catch (error) {
      if (!(error instanceof NoShell)) throw error;
      // sudo said that it needs no password, and then wanted one
      const users = await this.#userShell(options);
      users.way = "password";
      return users;
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

  /** Tries a password, asking again while it is wrong; gives the one that worked, which serves the rest of the run. */
  async #confirmPassword({ signal }: RunOptions): Promise<string> {
    let asked = "";
    let shell: RemoteShell;
    try {
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
    await dismiss(shell);
    return asked;
  }
}

interface ReadyShell extends Pick<Stream, "as"> {
  readonly shell: RemoteShell;
}

function wayOf({ way }: RemoteShell): RootWay {
  if (way === undefined) throw new Error("the shell does not say how far it is to root");
  return way;
}

function needsNoPassword(way: RootWay): boolean {
  return way === "already" || way === "passwordless";
}

/** Ends a shell that has nothing to do. */
async function dismiss(shell: RemoteShell): Promise<void> {
  await shell.write(encodeScript(sh`:`));
  shell.endInput();
  await shell.ended;
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

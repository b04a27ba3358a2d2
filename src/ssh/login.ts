import type {
  AnyAuthMethod,
  AuthenticationType,
  KeyboardInteractiveCallback,
  Prompt as ServerPrompt,
} from "ssh2";
import { PimeshError } from "../core/error.ts";
import type { Prompt } from "../core/prompt.ts";
import type { Hold, Offers } from "./offers.ts";

/** How we got in. */
export interface LoginUsed {
  readonly kind: "key" | "password" | "none";
  /** The key, for people. */
  readonly label: string;
}

export interface LoginOptions {
  readonly node: string;
  readonly username: string;
  readonly address: string;
  readonly offers: Offers;
  readonly prompt: Prompt;
}

/**
 * Decides what to try next while a server checks who we are: the keys in their order, then, on a terminal and as the
 * last resort, a password. It remembers what was tried, for the message when all of it was refused.
 */
export class Login {
  readonly #options: LoginOptions;
  readonly #tried: string[] = [];
  readonly #failures: string[] = [];
  #nextOffer = 0;
  #passwordTries = 0;
  #accepts: readonly AuthenticationType[] | undefined;
  #asksAgain = false;
  #current: LoginUsed = { kind: "none", label: "no authentication" };

  constructor(options: LoginOptions) {
    this.#options = options;
  }

  /** What was tried last; after a success, what opened the door. */
  get used(): LoginUsed {
    return this.#current;
  }

  get username(): string {
    return this.#options.username;
  }

  /** The next thing to try, or undefined when nothing is left. `accepts` is what the server said it would take. */
  async next(accepts: readonly AuthenticationType[] | null, hold: Hold): Promise<AnyAuthMethod | undefined> {
    const { username, offers, prompt } = this.#options;
    // Asks only what the server accepts; OpenSSH does not count it as a failed attempt.
    if (accepts === null && this.#accepts === undefined) {
      this.#accepts = [];
      return { type: "none", username };
    }
    if (accepts !== null) this.#accepts = accepts;
    while (this.#takes("publickey") && this.#nextOffer < offers.offers.length) {
      const offer = offers.offers[this.#nextOffer];
      this.#nextOffer += 1;
      if (!offer) continue;
      const method = await offer
        .method(username, hold)
        .catch((error: unknown) => this.note(offer.label, error));
      if (!method) continue;
      this.#tried.push(offer.label);
      this.#current = { kind: "key", label: offer.label };
      // ssh2 forgets what the server would accept after a key of this kind (client.js, USERAUTH_FAILURE).
      if (method.type === "agent") this.#asksAgain = true;
      return method;
    }
    if (!prompt.interactive) return undefined;
    if (this.#asksAgain) {
      this.#asksAgain = false;
      return { type: "none", username };
    }
    return this.#password(hold);
  }

  /** Remembers why a key could not be used. */
  note(label: string, error: unknown): undefined {
    if (error instanceof PimeshError && error.code === "E-INTERRUPTED") throw error;
    this.#failures.push(`${label}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }

  /** A signature that did not come: the key that is being tried is to blame. */
  noteCurrent(error: Error): void {
    this.#failures.push(`${this.#current.label}: ${error.message}`);
  }

  /** The error when the server let none of it in; `said` is its own word, if it hung up with one. */
  refusal(said?: string): PimeshError {
    const { node, username, address, offers, prompt } = this.#options;
    const cannot = [...offers.unusable, ...this.#failures];
    const accepts = this.#accepts?.length ? `; it accepts ${this.#accepts.join(", ")}` : "";
    const unusable = cannot.length === 0 ? "" : `; not usable: ${cannot.join("; ")}`;
    const words = said === undefined ? "" : ` and hung up: ${JSON.stringify(said)}`;
    if (this.#tried.length === 0 && cannot.length > 0) {
      return new PimeshError(
        "E-KEY-UNUSABLE",
        `no key could be offered to ${username}@${address}: ${cannot.join("; ")}${accepts}`,
        {
          node,
          hint: "ssh-add FILE for a key with a passphrase; otherwise make a plain one: ssh-keygen -t ed25519",
        },
      );
    }
    const tried = this.#tried.length === 0 ? "there was no key to offer" : `tried ${this.#tried.join(", ")}`;
    const terminal =
      prompt.interactive || !this.#takesPassword() ? "" : " (a password is asked on a terminal only)";
    return new PimeshError(
      "E-AUTH-REFUSED",
      `${address} did not let ${username} in${words}: ${tried}${accepts}${terminal}${unusable}`,
      { node, hint: `ssh-copy-id ${username}@${address}` },
    );
  }

  async #password(hold: Hold): Promise<AnyAuthMethod | undefined> {
    const { username, node, address, prompt } = this.#options;
    if (this.#passwordTries >= 3 || !this.#takesPassword()) return undefined;
    this.#passwordTries += 1;
    if (this.#passwordTries === 1) this.#tried.push("a password");
    this.#current = { kind: "password", label: "a password" };
    const ask = (question: string, hidden: boolean): Promise<string> =>
      hold(() => prompt.ask(question, { hidden, flag: `ssh-copy-id ${username}@${address}` }));
    if (this.#takes("password")) {
      return {
        type: "password",
        username,
        password: await ask(`password of ${username} on ${node}: `, true),
      };
    }
    return {
      type: "keyboard-interactive",
      username,
      prompt: (_name, _instructions, _language, prompts, finish) =>
        void answer(prompts, (text, hidden) => ask(`${node} (${username}): ${text} `, hidden), finish),
    };
  }

  #takesPassword(): boolean {
    return this.#takes("password") || this.#takes("keyboard-interactive");
  }

  #takes(method: AuthenticationType): boolean {
    return this.#accepts?.includes(method) ?? false;
  }
}

async function answer(
  prompts: readonly ServerPrompt[],
  ask: (text: string, hidden: boolean) => Promise<string>,
  finish: KeyboardInteractiveCallback,
): Promise<void> {
  const answers: string[] = [];
  try {
    // The server's own words: without control characters, which could repaint the terminal.
    for (const { prompt, echo } of prompts) {
      answers.push(await ask(prompt.replaceAll(/\p{Cc}+/gu, " ").trim(), echo !== true));
    }
  } catch {
    // Interrupted at the question: an empty answer is refused, and the signal ends the rest.
    answers.length = 0;
  }
  finish(answers);
}

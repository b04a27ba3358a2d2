import type { ParsedKey } from "ssh2";
import type { Prompt } from "../core/prompt.ts";
import { decryptKey } from "./key-file.ts";

/** Asks for the passphrase of a key file once a run, however many nodes accept the key. */
export class Passphrases {
  readonly #prompt: Prompt;
  readonly #unlocked = new Map<string, Promise<ParsedKey>>();

  constructor(prompt: Prompt) {
    this.#prompt = prompt;
  }

  get canAsk(): boolean {
    return this.#prompt.interactive;
  }

  /** The private key in the file's text. Rejects with an `Error` for people after three wrong passphrases. */
  unlock(path: string, text: Buffer): Promise<ParsedKey> {
    let key = this.#unlocked.get(path);
    if (!key) {
      key = this.#ask(path, text);
      key.catch(() => undefined);
      this.#unlocked.set(path, key);
    }
    return key;
  }

  async #ask(path: string, text: Buffer): Promise<ParsedKey> {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const passphrase = await this.#prompt.ask(`passphrase of ${path}: `, {
        hidden: true,
        flag: `ssh-add ${path}`,
      });
      if (passphrase === "") throw new Error("no passphrase was given");
      const key = decryptKey(text, passphrase);
      if (key) return key;
    }
    throw new Error("the passphrase was wrong three times");
  }
}

import { stat, readFile } from "node:fs/promises";
import { PimeshError } from "../core/error.ts";
import type { Prompt } from "../core/prompt.ts";

/** What stands between the login and root, as the node itself says; see `freeRootBootstrap`. */
export const rootWays = ["already", "passwordless", "password", "no-sudo"] as const;

/** `already`: the login is root's. `passwordless`: sudo wants no password, now. `password`: it does, or refuses altogether. */
export type RootWay = (typeof rootWays)[number];

/** Where the password of one node comes from; asks a person once a run, with up to three tries. */
export class SudoPassword {
  readonly #node: string;
  readonly #username: string;
  readonly #file: string | undefined;
  readonly #prompt: Prompt;
  #tries = 0;

  constructor(parts: {
    readonly node: string;
    readonly username: string;
    readonly file: string | undefined;
    readonly prompt: Prompt;
  }) {
    this.#node = parts.node;
    this.#username = parts.username;
    this.#file = parts.file;
    this.#prompt = parts.prompt;
  }

  /** The next password to try. Throws E-SUDO-REFUSED when there is none left. */
  async next(): Promise<string> {
    this.#tries += 1;
    if (this.#file !== undefined) {
      if (this.#tries > 1) throw this.refused(`the password in ${this.#file} is wrong`);
      return this.#fromFile(this.#file);
    }
    if (!this.#prompt.interactive) {
      throw this.refused(
        "sudo wants a password, and there is no terminal to ask for it",
        `give ${this.#node} a sudo_password_file (mode 0600) in the inventory`,
      );
    }
    if (this.#tries > mostTries) throw this.refused(`the password was wrong ${mostTries} times`);
    const again = this.#tries > 1 ? "that was wrong; " : "";
    return this.#prompt.ask(`${again}sudo password of ${this.#username} on ${this.#node}: `, {
      hidden: true,
      flag: `sudo_password_file of ${this.#node} in the inventory`,
    });
  }

  refused(message: string, hint = `ssh -t ${this.#node} sudo -v`): PimeshError {
    return new PimeshError("E-SUDO-REFUSED", message, { node: this.#node, hint });
  }

  async #fromFile(file: string): Promise<string> {
    let text: string;
    try {
      const { mode, uid } = await stat(file);
      // Windows has no such modes and owners.
      if (process.getuid && ((mode & 0o077) !== 0 || uid !== process.getuid())) {
        throw this.refused(`${file} must belong to you and be readable by you alone`, `chmod 600 ${file}`);
      }
      text = await readFile(file, "utf8");
    } catch (error) {
      if (error instanceof PimeshError) throw error;
      throw this.refused(
        `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`,
        `ls -l ${file}`,
      );
    }
    const password = text.split(/\r?\n/)[0] ?? "";
    if (password === "") throw this.refused(`the first line of ${file} is empty`, `editor ${file}`);
    return password;
  }
}

const mostTries = 3;

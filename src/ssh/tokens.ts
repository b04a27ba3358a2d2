import { PimeshError } from "../core/error.ts";

/**
 * Replaces `%h`, `%p` and the like. Only tokens in the table are replaced: `ssh -G` prints some values as they
 * were written and others already expanded, and a `%` that it left alone stays.
 */
export function expandTokens(text: string, tokens: Readonly<Record<string, string>>): string {
  return text.replaceAll(/%(.)/g, (whole, letter: string) => tokens[letter] ?? whole);
}

/**
 * The same for a command that `/bin/sh` will run. `ssh -G` leaves the tokens of ProxyCommand as they are, and the user
 * may have put quotes around them, so a value cannot be quoted for him: one with a character that a shell could take for
 * more than text is refused, as OpenSSH does since 9.6.
 */
export function expandForShell(command: string, tokens: Readonly<Record<string, string>>): string {
  for (const [, letter = ""] of command.matchAll(/%(.)/g)) {
    const value = tokens[letter];
    if (value !== undefined && letter !== "%" && !/^[A-Za-z0-9_.,:@%/+[\] -]+$/.test(value)) {
      throw new PimeshError(
        "E-SSH-PROTOCOL",
        `%${letter} of ProxyCommand would be ${JSON.stringify(value)}, which a shell could misread`,
      );
    }
  }
  return expandTokens(command, tokens);
}

import type { Tone } from "../report/report.ts";

export type Paint = (text: string, tone: Tone | undefined) => string;

/**
 * Puts a tone into a text, or leaves it alone: `Terminal.colour` has weighed NO_COLOR, FORCE_COLOR and what the stream
 * is. Only attributes and the sixteen colours that every terminal has a theme for.
 */
export function painter(colour: boolean): Paint {
  if (!colour) return (text) => text;
  return (text, tone) =>
    tone === undefined || text === "" ? text : `\u001b[${codes[tone]}m${text}\u001b[0m`;
}

const codes: Readonly<Record<Tone, number>> = { good: 32, warn: 33, bad: 31, faint: 2, strong: 1 };

import { UnexpectedAnswer } from "./unexpected-answer.ts";

/** A whole number, or `UnexpectedAnswer`. Beyond 2^53 too: a rounded byte count would be a wrong one. */
export function wholeNumber(what: string, text: string | undefined): number {
  const trimmed = (text ?? "").trim();
  const number = Number(trimmed);
  if (!/^-?\d+$/.test(trimmed) || !Number.isSafeInteger(number)) throw new UnexpectedAnswer(what, trimmed);
  return number;
}

/** A decimal number such as `0.23`, or `UnexpectedAnswer`. */
export function decimalNumber(what: string, text: string | undefined): number {
  const trimmed = (text ?? "").trim();
  if (!/^-?\d+(\.\d+)?$/.test(trimmed)) throw new UnexpectedAnswer(what, trimmed);
  return Number(trimmed);
}

/** A text as its UTF-8 bytes, one character each: so names that need not be UTF-8 are compared and matched. */
export function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

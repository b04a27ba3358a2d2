/** One document on stdout: two blanks of indent, non-ASCII as it is, a newline at the end. */
export function renderJson(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

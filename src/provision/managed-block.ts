/**
 * Lines of ours in a file that is also the user's: a block between two marks; everything outside of it stays as it is,
 * byte for byte. The block goes to the end of a file that has none yet.
 */
export function withManagedBlock(text: string, lines: readonly string[], comment: string): string {
  const block = [marks(comment).begin, ...lines, marks(comment).end].join("\n");
  const found = findBlock(text, comment);
  if (found) return `${text.slice(0, found.start)}${block}${text.slice(found.end)}`;
  const before = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  return `${before}${block}\n`;
}

/** The user's own lines above the block, or above where it is to stand. */
export function aboveBlock(text: string, comment: string): string {
  const found = findBlock(text, comment);
  if (found) return text.slice(0, found.start);
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

function marks(comment: string): { begin: string; end: string } {
  return {
    begin: `${comment} pimesh: begin; this part comes from the inventory, edit it there`,
    end: `${comment} pimesh: end`,
  };
}

function findBlock(text: string, comment: string): { start: number; end: number } | undefined {
  const { begin, end } = marks(comment);
  const start = text.indexOf(begin);
  if (start === -1 || (start > 0 && text[start - 1] !== "\n")) return undefined;
  const endAt = text.indexOf(end, start);
  return endAt === -1 ? undefined : { start, end: endAt + end.length };
}

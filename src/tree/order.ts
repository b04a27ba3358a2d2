/**
 * The one order of paths: by bytes of the whole path, as `LC_ALL=C sort` has it. JavaScript's own order of strings
 * and `localeCompare` differ from it.
 */
export function byPath(left: { readonly path: Buffer }, right: { readonly path: Buffer }): number {
  return Buffer.compare(left.path, right.path);
}

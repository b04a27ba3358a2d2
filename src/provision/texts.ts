import { readFile } from "node:fs/promises";

/**
 * The texts that go to a Pi lie in `provision/` and `udev/` at the top of the package, two folders up from here both in
 * the source and in dist.
 */
const top = new URL("../../", import.meta.url);

/** A text of `provision/`, by its path there. */
export function nodeText(path: string): Promise<string> {
  return readFile(new URL(`provision/${path}`, top), "utf8");
}

/** A rule of `udev/`, by its file name. */
export function udevText(name: string): Promise<string> {
  return readFile(new URL(`udev/${name}`, top), "utf8");
}

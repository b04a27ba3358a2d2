import { readFileSync } from "node:fs";

/** The package's own version; package.json lies one folder up, both in the source and in dist. */
export const version: string = (
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }
).version;

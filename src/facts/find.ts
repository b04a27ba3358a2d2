import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";

export interface Find {
  /** GNU's has -printf, busybox' has not. */
  readonly flavour: "gnu" | "busybox" | "other";
  readonly version?: string;
}

export const find: Fact<Find> = {
  name: "find",
  // busybox complains about --version and names itself while doing so
  command: sh`command -v find >/dev/null || exit 127
find --version 2>&1 || :`,
  parse: (stdout) => {
    const gnu = /GNU findutils\) (\S+)/.exec(stdout)?.[1] ?? /GNU find version (\S+)/.exec(stdout)?.[1];
    if (gnu !== undefined) return { flavour: "gnu", version: gnu };
    const busybox = /BusyBox v(\S+)/.exec(stdout)?.[1];
    return busybox === undefined ? { flavour: "other" } : { flavour: "busybox", version: busybox };
  },
};

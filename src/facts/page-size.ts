import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";
import { wholeNumber } from "./number.ts";

/** Bytes of a memory page: a swap file's header must match (16 KiB on a Pi 5). busybox systems have no getconf. */
export const pageSize: Fact<number> = {
  name: "page size",
  command: sh`getconf PAGESIZE 2>/dev/null || sed -n '/^KernelPageSize:/{p;q;}' "$root"/proc/self/smaps`,
  parse: (stdout) => {
    const kib = /^KernelPageSize:\s*(\d+) kB/.exec(stdout)?.[1];
    return kib === undefined ? wholeNumber("a page size", stdout) : Number(kib) * 1024;
  },
};

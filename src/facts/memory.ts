import { sh, shellFile } from "../core/shell.ts";
import type { Fact } from "./fact.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

/** All in bytes. */
export interface Memory {
  readonly total: number;
  readonly available: number;
  readonly swapTotal: number;
  readonly swapFree: number;
  /** The contiguous pool that the video core shares. */
  readonly cmaTotal?: number;
  readonly cmaFree?: number;
}

const keys = "MemTotal MemFree MemAvailable Buffers Cached SwapTotal SwapFree CmaTotal CmaFree".split(" ");
const patterns = shellFile(keys.map((key) => `${key}:*`).join(" | "));

export const memory: Fact<Memory> = {
  name: "memory",
  command: sh`exec grep -E ${`^(${keys.join("|")}):`} "$root"/proc/meminfo`,
  quick: sh`while IFS= read -r line; do
  case $line in ${patterns}) printf '%s\n' "$line" ;; esac
done <"$root"/proc/meminfo`,
  parse: (stdout) => {
    const optional = (key: string): number | undefined => {
      const kib = new RegExp(String.raw`^${key}:\s*(\d+) kB$`, "m").exec(stdout)?.[1];
      return kib === undefined ? undefined : Number(kib) * 1024;
    };
    const required = (key: string): number => {
      const bytes = optional(key);
      if (bytes === undefined) throw new UnexpectedAnswer(`meminfo with ${key}`, stdout);
      return bytes;
    };
    const cmaTotal = optional("CmaTotal");
    const cmaFree = optional("CmaFree");
    return {
      total: required("MemTotal"),
      // Kernels before 3.14 do not estimate it; this is what free(1) showed at that time
      available: optional("MemAvailable") ?? required("MemFree") + required("Buffers") + required("Cached"),
      swapTotal: required("SwapTotal"),
      swapFree: required("SwapFree"),
      ...(cmaTotal === undefined ? {} : { cmaTotal }),
      ...(cmaFree === undefined ? {} : { cmaFree }),
    };
  },
};

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** Ends every machine that was started below a folder and has outlived its test, as after Ctrl-C. */
export function endMachines(folder: string): void {
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (basename(file) !== "pid") continue;
    const pid = Number(readFileSync(join(folder, file), "utf8"));
    // The number may be another process's by now
    if (commandOf(pid).includes(folder)) process.kill(pid, "SIGKILL");
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

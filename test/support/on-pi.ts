import { execFile } from "node:child_process";
import type { Pi } from "../../src/demo/pi.ts";

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script on a simulated Pi without any SSH, as its user or as root; `$root` is the Pi's root. */
export function onPi(
  pi: Pi,
  script: string,
  options: { as?: "user" | "root"; stdin?: string } = {},
): Promise<Said> {
  return new Promise((resolve) => {
    const child = execFile(
      "/bin/sh",
      ["-c", `root=$PIMESH_ROOT\n${script}`],
      {
        cwd: pi.home,
        env: { ...pi.environment, LC_ALL: "C", ...(options.as === "root" ? { PIMESH_SIM_UID: "0" } : {}) },
        maxBuffer: 1 << 26,
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ code, stdout, stderr });
      },
    );
    // A script may end without reading all of it
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.stdin ?? "");
  });
}

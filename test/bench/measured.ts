import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Place } from "./place.ts";
import type { Value } from "./row.ts";

/** What a command used. */
export interface Used {
  /** Seconds from its start to its end. */
  readonly wall: number;
  /** Seconds, user and system, of it and of those that it waited for. */
  readonly cpu: number;
  /** Bytes of its largest process. */
  readonly peak: Value;
  /** Its exit code; 128 and the signal's number when one ended it. */
  readonly code: number;
}

export interface Running {
  readonly used: Promise<Used>;
  readonly hasEnded: () => boolean;
  /** Asks it to end. */
  end(): void;
  /** Files that hold what it says. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
}

const wrapper = fileURLToPath(new URL("measured.py", import.meta.url));
let runs = 0;

/** Starts a command in the control group of a side. It is ended, should this process end first. */
export function startMeasured(
  place: Place,
  side: "laptop" | "pi",
  command: readonly string[],
  { env = {} }: CommandOptions,
): Running {
  runs += 1;
  const number = runs;
  const file = (what: string): string => join(place.folder, `run-${number}.${what}`);
  const [stdout, stderr] = [openSync(file("out"), "w"), openSync(file("err"), "w")];
  const group = place.groups[side]?.path ?? "";
  // A session of its own, which can be ended whole; no site packages, which would only make it larger
  const child = spawn(place.python, ["-I", "-S", wrapper, group, file("used"), ...command], {
    cwd: place.folder,
    env: { ...baseEnvironment(), ...env },
    stdio: ["ignore", stdout, stderr],
    detached: true,
  });
  closeSync(stdout);
  closeSync(stderr);
  const kill = child.pid === undefined ? undefined : place.undo.later("kill", "-KILL", "--", `-${child.pid}`);
  let ended = false;
  const used = new Promise<Used>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => {
      ended = true;
      kill?.forget();
      try {
        resolve(usedOf(JSON.parse(readFileSync(file("used"), "utf8"))));
      } catch (error) {
        const said = readFileSync(file("err"), "utf8");
        reject(new Error(`it has not told what it used: ${command.join(" ")}\n${said}`, { cause: error }));
      }
    });
  });
  // Whoever waits gets the error; nobody has to
  used.catch(() => undefined);
  return {
    used,
    hasEnded: () => ended,
    end: () => void child.kill("SIGTERM"),
    stdout: file("out"),
    stderr: file("err"),
  };
}

/** What is asked of both sides alike; the rest of our own environment is nobody's business. */
function baseEnvironment(): Record<string, string> {
  return { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`, LC_ALL: "C.UTF-8", NO_COLOR: "1" };
}

function usedOf(report: Record<"wall" | "cpu" | "peak" | "floor" | "code", number>): Used {
  const { wall, cpu, peak, floor, code } = report;
  // A process begins with the memory of the one that started it
  const isBelow = peak <= floor * 1.05;
  return {
    wall,
    cpu,
    peak: isBelow ? { value: Math.ceil(floor * 1.05), below: true } : { value: peak },
    code,
  };
}

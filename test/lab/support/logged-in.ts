import { spawn } from "node:child_process";
import { onTestFinished } from "vitest";
import { keyFile } from "./images.ts";
import type { Machine } from "./machine.ts";

/** A login shell of pi that stays open, as of somebody who happens to look while the disk is pulled. */
export async function keepLoggedIn(
  machine: Machine,
): Promise<{ readonly stillThere: () => Promise<boolean> }> {
  const known = [
    "-o",
    "StrictHostKeyChecking=no",
    "-o",
    "UserKnownHostsFile=/dev/null",
    "-o",
    "ControlPath=none",
  ];
  const args = [
    "-F",
    "none",
    "-i",
    keyFile,
    "-p",
    String(machine.port),
    "-q",
    ...known,
    "-tt",
    "pi@127.0.0.1",
  ];
  const child = spawn("ssh", args, {
    stdio: ["pipe", "pipe", "ignore"],
    env: { PATH: process.env["PATH"], TERM: "dumb" },
  });
  onTestFinished(() => void child.kill());
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (said += text));
  child.stdin.on("error", () => undefined);
  let asked = 0;
  /** The shell adds two numbers: its echo of the question does not pass for the answer. */
  const stillThere = async (): Promise<boolean> => {
    const number = 1000 + ++asked;
    child.stdin.write(`echo $((${number} + 5000))\n`);
    for (let tries = 0; tries < 600; tries++) {
      if (said.includes(String(number + 5000))) return true;
      if (child.exitCode !== null) return false;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return false;
  };
  if (!(await stillThere())) throw new Error("no login shell came up");
  return { stillThere };
}

import { sh, type Command } from "../core/shell.ts";
import type { Fact } from "./fact.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

export interface Systemd {
  readonly version: number;
}

/** Whether the machine was booted with systemd: sd_booted(3), and PID 1 where /run was made anew. */
export const hasSystemd: Command = sh`{ [ -d "$root"/run/systemd/system ] || grep -qx systemd "$root"/proc/1/comm; }`;

export const systemd: Fact<Systemd> = {
  name: "systemd",
  command: sh`${hasSystemd} || return 127
exec systemctl --version`,
  parse: (stdout) => {
    const version = /^systemd (\d+)/.exec(stdout)?.[1];
    if (version === undefined) throw new UnexpectedAnswer("a version of systemd", stdout);
    return { version: Number(version) };
  },
};

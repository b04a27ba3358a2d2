import { sh } from "../core/shell.ts";
import { engines } from "../engine/engines.ts";
import type { Fact } from "./fact.ts";
import { hasSystemd } from "./systemd.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

/** A script below /etc/init.d that we have to do with, on a system that runs by them. */
export interface InitScript {
  readonly name: string;
  /** Some runlevel of normal work starts it. */
  readonly enabled: boolean;
}

/** The name of our own. */
export const ownInitScript = "pimesh";

/** cron's: it keeps the index fresh there. */
const names = [...Object.values(engines).flatMap((engine) => engine.initScripts), ownInitScript, "cron"];

/** Those of them that are there. Absent: the node was booted with systemd, whatever lies in /etc/init.d. */
export const initScripts: Fact<readonly InitScript[]> = {
  name: "init scripts",
  command: sh`if ${hasSystemd}; then return 127; fi
for script in ${names}; do
  if [ ! -e "$root/etc/init.d/$script" ]; then continue; fi
  s=off
  for l in "$root"/etc/rc[2345S].d/S[0-9][0-9]"$script"; do if [ -L "$l" ] || [ -e "$l" ]; then s=on; fi; done
  echo "$script $s"
done`,
  quick: "itself",
  parse: (stdout) =>
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => {
        const [name, state] = line.split(" ");
        if (name === undefined || (state !== "on" && state !== "off")) {
          throw new UnexpectedAnswer("an init script", line);
        }
        return { name, enabled: state === "on" };
      }),
  whenEmpty: [],
};

import { sh } from "../core/shell.ts";
import { engines } from "../engine/engines.ts";
import { playerUnits } from "../engine/players.ts";
import type { Node } from "../inventory/inventory.ts";
import type { Fact } from "./fact.ts";
import { hasSystemd } from "./systemd.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

export interface Unit {
  /** The name that was asked for; an alias keeps it. */
  readonly unit: string;
  /** `loaded`, `not-found`, `masked` … */
  readonly loadState: string;
  /** `active`, `inactive`, `failed`, `activating` … */
  readonly activeState: string;
  readonly subState: string;
  /** `success`, or how the last run ended: `signal`, `oom-kill`, `exit-code` … */
  readonly result: string;
}

/** The unit of the node's engine, then those that may run a player. */
export function units(node: Node): Fact<readonly Unit[]> {
  return {
    name: "units",
    command: sh`${hasSystemd} || return 127
set -- ${engineUnit(node)} ${playerUnits}
echo "$*"
exec systemctl show --no-pager -p Id,LoadState,ActiveState,SubState,Result "$@"`,
    parse: (stdout) => {
      const [names = "", ...rest] = stdout.split("\n");
      const asked = names.split(" ");
      const blocks = rest.join("\n").trim().split(/\n\n+/);
      // systemctl answers in the order of the question, a block for each
      if (blocks.length !== asked.length) throw new UnexpectedAnswer("an answer for each unit", stdout);
      return asked.map((unit, index) => parseUnit(unit, blocks[index] as string));
    },
  };
}

/** The user in the unit's name is whoever we turn out to be logged in as: the inventory may leave that to ssh. */
function engineUnit(node: Node): ReturnType<typeof sh> {
  if (node.engine === false) return sh``;
  const mark = "@USER@";
  const [before = "", after] = engines[node.engine].unit(mark).split(mark);
  return after === undefined ? sh`${before}` : sh`${before}"$(id -un)"${after}`;
}

function parseUnit(unit: string, block: string): Unit {
  const value = (key: string): string => new RegExp(`^${key}=(.*)$`, "m").exec(block)?.[1] ?? "";
  const loadState = value("LoadState");
  const activeState = value("ActiveState");
  if (loadState === "" || activeState === "") throw new UnexpectedAnswer("the state of a unit", block);
  return { unit, loadState, activeState, subState: value("SubState"), result: value("Result") };
}

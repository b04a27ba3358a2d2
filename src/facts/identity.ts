import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";
import { wholeNumber } from "./number.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

/** Whom we are logged in as. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly user: string;
  readonly groups: readonly string[];
}

/** One `id`, as GNU, busybox and Rust's coreutils print it; a group without a name is its number. */
export const identity: Fact<Identity> = {
  name: "identity",
  command: sh`exec id`,
  parse: (stdout) => {
    const match = /^uid=(\d+)\(([^)]+)\) gid=(\d+)(?:\([^)]*\))?(?: groups=(\S.*?))?(?: context=.*)?$/m.exec(
      stdout,
    );
    if (!match) throw new UnexpectedAnswer("what id(1) says", stdout);
    const [, uid, user, gid, groups = ""] = match as unknown as [string, string, string, string, string?];
    return {
      uid: wholeNumber("a user id", uid),
      gid: wholeNumber("a group id", gid),
      user,
      groups: groups
        .split(",")
        .filter((group) => group !== "")
        .map((group) => /\((.*)\)$/.exec(group)?.[1] ?? group),
    };
  },
};

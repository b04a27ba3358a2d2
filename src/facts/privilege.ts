import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

/** How to become root: already root; `sudo -n` works; sudo is there and asks (or would refuse: it does not say); no way. */
export type Privilege = "root" | "sudo" | "password" | "none";

const privileges: readonly Privilege[] = ["root", "sudo", "password", "none"];

export const privilege: Fact<Privilege> = {
  name: "privilege",
  // LibreELEC, where everybody is root, has a sudo that prints a message and fails: root comes first. Only the exit
  // code of sudo counts, since sudo-rs words its errors in its own way.
  command: sh`if [ "$(id -u)" = 0 ]; then echo root
elif ! command -v sudo >/dev/null; then echo none
elif sudo -n true >/dev/null 2>&1; then echo sudo
else echo password; fi`,
  parse: (stdout) => {
    const found = privileges.find((each) => each === stdout.trim());
    if (found === undefined) throw new UnexpectedAnswer("a privilege", stdout);
    return found;
  },
};

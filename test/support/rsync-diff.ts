import { execFileSync } from "node:child_process";

/**
 * What `rsync -a --delete` from left to right would do, as our kinds; names by its octal escapes. `ssh`: how it reaches a machine that
 * the one side names, as one word of a shell.
 */
export function rsyncDiff(left: string, right: string, { ssh }: { readonly ssh?: string } = {}): string[] {
  const out = execFileSync(
    "rsync",
    [
      "-n",
      ...(ssh === undefined ? [] : ["-e", ssh]),
      "-rlt",
      "--specials",
      "--delete",
      "--itemize-changes",
      "--omit-dir-times",
      "--omit-link-times",
      `${left}/`,
      `${right}/`,
    ],
    { env: { ...process.env, LC_ALL: "C" }, maxBuffer: 64 * 1024 ** 2 },
  ).toString("latin1");
  return out.split("\n").flatMap((line) => {
    if (line === "") return [];
    const deleted = /^\*deleting {3}(.*)$/.exec(line);
    const item = /^(.)(.)(.{9}) (.*)$/.exec(line);
    const raw = deleted?.[1] ?? item?.[4] ?? "";
    const name = raw
      .replace(item?.[2] === "L" ? / -> [\s\S]*$/ : /$^/, "")
      .replace(/\/$/, "")
      .replaceAll(/\\#([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    if (deleted) return [`only-right ${name}`];
    return [`${item?.[3]?.startsWith("+") === true ? "only-left" : "differs"} ${name}`];
  });
}

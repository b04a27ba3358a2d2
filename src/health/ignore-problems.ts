import { quote } from "../core/shell.ts";
import { ignoreFilesOf } from "../engine/ignore-file.ts";
import type { Problem, Subject } from "./problem.ts";
import { diskIsAbsent, isSetUp } from "./state.ts";

/**
 * Parity of the rules: a file that one home hides from its engine is a file that it does not pass on. Rules that are missing are what
 * provision mends; rules beyond the inventory's are a person's own, who may not know that they hold at that home alone.
 */
export function ignoreProblems(subject: Subject): Problem[] {
  const { measurement, name, wanted, engineTitle, ssh, tree } = subject;
  const { ignore } = measurement;
  if (ignore === undefined || wanted.engine === false) return [];
  if (!isSetUp(measurement) || diskIsAbsent(measurement)) return [];
  // Without the tree there is no file in it either.
  if (subject.countError?.code === "E-TREE-ABSENT") return [];
  const problems: Problem[] = [];
  if (ignore.missing.length > 0) {
    problems.push({
      code: "W-IGNORE-MISSING",
      message: `the ignore rules of ${engineTitle} there lack what the inventory says: ${rulesText(ignore.missing)}`,
      try: `pimesh provision ${name} --only ignore --dry-run`,
      kind: "degraded",
    });
  }
  if (ignore.more.length > 0) {
    problems.push({
      code: "W-IGNORE-MORE",
      message: `the ignore rules of ${engineTitle} there have more than the inventory says: ${rulesText(ignore.more)}; what they hide does not come to this home, nor from it`,
      try: ssh(
        `cat ${ignoreFilesOf(wanted.engine)
          .map((file) => quote(`${tree}/${file}`))
          .join(" ")}`,
      ),
      kind: "aside",
    });
  }
  return problems;
}

/** The first few of them. */
export function rulesText(lines: readonly string[]): string {
  const shown = lines.slice(0, 3).join(", ");
  return lines.length <= 3 ? shown : `${shown} and ${lines.length - 3} more`;
}

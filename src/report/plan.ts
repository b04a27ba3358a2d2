import { changes, type Change, type Plan, type Step } from "../provision/step.ts";
import type { Tone } from "./report.ts";

/** One line of a shown plan. */
export interface PlanLine {
  readonly text: string;
  readonly tone?: Tone;
}

/** New files longer than this are shown by their length alone, unless all is asked for. */
const shortFile = 12;

/** A plan for a person: what would change and why, the diff of every changed text, what is as it should be. */
export function planLines(plan: Plan, options: { readonly verbose: boolean }): PlanLine[] {
  const todo = changes(plan);
  const kept = plan.steps.filter((step) => step.kind === "keep");
  return [
    { text: `${plan.node}  ${plan.about}`, tone: "strong" },
    ...todo.flatMap((step, index) => changeLines(step, index + 1, options.verbose)),
    ...(options.verbose ? kept.map(keptLine) : []),
    { text: `  ${summary(todo.length, kept.length)}` },
    ...(plan.continues === undefined ? [] : [{ text: `  a second part follows: ${plan.continues}` }]),
    ...plan.notices.flatMap((notice) => [
      { text: `  note: ${notice.message}`, tone: "warn" as const },
      ...(notice.hint === undefined ? [] : [{ text: `    try: ${notice.hint}` }]),
    ]),
  ];
}

/** `nothing to do: all 31 things are as they should be`, or how many would change. */
function summary(todo: number, kept: number): string {
  if (todo === 0)
    return `nothing to do: ${kept === 1 ? "the one thing looked at is" : `all ${kept} things are`} as they should be`;
  return `${todo} to do, ${kept} as ${kept === 1 ? "it" : "they"} should be`;
}

function changeLines(step: Change, number: number, verbose: boolean): PlanLine[] {
  return [
    { text: `  ${String(number).padStart(2)}. ${step.what}`, tone: "strong" },
    { text: `      ${step.why}`, tone: "faint" },
    ...diffLines(step, verbose),
  ];
}

/** A long new text is shown by its length alone, unless all is asked for. */
export function diffLines({ diff }: Pick<Change, "diff">, verbose: boolean): PlanLine[] {
  if (diff === undefined || diff === "") return [];
  const lines = diff.split("\n");
  const isNew = lines.slice(1).every((line) => line.startsWith("+"));
  if (isNew && !verbose && lines.length > shortFile) {
    return [{ text: `      +${lines.length - 1} lines (-v shows them)`, tone: "good" }];
  }
  return lines.map((line) => ({ text: `      ${line}`, ...toneOf(line) }));
}

function toneOf(line: string): { tone?: Tone } {
  if (line.startsWith("+")) return { tone: "good" };
  if (line.startsWith("-")) return { tone: "bad" };
  return line.startsWith("@@") ? { tone: "faint" } : {};
}

function keptLine(step: Step): PlanLine {
  return { text: `   =  ${step.what}: ${step.why}`, tone: "faint" };
}

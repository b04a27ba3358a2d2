import type { PlanLine } from "../report/plan.ts";
import { painter } from "./colour.ts";
import { printable } from "./width.ts";

/** Lines of a plan as text; long lines are left long, so that a diff can be copied. */
export function renderPlanLines(lines: readonly PlanLine[], shape: { readonly colour: boolean }): string {
  const paint = painter(shape.colour);
  return lines.map((line) => `${paint(printable(line.text), line.tone)}\n`).join("");
}

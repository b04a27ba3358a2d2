import type { PimeshError } from "../core/error.ts";
import { errorNotes } from "../report/errors.ts";
import { renderNotes } from "./notes.ts";

/** Errors for people, on stderr: what failed and where, its code, and what to try; the same error over nodes once. */
export function renderErrors(
  errors: readonly PimeshError[],
  shape: { readonly colour: boolean; readonly columns: number | undefined },
): string {
  return renderNotes(errorNotes(errors), shape);
}

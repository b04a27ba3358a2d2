/** What a node said to one question. The four are told apart: a tool that is missing is not a tool that found nothing. */
export type Answer<T> =
  | { readonly kind: "absent" }
  | { readonly kind: "empty" }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "value"; readonly value: T };

/** The value, or undefined for the other three: only where they really lead to the same decision. */
export function valueOf<T>(answer: Answer<T>): T | undefined {
  return answer.kind === "value" ? answer.value : undefined;
}

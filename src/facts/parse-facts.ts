import type { Answer } from "../core/answer.ts";
import { PimeshError } from "../core/error.ts";
import type { Node } from "../inventory/inventory.ts";
import type { Fact } from "./fact.ts";
import type { Facts, HealthFacts } from "./facts.ts";
import { healthQuestions, questionsFor, type QuestionsOf } from "./questions.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

/** Reads what `factsScript` made a node say. Throws E-FACTS-INCOMPLETE unless every section and the end are there. */
export function parseFacts(stdout: string, nonce: string, node: Node): Facts {
  return parse(questionsFor(node), stdout, nonce, node);
}

/** The same where only the questions of status were asked. */
export function parseHealthFacts(stdout: string, nonce: string, node: Node): HealthFacts {
  return parse(healthQuestions(node), stdout, nonce, node);
}

function parse<F>(asked: QuestionsOf<F>, stdout: string, nonce: string, node: Node): F {
  const questions: readonly [string, Fact<unknown>][] = Object.entries(asked);
  const parts = new Parts(`\n${stdout}`.split(`\n${nonce} `).slice(1));
  const facts: Record<string, Answer<unknown>> = {};
  let last: string | undefined;
  for (const [name, fact] of questions) {
    const quick = parts.next(`= ${name}`);
    const said = parts.next(`= ${name}`) ?? quick;
    const left = said === undefined ? undefined : parts.nextCode();
    if (said === undefined || left === undefined) throw incomplete(node, fact.name, last);
    facts[name] = answerOf(fact, said, left);
    last = fact.name;
  }
  if (parts.next("end") === undefined) throw incomplete(node, "the end", last);
  return facts as F;
}

/** What stands between two markers: the rest of the marker's line, and what follows it. */
class Parts {
  readonly #parts: readonly string[];
  #next = 0;

  constructor(parts: readonly string[]) {
    this.#parts = parts;
  }

  /** What follows the marker, which has to be the next one and whole. */
  next(marker: string): string | undefined {
    const part = this.#parts[this.#next];
    if (part?.startsWith(`${marker}\n`) !== true) return undefined;
    this.#next += 1;
    return part.slice(marker.length + 1);
  }

  nextCode(): { readonly code: number; readonly reason: string } | undefined {
    const match = /^\. (\d{1,3})\n([^]*)$/.exec(this.#parts[this.#next] ?? "");
    if (!match) return undefined;
    this.#next += 1;
    return { code: Number(match[1]), reason: (match[2] as string).trim() };
  }
}

function answerOf<T>(
  fact: Fact<T>,
  stdout: string,
  { code, reason }: { readonly code: number; readonly reason: string },
): Answer<T> {
  if (code === 127) return { kind: "absent" };
  if (code !== 0) return { kind: "failed", reason: reason === "" ? `exit code ${code}` : reason };
  if (stdout.trim() === "") {
    return fact.whenEmpty === undefined ? { kind: "empty" } : { kind: "value", value: fact.whenEmpty };
  }
  try {
    return { kind: "value", value: fact.parse(stdout) };
  } catch (error) {
    if (error instanceof UnexpectedAnswer) return { kind: "failed", reason: error.message };
    throw error;
  }
}

function incomplete(node: Node, missing: string, last: string | undefined): PimeshError {
  const where = last === undefined ? "before its first word" : `after its answer about ${last}`;
  return new PimeshError(
    "E-FACTS-INCOMPLETE",
    `the node stopped answering ${where}${missing === "the end" ? "" : `, while asked about ${missing}`}`,
    {
      node: node.name,
      hint: `run the command again; if it stops there again, look at its log: ssh ${node.name} dmesg`,
    },
  );
}

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Answer } from "../../src/core/answer.ts";
import { parseFacts } from "../../src/facts/parse-facts.ts";
import { questionsFor } from "../../src/facts/questions.ts";
import type { Facts } from "../../src/facts/facts.ts";
import { mom } from "./mom.ts";

/**
 * test/facts/FACT/CASE.json: what a node said, and what it means. One of `value`, `failed` (a reason; null is any) and
 * `answer` is what is expected. A new case needs no code.
 */
interface Case {
  readonly stdout: string;
  readonly code?: number;
  readonly stderr?: string;
  readonly value?: unknown;
  readonly failed?: string | null;
  readonly answer?: Answer<unknown>;
}

const anyReason = expect.any(String) as string;
const here = new URL("./", import.meta.url);
const names = Object.keys(questionsFor(mom)) as (keyof Facts)[];

describe.each(names)("%s", (name) => {
  const folder = new URL(`${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}/`, here);
  test.each(readdirSync(folder))("%s", (file) => {
    const told = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Case;
    expect(answerTo(name, told)).toEqual(expected(told));
  });
});

function expected(told: Case): Answer<unknown> {
  if (told.answer !== undefined) return told.answer;
  if (told.failed === undefined) return { kind: "value", value: told.value };
  return { kind: "failed", reason: told.failed ?? anyReason };
}

function answerTo(name: keyof Facts, told: Case): Answer<unknown> {
  const sections = names.map((each) =>
    each === name
      ? `\nN = ${each}\n${told.stdout}\nN . ${told.code ?? 0}\n${told.stderr ?? ""}`
      : `\nN = ${each}\n\nN . 127\n`,
  );
  return parseFacts(`${sections.join("")}\nN end\n`, "N", mom)[name];
}

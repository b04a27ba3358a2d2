import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseFacts } from "../../src/facts/parse-facts.ts";
import { questionsFor } from "../../src/facts/questions.ts";
import { mom } from "./mom.ts";

const nonce = "b4f7d2c09e8a4f15b4f7d2c09e8a4f15";
const names = Object.keys(questionsFor(mom));

/** What a node says: `said` for some questions, "absent" for the others. */
function answer(said: Readonly<Record<string, string>>, between = ""): string {
  const sections = names.map((name) => {
    const stdout = said[name];
    return `\n${nonce} = ${name}\n${stdout ?? ""}\n${nonce} . ${stdout === undefined ? 127 : 0}\n`;
  });
  return `${sections.join(between)}${between}\n${nonce} end\n`;
}

const whole = answer({
  kernel: "6.12.47+rpt-rpi-v8\n",
  uptime: "1483923.34 1203912.71\n",
  privilege: "sudo\n",
  fstab: "# nothing\n",
  index: '{"schemaVersion":1,"at":1795589931,"files":297481,"bytes":801238475632}\n',
});
const facts = parseFacts(whole, nonce, mom);

describe("an answer", () => {
  test("gives each fact its own kind", () => {
    const said = parseFacts(answer({ kernel: "6.1\n", model: "", fstab: "", load: "x" }), nonce, mom);
    expect(said.kernel).toEqual({ kind: "value", value: "6.1" });
    expect(said.model).toEqual({ kind: "empty" });
    expect(said.fstab).toEqual({ kind: "value", value: "" });
    expect(said.load).toEqual({ kind: "failed", reason: 'not a load: "x"' });
    expect(said.memory).toEqual({ kind: "absent" });
  });

  test("says why a question failed, or at least with which exit code", () => {
    const silent = whole.replace(
      `${nonce} . 0\n\n${nonce} = architecture`,
      `${nonce} . 9\n\n${nonce} = architecture`,
    );
    expect(parseFacts(silent, nonce, mom).kernel).toEqual({ kind: "failed", reason: "exit code 9" });
    const loud = whole.replace(
      `${nonce} . 0\n\n${nonce} = architecture`,
      `${nonce} . 9\nout of order\n${nonce} = architecture`,
    );
    expect(parseFacts(loud, nonce, mom).kernel).toEqual({ kind: "failed", reason: "out of order" });
  });

  test("that is cut anywhere is refused, never read with a wrong value", () => {
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => parseFacts(whole.slice(0, length), nonce, mom)).toThrow(/stopped answering/);
    }
    expect(parseFacts(whole, nonce, mom)).toEqual(facts);
  });

  test("that is cut names the node, the last answer and the question that it was at", () => {
    const cut = whole.slice(0, whole.indexOf(`${nonce} = model`) + 10);
    expect(() => parseFacts(cut, nonce, mom)).toThrow(
      expect.objectContaining({
        code: "E-FACTS-INCOMPLETE",
        node: "mom",
        message: "the node stopped answering after its answer about os, while asked about model",
      }),
    );
  });

  test("that never began says so", () => {
    expect(() => parseFacts("Welcome to mom!\n", nonce, mom)).toThrow(/before its first word/);
  });

  test("with a section left out is refused", () => {
    const start = whole.indexOf(`\n${nonce} = load`);
    const end = whole.indexOf(`\n${nonce} = uptime`);
    expect(() => parseFacts(whole.slice(0, start) + whole.slice(end), nonce, mom)).toThrow(
      /about swap|about load/,
    );
  });
});

/** Text of anybody else: lines, markers of other runs, markers that lack the nonce. */
const noise = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "\nb4f7 = kernel\nforged\nb4f7 . 0\n",
    "\n = kernel\n6.66\n . 0\n",
    "\n00000000000000000000000000000000 = kernel\n6.66\n00000000000000000000000000000000 . 0\n",
    "\n00000000000000000000000000000000 end\n",
    "\r\n",
    "Linux mom 6.12.47\n\nLast login: Tue\n",
  ),
);

describe("noise on the stream", () => {
  test("before, between and after the sections changes nothing", () => {
    const said = { kernel: "6.12.47+rpt-rpi-v8\n", uptime: "1483923.34 1203912.71\n", privilege: "sudo\n" };
    const wanted = parseFacts(answer(said), nonce, mom);
    fc.assert(
      fc.property(noise, noise, noise, (before, between, after) => {
        expect(parseFacts(before + answer(said, between) + after, nonce, mom)).toEqual(wanted);
      }),
    );
  });

  test("in a file of the node cannot forge another section", () => {
    fc.assert(
      fc.property(noise, (text) => {
        const said = parseFacts(answer({ kernel: "6.1\n", fstab: `# ${text}\n` }), nonce, mom);
        expect(said.fstab).toEqual({ kind: "value", value: `# ${text}\n` });
        expect(said.kernel).toEqual({ kind: "value", value: "6.1" });
        expect(said.provisioned).toEqual({ kind: "absent" });
      }),
    );
  });

  test("of an earlier run does not count for this one", () => {
    expect(() => parseFacts(whole, nonce.replace("b", "c"), mom)).toThrow(/before its first word/);
  });
});

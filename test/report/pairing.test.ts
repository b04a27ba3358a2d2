import { describe, expect, test } from "vitest";
import { PimeshError } from "../../src/core/error.ts";
import {
  pairingDocument,
  pairingExitCode,
  pairingLine,
  pairingLines,
  type HomePairing,
} from "../../src/report/pairing.ts";

const change = { what: "let in laptop", why: "it is of the family" };
const samePlace = { kind: "same-place", text: "another folder has the tree" } as const;
const stopped = { kind: "stopped", text: "Syncthing has stopped pimesh: folder path missing" } as const;

function home(parts: Partial<HomePairing> = {}): HomePairing {
  return { result: "unchanged", changes: [], findings: [], ...parts };
}

describe("what became of a home", () => {
  test.each<[Partial<HomePairing>, string, number]>([
    [{}, "paired already", 0],
    [{ result: "paired", changes: [change] }, "paired: 1 changed", 0],
    [{ result: "planned", changes: [change] }, "not paired: 1 to do", 1],
    [{ result: "later" }, "not paired: its Syncthing has no keys yet", 1],
    [{ result: "away" }, "its Syncthing is not started: it stays paired as it was", 0],
    [{ findings: [stopped] }, "paired already; its Syncthing has stopped the folder", 1],
    [{ findings: [samePlace] }, "not paired: another folder of its Syncthing has the tree", 1],
  ])("%j is said as %j", (parts, line, code) => {
    expect(pairingLine({ node: "mom", ok: true, value: home(parts) })).toBe(line);
    expect(pairingExitCode(home(parts))).toBe(code);
  });

  test("a failure is said with its code, for people and machines", () => {
    const outcome = {
      node: "mom",
      ok: false,
      error: new PimeshError("E-ENGINE-DOWN", "Syncthing does not run", { node: "mom", hint: "start it" }),
    } as const;
    expect(pairingLine(outcome)).toBe("not paired: Syncthing does not run (E-ENGINE-DOWN)");
    expect(pairingDocument([outcome])).toMatchObject([
      { result: "failed", error: { code: "E-ENGINE-DOWN" } },
    ]);
  });
});

test("the plan of a home tells what and why, then what a person should know", () => {
  const lines = pairingLines("mom", [change], ["a stranger knocks"]).map(({ text }) => text);
  expect(lines).toEqual([
    "mom  Syncthing",
    "   1. let in laptop",
    "      it is of the family",
    "  1 to do",
    "  note: a stranger knocks",
  ]);
});

import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { farEnd, farEndShell } from "../../src/tree/far-end.ts";

const texts = readdirSync(new URL("../../src/tree/far-end", import.meta.url)).filter((name) =>
  name.endsWith(".sh"),
);

describe.each(texts)("%s goes to a node", (name) => {
  const sent = farEndShell(name).text;

  test("without what is for its reader alone, line for line", () => {
    const lines = farEnd(name)
      .split("\n")
      .map((line) => line.trimStart())
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(sent.trimEnd().split("\n")).toEqual(lines);
  });

  test.each(["dash", "busybox ash"])("as something that %s understands", (shell) => {
    const [program, ...words] = shell.split(" ") as [string, ...string[]];
    expect(() => execFileSync(program, [...words, "-n"], { input: sent })).not.toThrow();
  });
});

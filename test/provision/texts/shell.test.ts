import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { requires, searchPath } from "../../support/requires.ts";
import { libFolder, momsNode, shells } from "./node-root.ts";

const top = fileURLToPath(new URL("../../../provision/", import.meta.url));

/** Every shell text of provision/: by its first line or its suffix. */
const shellFiles = readdirSync(top, { recursive: true, encoding: "utf8" })
  .map((name) => join(top, name))
  .filter((path) => statSync(path).isFile())
  .filter((path) => path.endsWith(".sh") || readFileSync(path, "latin1").startsWith("#!"))
  .map((path) => relative(top, path));

const scripts = readdirSync(libFolder);

test("the shell texts are found", () => {
  expect(shellFiles).toEqual(expect.arrayContaining(scripts.map((name) => `usr/local/lib/pimesh/${name}`)));
  expect(scripts).toEqual(expect.arrayContaining(["disk-guard", "noswap", "swap"]));
});

describe.runIf(requires("shellcheck"))("shellcheck", () => {
  test.each(shellFiles)("has nothing to say about %s", (file) => {
    const { stdout, stderr, status } = run("shellcheck", "-s", "sh", join(top, file));
    expect({ stdout, stderr, status }).toEqual({ stdout: "", stderr: "", status: 0 });
  });
});

describe.each(shells.filter((shell) => shell.there))("$name", ({ words }) => {
  test.each(shellFiles)("can read %s", (file) => {
    const [program, ...before] = words as readonly [string, ...string[]];
    const { stderr, status } = run(program, ...before, "-n", join(top, file));
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  });
});

describe("a script of the node", () => {
  test.each(scripts)("%s begins and ends as all do, and can be executed", (name) => {
    const text = readFileSync(join(libFolder, name), "utf8");
    const code = text.split("\n").filter((line) => !/^(#|$)/.test(line));
    expect(text.startsWith("#!/bin/sh\n")).toBe(true);
    expect(code.slice(1, 4)).toEqual(["root=${PIMESH_ROOT-}", "set -eu", "main() {"]);
    expect(code.at(-1)).toBe('main "$@"');
    expect(statSync(join(libFolder, name)).mode & 0o111).toBe(0o111);
  });

  test.each(scripts)("%s touches nothing outside of its root", (name) => {
    const text = readFileSync(join(libFolder, name), "utf8");
    const paths = text
      .split("\n")
      .slice(1)
      .filter((line) => !/^\s*#/.test(line))
      .flatMap((line) =>
        [...line.matchAll(/\/(?:etc|run|proc|sys|dev|usr|var|media)\b(?!\/zram|\/null)/g)].map((match) => ({
          line,
          at: match.index,
        })),
      )
      .filter(
        ({ line, at }) =>
          !line.slice(0, at).endsWith("$root") && !/cannot|does not list|\^\\|^\s*PATH=/.test(line),
      );
    expect(paths).toEqual([]);
  });

  const verbs: Readonly<Record<string, string>> = {
    noswap: "reexec",
    swap: "on",
    "pimesh-disk": "start",
    index: "due",
  };

  describe.each(shells.filter((shell) => shell.there))("cut off in $name", (shell) => {
    test.each(scripts)(
      "%s does nothing and never means yes",
      (name) => {
        const root = momsNode();
        for (const tool of ["swapon", "swapoff", "mkswap", "systemctl", "mkdir", "sleep"]) {
          root.standIn(tool, 'echo "$0 $*" >>"$PIMESH_ROOT/calls"');
        }
        root.write("calls", "");
        const text = readFileSync(join(libFolder, name), "utf8");
        // The very first lines are the shell's name and the trap that turns "nothing went wrong" into a failure
        const trapped = text.indexOf("\n", text.indexOf("trap ")) + 1;
        const words = verbs[name] === undefined ? [] : [verbs[name]];
        fc.assert(
          fc.property(fc.integer({ min: 0, max: text.length - 3 }), (cut) => {
            root.write("cut", text.slice(0, cut), 0o755);
            const { code } = root.run(shell, "cut", ...words);
            expect(root.read("calls")).toBe("");
            // From here on the guard is whole: its call needs no words
            const whole = name === "disk-guard" && cut >= text.lastIndexOf("main") + 4;
            expect(cut < trapped || whole || code !== 0).toBe(true);
          }),
          {
            numRuns: 25,
            examples: [[trapped], [text.length - 3], [text.lastIndexOf("main") + 4]].map(([cut]) => [
              cut as number,
            ]),
          },
        );
      },
      30_000,
    );
  });
});

function run(program: string, ...words: string[]): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(program, words, { encoding: "utf8", env: { PATH: searchPath, LC_ALL: "C.UTF-8" } });
}

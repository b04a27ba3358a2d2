import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { sh } from "../../src/core/shell.ts";
import type { Connection } from "../../src/ssh/connection.ts";
import { keptFolders, runKept, type KeptScript } from "../../src/ssh/kept-script.ts";
import { temporaryFolder } from "../support/folder.ts";
import { busyboxTools } from "../support/listers.ts";
import { localConnection } from "../support/local-connection.ts";

// Many processes are started: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

const script: KeptScript = {
  name: "greeting",
  text: `{\n# ${"a long word ".repeat(200)}\nprintf 'hello %s' "$who"\n(exit 3)\n}\n`,
};

/** A node, and how many bytes a run has sent it on stdin. */
function node(options: { readonly shell?: readonly string[]; readonly path?: string } = {}) {
  const root = temporaryFolder();
  const sent: number[] = [];
  const local = localConnection({ root, ...options });
  const connection: Connection = {
    ...local,
    stream: async (text, given) =>
      local.stream(text, { ...given, stdin: counted(given?.stdin as AsyncIterable<Uint8Array>, sent) }),
  };
  return {
    connection,
    sent: () => sent.reduce((all, bytes) => all + bytes, 0),
    keeps: (text: string, folder: string = keptFolders[0]): void => {
      const path = join(root, folder, script.name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    },
  };
}

async function* counted(input: AsyncIterable<Uint8Array>, sent: number[]): AsyncGenerator<Uint8Array> {
  for await (const bytes of input) {
    sent.push(bytes.length);
    yield bytes;
  }
}

const busybox = busyboxTools();

describe.each([
  ["dash", {}],
  ["busybox", { shell: ["busybox", "ash"], path: busybox }],
])("a script that is called by its hash, in %s", (_, options) => {
  test.each(keptFolders)("does not travel where %s has it", async (folder) => {
    const { connection, keeps, sent } = node(options);
    keeps(script.text, folder);
    const { stdout, code } = await runKept(connection, script, sh`who=${"mom's"}`);
    expect([stdout.toString(), code, sent()]).toEqual(["hello mom's", 3, 0]);
  });

  test.each([
    ["is not there", undefined],
    ["is another", "printf 'I am evil'\n"],
    ["is cut off", script.text.slice(0, -3)],
  ])("is sent where it %s", async (_how, kept) => {
    const { connection, keeps, sent } = node(options);
    if (kept !== undefined) keeps(kept);
    const { stdout, code } = await runKept(connection, script, sh`who=${"mom's"}`);
    expect([stdout.toString(), code]).toEqual(["hello mom's", 3]);
    expect(sent()).toBeGreaterThan(50);
    expect(sent()).toBeLessThan(script.text.length / 4);
  });
});

test("it is sent as it is where there is no gzip", async () => {
  const programs = temporaryFolder();
  symlinkSync("/bin/cat", join(programs, "cat"));
  const { connection, sent } = node({ shell: ["env", `PATH=${programs}`, "/bin/sh"] });
  const { stdout } = await runKept(connection, script, sh`who=${"mom"}`);
  expect(stdout.toString()).toBe("hello mom");
  expect(sent()).toBe(script.text.length);
});

test("a shell that ends before it asks is told by its exit code", async () => {
  const { connection } = node();
  expect(await runKept(connection, script, sh`exit 7`)).toMatchObject({ code: 7 });
});

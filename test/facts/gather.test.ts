import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { Command } from "../../src/core/shell.ts";
import { gatherFacts, keptFacts } from "../../src/facts/gather.ts";
import type { Connection, RunOptions } from "../../src/ssh/connection.ts";
import { keptFolders } from "../../src/ssh/kept-script.ts";
import { temporaryFolder } from "../support/folder.ts";
import { localConnection, type LocalOptions } from "../support/local-connection.ts";
import { mom } from "./mom.ts";

// Many processes are started: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

type Asked = { readonly script: Command; readonly options: RunOptions | undefined };

/** A node on this machine whose login file talks; `bend`: what comes of its answer. */
function connection(
  asked: Asked[],
  options: LocalOptions = {},
  bend = (stdout: AsyncIterable<Buffer>) => stdout,
): Connection {
  const local = localConnection({ node: "mom", root: temporaryFolder(), ...options });
  return {
    ...local,
    async stream(script, given) {
      asked.push({ script, options: given });
      const stream = await local.stream(script, given);
      return { ...stream, stdout: bend(welcome(stream.stdout)) };
    },
  };
}

async function* welcome(stdout: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield Buffer.from("Welcome to mom\n");
  yield* stdout;
  yield Buffer.from("no new line at the end");
}

test("all is asked at once, as the login user, with a new nonce each time", async () => {
  const asked: Asked[] = [];
  const node = connection(asked);
  const facts = await gatherFacts(node, mom);
  expect(facts.kernel.kind).toBe("value");
  expect(facts.swaps).toEqual({ kind: "absent" });
  expect(asked).toHaveLength(1);
  expect(asked[0]?.options?.as).toBe("user");
  await gatherFacts(node, mom);
  expect(asked[1]?.script.text).not.toBe(asked[0]?.script.text);
});

test("a node that keeps the questions gives the same answers", async () => {
  const root = temporaryFolder();
  const sent = await gatherFacts(connection([], { root }), mom);
  keepQuestions(root);
  const kept = await gatherFacts(connection([], { root }), mom);
  expect(kept.kernel).toEqual(sent.kernel);
  expect(Object.keys(kept)).toEqual(Object.keys(sent));
});

test("where there is no gzip the answer comes as it is", async () => {
  const programs = temporaryFolder();
  for (const name of ["cat", "uname", "id", "date", "grep", "sed", "awk", "sh"]) {
    symlinkSync(locate(name), join(programs, name));
  }
  const came: Buffer[] = [];
  const keep = async function* (stdout: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of stdout) {
      came.push(chunk);
      yield chunk;
    }
  };
  const facts = await gatherFacts(
    connection([], { shell: ["env", `PATH=${programs}`, locate("sh")] }, keep),
    mom,
  );
  expect(facts.kernel.kind).toBe("value");
  expect(Buffer.concat(came).toString()).toContain("= kernel");
});

test("of a packed answer that broke off it is told how far it came", async () => {
  const root = temporaryFolder();
  keepQuestions(root);
  await expect(gatherFacts(connection([], { root }, half), mom)).rejects.toMatchObject({
    code: "E-FACTS-INCOMPLETE",
    message: expect.stringContaining("stopped answering after its answer about") as string,
  });
});

async function* half(stdout: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of stdout) all.push(chunk);
  const answer = Buffer.concat(all);
  yield answer.subarray(0, answer.length / 2);
}

/** As provision does. */
function keepQuestions(root: string): void {
  const folder = join(root, keptFolders[0]);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "facts"), keptFacts(mom).text);
}

function locate(name: string): string {
  return spawnSync("sh", ["-c", `command -v ${name}`])
    .stdout.toString()
    .trim();
}

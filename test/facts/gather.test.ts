import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Command } from "../../src/core/shell.ts";
import { gatherFacts } from "../../src/facts/gather.ts";
import type { Connection, RunOptions } from "../../src/ssh/connection.ts";
import { mom } from "./mom.ts";

/** A connection to a shell on this machine that first says what a careless login file would. */
function connection(root: string, asked: { script: Command; options: RunOptions | undefined }[]): Connection {
  return {
    node: "mom",
    address: "mom.example.org",
    run: async (script, options) => {
      asked.push({ script, options });
      const { stdout, stderr, status } = spawnSync("sh", {
        input: `echo "Welcome to mom"; LC_ALL=C; root='${root}'\n${script.text}\necho "no new line at the end"\n`,
      });
      return { code: status ?? 255, stdout, stderr };
    },
    stream: () => Promise.reject(new Error("not in this test")),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

test("all is asked in one round trip, as the login user, with a new nonce each time", async () => {
  const root = mkdtempSync(join(tmpdir(), "pimesh-gather-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const asked: { script: Command; options: RunOptions | undefined }[] = [];
  const facts = await gatherFacts(connection(root, asked), mom);
  expect(facts.kernel.kind).toBe("value");
  expect(facts.swaps).toEqual({ kind: "absent" });
  expect(asked).toHaveLength(1);
  expect(asked[0]?.options?.as).toBe("user");
  await gatherFacts(connection(root, asked), mom);
  expect(asked[1]?.script.text).not.toBe(asked[0]?.script.text);
}, 30_000);

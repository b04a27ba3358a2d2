import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Command } from "../../src/core/shell.ts";
import { gatherFacts } from "../../src/facts/gather.ts";
import type { Connection, RunOptions } from "../../src/ssh/connection.ts";
import { mom } from "./mom.ts";

/**
 * A connection to a shell on this machine that first says what a careless login file would; `bend`: what comes of its
 * answer.
 */
function connection(
  root: string,
  asked: { script: Command; options: RunOptions | undefined }[],
  bend = (stdout: Buffer) => stdout,
  path = process.env["PATH"],
): Connection {
  return {
    node: "mom",
    address: "mom.example.org",
    run: async (script, options) => {
      asked.push({ script, options });
      const { stdout, stderr, status } = spawnSync("sh", {
        input: `echo "Welcome to mom"; LC_ALL=C; root='${root}'\n${script.text}\necho "no new line at the end"\n`,
        env: { ...process.env, PATH: path },
      });
      return { code: status ?? 255, stdout: bend(stdout), stderr };
    },
    stream: () => Promise.reject(new Error("not in this test")),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const firstHalf = (stdout: Buffer): Buffer => stdout.subarray(0, stdout.length / 2);

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

test("where there is no gzip the answer comes as it is", async () => {
  const root = mkdtempSync(join(tmpdir(), "pimesh-gather-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const programs = join(root, "programs");
  mkdirSync(programs);
  for (const name of ["cat", "uname", "id", "date", "grep", "sed", "awk"]) {
    symlinkSync(
      spawnSync("sh", ["-c", `command -v ${name}`])
        .stdout.toString()
        .trim(),
      join(programs, name),
    );
  }
  const shell = spawnSync("sh", ["-c", "command -v sh"]).stdout.toString().trim();
  symlinkSync(shell, join(programs, "sh"));
  let came = Buffer.alloc(0);
  const keep = (stdout: Buffer): Buffer => (came = Buffer.from(stdout));
  const facts = await gatherFacts(connection(root, [], keep, programs), mom);
  expect(facts.kernel.kind).toBe("value");
  expect(came.toString()).toContain("= kernel");
}, 30_000);

test("of a packed answer that broke off it is told how far it came", async () => {
  const root = mkdtempSync(join(tmpdir(), "pimesh-gather-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  await expect(gatherFacts(connection(root, [], firstHalf), mom)).rejects.toMatchObject({
    code: "E-FACTS-INCOMPLETE",
    message: expect.stringContaining("stopped answering after its answer about") as string,
  });
}, 30_000);

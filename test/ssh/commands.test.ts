import { describe, expect, test, vi } from "vitest";
import { sh } from "../../src/core/shell.ts";
import { oneServer } from "./support/one-server.ts";

// Real logins and shells, on machines that may have better things to do.
vi.setConfig({ testTimeout: 30_000 });

describe("what login files and banners print", () => {
  test.each([
    ["a line", "Welcome to the Pi\n"],
    ["a line without an end", "no newline"],
    ["a megabyte", "noise\n".repeat(170_000)],
    ["bytes that are no text", "\0\u00FF\r\n"],
    ["a marker of somebody else", "READY:0123456789abcdef0123456789abcdef\n"],
  ])("is dropped: %s", async (_what, noise) => {
    const { connect } = await oneServer({ noise });
    const { stdout, stderr } = await (await connect()).run(sh`echo data`);
    expect([String(stdout), String(stderr)]).toEqual(["data\n", ""]);
  });

  test("without end is given up, although there is never silence", async () => {
    const { connect } = await oneServer({ command: "while :; do echo noise; sleep 0.05; done" });
    const connection = await connect();
    await expect(connection.run(sh`true`, { silenceMs: 700 })).rejects.toMatchObject({ code: "E-TIMED-OUT" });
  });
});

describe("what is no POSIX shell", () => {
  test.each([
    [
      "an account without a login",
      "echo This account is currently not available.; exit 1",
      "This account is currently not available.",
    ],
    ["a restricted menu", "echo '% Unknown command' >&2; exit 0", "% Unknown command"],
    ["nothing at all", "exit 0", "it said nothing"],
  ])("is told by its first words: %s", async (_what, command, words) => {
    const { connect } = await oneServer({ command });
    const failure = (await connect()).run(sh`true`);
    await expect(failure).rejects.toMatchObject({ code: "E-NOT-POSIX" });
    await expect(failure).rejects.toThrow(words);
  });

  test("a machine that repeats what it is told is not taken for a shell", async () => {
    const { connect } = await oneServer({ repeats: true });
    const failure = (await connect()).run(sh`true`);
    await expect(failure).rejects.toMatchObject({ code: "E-NOT-POSIX" });
    await expect(failure).rejects.toThrow(/unknown command: exec/);
  });
});

describe("output", () => {
  test("of 64 MiB is read with flat memory while the reader is slow", async () => {
    const { connect } = await oneServer();
    const stream = await (await connect()).stream(sh`head -c 67108864 /dev/zero`);
    const before = process.memoryUsage().rss;
    let bytes = 0;
    let highest = 0;
    for await (const chunk of stream.stdout) {
      bytes += chunk.length;
      highest = Math.max(highest, process.memoryUsage().rss);
      if (bytes % 7 === 0) await new Promise(setImmediate);
    }
    expect(bytes).toBe(67_108_864);
    expect((await stream.end).code).toBe(0);
    expect(highest - before).toBeLessThan(48 * 1024 * 1024);
  }, 20_000);

  test("waits for its reader: the deadline counts the node's silence, not ours", async () => {
    const { connect } = await oneServer();
    const stream = await (await connect()).stream(sh`head -c 8000000 /dev/zero`, { silenceMs: 400 });
    let bytes = 0;
    for await (const chunk of stream.stdout) {
      if (bytes === 0) await new Promise((resolve) => setTimeout(resolve, 1000));
      bytes += chunk.length;
    }
    expect(bytes).toBe(8_000_000);
  });

  test("that nobody wants any more ends the command on the node", async () => {
    const { connect, server } = await oneServer();
    const connection = await connect();
    const stream = await connection.stream(sh`yes`);
    for await (const _ of stream.stdout) break;
    await expect.poll(() => server.running()).toBe(0);
    const { stdout } = await connection.run(sh`echo next`);
    expect(String(stdout)).toBe("next\n");
  });

  test("on stderr is kept to its last part, however much it is", async () => {
    const { connect } = await oneServer();
    const { stderr, code } = await (
      await connect()
    ).run(sh`head -c 5000000 /dev/zero >&2; echo last >&2; exit 1`);
    expect(code).toBe(1);
    expect(stderr.length).toBeLessThanOrEqual(1024 * 1024);
    expect(String(stderr.subarray(-5))).toBe("last\n");
  });
});

describe("input", () => {
  test("may be longer than the command wants to read", async () => {
    const { connect } = await oneServer();
    const { code, stdout } = await (
      await connect()
    ).run(sh`head -c 3; exit 5`, { stdin: Buffer.alloc(20_000_000, "x") });
    expect([code, String(stdout)]).toEqual([5, "xxx"]);
  });

  test("that breaks off fails the command instead of looking complete", async () => {
    const { connect } = await oneServer();
    const failure = (await connect()).run(sh`cat >/dev/null; sleep 1; echo complete`, { stdin: broken() });
    await expect(failure).rejects.toThrow("the disk is gone");
  });
});

test("a connection that was given back runs nothing", async () => {
  const { connect } = await oneServer();
  const connection = await connect();
  await connection[Symbol.asyncDispose]();
  await expect(connection.run(sh`true`)).rejects.toThrow(/given back already/);
});

async function* broken(): AsyncGenerator<Buffer> {
  yield Buffer.from("half");
  throw new Error("the disk is gone");
}

import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { Context } from "../../src/commands/context.ts";
import { trust, type TrustOptions } from "../../src/commands/trust.ts";
import type { Prompt } from "../../src/core/prompt.ts";
import { start } from "../ssh/support/one-server.ts";
import { noTerminal, person, testLaptop, type TestLaptop } from "../ssh/support/reach-for-tests.ts";
import { makeKeyPair, type KeyPair } from "../support/key-pair.ts";
import type { SshServer } from "../support/ssh-server.ts";

// Real key exchanges, on machines that may have better things to do.
vi.setConfig({ testTimeout: 30_000 });

describe("a node without a pin", () => {
  test("shows its fingerprint and how to compare it, asks, and pins", async () => {
    const { run, hostKey, server, pins } = await setUp();
    const { code, out, err, questions } = await run({}, person("y"));
    expect([code, out]).toEqual([0, `mom: pinned ssh-ed25519 ${hostKey.fingerprint}\n`]);
    expect(err).toContain(`127.0.0.1:${server.port} shows  ssh-ed25519 ${hostKey.fingerprint}`);
    expect(err).toContain("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
    expect(questions).toEqual([`Is ssh-ed25519 ${hostKey.fingerprint} the key of mom?`]);
    expect(pins()).toMatchObject({
      node: "mom",
      keys: [{ fingerprint: hostKey.fingerprint, from: "trust" }],
    });
  });

  test("says nothing about us to the server", async () => {
    const { run, server } = await setUp();
    await run({ yes: true });
    expect(server.attempts).toEqual([]);
  });

  test("the record is readable by the user alone", async () => {
    const { run, file } = await setUp();
    await run({ yes: true });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(file, "..")).mode & 0o777).toBe(0o700);
  });

  test("a no pins nothing", async () => {
    const { run, file } = await setUp();
    const { code, out } = await run({}, person("n"));
    expect([code, out]).toEqual([3, "mom: nothing was pinned\n"]);
    expect(existsSync(file)).toBe(false);
  });

  test("without a terminal it names the flag that a script needs", async () => {
    const { run, file } = await setUp();
    const { code, err } = await run({});
    expect(code).toBe(2);
    expect(err).toContain("E-NEEDS-TTY");
    expect(err).toContain("pimesh trust mom --fingerprint SHA256:...");
    expect(existsSync(file)).toBe(false);
  });

  test("the right fingerprint pins without a question", async () => {
    const { run, hostKey, pins } = await setUp();
    const { code } = await run({ fingerprint: hostKey.fingerprint });
    expect(code).toBe(0);
    expect(pins()).toMatchObject({ keys: [{ fingerprint: hostKey.fingerprint }] });
  });

  test("another fingerprint pins nothing and shows what is there", async () => {
    const { run, file, hostKey } = await setUp();
    const { code, err } = await run({ fingerprint: `SHA256:${"a".repeat(43)}` });
    expect(code).toBe(3);
    expect(err).toContain(hostKey.fingerprint);
    expect(existsSync(file)).toBe(false);
  });

  test("a fingerprint may come without its SHA256:, and with its padding", async () => {
    const { run, hostKey, pins } = await setUp();
    const { code } = await run({ fingerprint: `${hostKey.fingerprint.slice("SHA256:".length)}=` });
    expect(code).toBe(0);
    expect(pins()).toMatchObject({ keys: [{ fingerprint: hostKey.fingerprint }] });
  });

  test.each(["foo", "SHA256:foo", "", "MD5:01:23"])(
    "%o is no fingerprint, and nobody is asked",
    async (fingerprint) => {
      const { run, server } = await setUp();
      await server.stop();
      await expect(run({ fingerprint })).rejects.toMatchObject({ code: "E-USAGE", exitCode: 2 });
    },
  );

  test("Ctrl-C while it is looked at is an interruption", async () => {
    const laptop = testLaptop();
    const server = await start({ hostKeys: [makeKeyPair(join(laptop.home, "host_key"))], hangsAt: "banner" });
    const interrupt = new AbortController();
    const run = runTrust(laptop, [server.port], {}, noTerminal, interrupt.signal);
    await expect.poll(() => server.connections(), { timeout: 20_000 }).toBeGreaterThan(0);
    interrupt.abort();
    const { code, err } = await run;
    expect(code).toBe(130);
    expect(err).toContain("E-INTERRUPTED");
  });

  test("a revoked key is not pinned, whatever is said", async () => {
    const { run, file, laptop, server, hostKey } = await setUp();
    writeFileSync(laptop.knownHosts, `@revoked [127.0.0.1]:${server.port} ${hostKey.publicLine}\n`);
    const { code, err } = await run({ yes: true });
    expect(code).toBe(3);
    expect(err).toContain("E-HOST-KEY-REVOKED");
    expect(existsSync(file)).toBe(false);
  });

  test("that does not answer is unreachable", async () => {
    const { run, server } = await setUp();
    await server.stop();
    const { code, err } = await run({ yes: true });
    expect(code).toBe(4);
    expect(err).toContain("E-NO-ADDRESS-ANSWERS");
  });
});

describe("a node with a pin", () => {
  test("is unchanged when it shows the same key", async () => {
    const { run, laptop, hostKey } = await setUp();
    laptop.pin("mom", hostKey.publicLine);
    const { code, out } = await run({});
    expect([code, out]).toEqual([
      0,
      `mom: unchanged, ssh-ed25519 ${hostKey.fingerprint} is pinned already\n`,
    ]);
  });

  test("keeps its pin when it shows another key, unless --replace is given, and both are shown", async () => {
    const { run, laptop, hostKey, pins } = await setUp();
    const before = makeKeyPair(join(laptop.home, "before"));
    laptop.pin("mom", before.publicLine);
    const refused = await run({ yes: true });
    expect(refused.code).toBe(3);
    for (const text of [before.fingerprint, hostKey.fingerprint, "pimesh trust mom --replace"]) {
      expect(refused.err).toContain(text);
    }
    expect(pins()).toMatchObject({ keys: [{ fingerprint: before.fingerprint }] });
    const replaced = await run({ replace: true, yes: true });
    expect(replaced.out).toBe(`mom: replaced, now pinned: ssh-ed25519 ${hostKey.fingerprint}\n`);
    expect(pins()).toMatchObject({ keys: [{ fingerprint: hostKey.fingerprint }] });
  });

  test("names the whole command that would replace it", async () => {
    const { run, laptop, hostKey } = await setUp();
    laptop.pin("mom", makeKeyPair(join(laptop.home, "before")).publicLine);
    const { fingerprint } = hostKey;
    expect((await run({ fingerprint })).err).toContain(
      `try: pimesh trust mom --replace --fingerprint ${fingerprint}`,
    );
    for (const options of [{}, { replace: true }]) {
      expect((await run(options)).err).toContain("try: pimesh trust mom --replace --fingerprint SHA256:...");
    }
    expect((await run({ replace: true, fingerprint })).code).toBe(0);
  });

  test("whose record is damaged is repaired by --replace", async () => {
    const { run, file, laptop, hostKey, pins } = await setUp();
    laptop.pin("mom", hostKey.publicLine);
    writeFileSync(file, "{");
    expect((await run({ yes: true })).err).toContain("E-STATE");
    expect((await run({ yes: true, replace: true })).code).toBe(0);
    expect(pins()).toMatchObject({ keys: [{ fingerprint: hostKey.fingerprint }] });
  });
});

test("addresses that show different keys are asked about one by one, and --yes does not choose", async () => {
  const { laptop, server, hostKey } = await setUp();
  const stranger = makeKeyPair(join(laptop.home, "stranger"));
  const other = await start({ hostKeys: [stranger] });
  const ports = [other.port, server.port];
  expect((await runTrust(laptop, ports, { yes: true }, noTerminal)).err).toContain("E-NEEDS-TTY");
  const { out } = await runTrust(laptop, ports, {}, person("n", "y"));
  expect(out).toBe(`mom: pinned ssh-ed25519 ${hostKey.fingerprint}\n`);
});

interface SetUp {
  readonly laptop: TestLaptop;
  readonly server: SshServer;
  readonly hostKey: KeyPair;
  readonly file: string;
  readonly pins: () => unknown;
  readonly run: (options: TrustOptions, prompt?: Prompt) => ReturnType<typeof runTrust>;
}

async function setUp(): Promise<SetUp> {
  const laptop = testLaptop();
  const hostKey = makeKeyPair(join(laptop.home, "host_key"));
  const server = await start({ hostKeys: [hostKey] });
  const file = join(laptop.stateFolder, "pins", "mom.json");
  return {
    laptop,
    server,
    hostKey,
    file,
    pins: () => JSON.parse(readFileSync(file, "utf8")) as unknown,
    run: (options, prompt = noTerminal) => runTrust(laptop, [server.port], options, prompt),
  };
}

async function runTrust(
  laptop: TestLaptop,
  ports: readonly number[],
  options: TrustOptions,
  prompt: Prompt,
  signal = new AbortController().signal,
): Promise<{ code: number; out: string; err: string; questions: readonly string[] }> {
  const inventory = join(laptop.home, "pimesh.yaml");
  const addresses = ports.map((port) => `127.0.0.1:${port}`).join(", ");
  writeFileSync(
    inventory,
    `laptop:\n  tree: ${laptop.home}/tree\nnodes:\n  mom: { address: [${addresses}], user: pi }\n`,
  );
  let out = "";
  let err = "";
  const context: Context = {
    out: (text) => (out += text),
    err: (text) => (err += text),
    terminal: { decorated: false, live: false, colour: false, columns: undefined },
    prompt,
    now: () => Date.UTC(2026, 10, 25),
    signal,
    env: laptop.env,
    home: laptop.home,
    cwd: laptop.home,
    stateFolder: laptop.stateFolder,
    connect: () => Promise.reject(new Error("trust needs no login")),
  };
  const code = await trust(context, ["mom"], { ...options, inventory });
  return { code, out, err, questions: "questions" in prompt ? (prompt.questions as string[]) : [] };
}

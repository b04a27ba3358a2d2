import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { sh } from "../../src/core/shell.ts";
import type { Connection } from "../../src/ssh/connection.ts";
import { canStartDropbear, startDropbear } from "../support/dropbear-server.ts";
import { startOpenSsh, type RealServer } from "../support/openssh-server.ts";
import { requires } from "../support/requires.ts";
import { testLaptop, testNode } from "./support/reach-for-tests.ts";

// Real logins and shells, on machines that may have better things to do.
vi.setConfig({ testTimeout: 30_000 });

const root = "/tmp/a root that does not exist";

describe.runIf(requires("sshd", "ssh-keygen"))("a real OpenSSH server", () => {
  runsCommands(() => startOpenSsh({ root, path: "/opt/stand-ins" }));

  test("is reached through a login shell whose start files talk", async () => {
    const server = await startOpenSsh({ root });
    writeFileSync(join(server.home, ".bashrc"), "echo welcome; echo to the Pi >&2\n");
    const connection = await connectTo(server);
    const { stdout, stderr } = await connection.run(sh`printf %s "$root"`);
    await server.stop();
    expect([String(stdout), String(stderr)]).toEqual([root, ""]);
  });

  test("is not made to sign with host keys that nobody asked about", async () => {
    const server = await startOpenSsh({
      hostKeys: ["ed25519", "rsa"],
      config: ["Match all", "LogLevel DEBUG1"],
    });
    const connection = await connectTo(server);
    await connection.run(sh`true`);
    await server.stop();
    expect(server.log()).toContain("server_input_channel_open");
    expect(server.log()).not.toContain("hostkeys-prove");
  });

  test("says which signal ended a script", async () => {
    const server = await startOpenSsh();
    const connection = await connectTo(server);
    const { code, signal } = await connection.run(sh`kill -KILL $$`);
    await server.stop();
    expect([code, signal]).toEqual([137, "SIGKILL"]);
  });
});

describe.runIf(canStartDropbear())("a real Dropbear server", () => {
  runsCommands(() => startDropbear({ root, path: "/opt/stand-ins" }));
});

async function connectTo(server: RealServer): Promise<Connection> {
  const laptop = testLaptop();
  laptop.pin("mom", server.hostKeys[0]?.publicLine ?? "");
  const { user, identity, port } = server;
  const node = testNode("mom", [port], { user, identityFiles: [identity.file] });
  return laptop.reach([node]).connect(node);
}

function runsCommands(start: () => Promise<RealServer>): void {
  let server: RealServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());

  test("runs a script and tells its exit code, its output and its errors apart", async () => {
    const connection = await connectTo(server);
    const result = await connection.run(sh`echo out; echo err >&2; exit 7`);
    const { code, stdout, stderr } = result;
    expect([code, String(stdout), String(stderr)]).toEqual([7, "out\n", "err\n"]);
  });

  test("gives the script the environment that every script relies on", async () => {
    const connection = await connectTo(server);
    const { stdout } = await connection.run(sh`printf '%s|%s|%s' "$root" "$LC_ALL" "$PATH"`);
    const [seenRoot, locale, path] = String(stdout).split("|");
    expect([seenRoot, locale]).toEqual([root, "C"]);
    expect(path).toMatch(/^\/opt\/stand-ins:.*:\/usr\/sbin:\/sbin$/);
  });

  test("hands the payload to the script byte for byte", async () => {
    const connection = await connectTo(server);
    const payload = randomBytes(3_000_000);
    const { stdout } = await connection.run(sh`cat`, { stdin: payload });
    expect(stdout.equals(payload)).toBe(true);
  });

  test("runs a script of 100 KB that is full of quotes, newlines and letters beyond ASCII", async () => {
    const connection = await connectTo(server);
    const text = `it's "großmutter" \\0101 $HOME\n`.repeat(3000);
    const { stdout } = await connection.run(sh`printf %s ${text}`);
    expect(String(stdout)).toBe(text);
  });

  test("runs more commands at once than a server allows sessions", async () => {
    const connection = await connectTo(server);
    const results = await Promise.all(
      Array.from({ length: 14 }, (_, index) => connection.run(sh`echo ${index}`)),
    );
    expect(results.map(({ stdout }) => Number(stdout))).toEqual(
      Array.from({ length: 14 }, (_, index) => index),
    );
  });

  test("ends a command that goes silent, and runs the next one", async () => {
    const connection = await connectTo(server);
    await expect(connection.run(sh`echo begun; exec sleep 60`, { silenceMs: 1500 })).rejects.toThrow(
      /nothing was heard for 1\.5 s while it ran a command/,
    );
    const { stdout } = await connection.run(sh`echo still here`);
    expect(String(stdout)).toBe("still here\n");
  });

  test("is patient while its script reads the input slowly and says nothing", async () => {
    const connection = await connectTo(server);
    const { stdout } = await connection.run(
      sh`for _ in 1 2 3 4 5 6 7 8; do dd bs=1000 count=150 of=/dev/null 2>/dev/null; sleep 0.4; done; echo done`,
      { stdin: Buffer.alloc(1_200_000), silenceMs: 1600 },
    );
    expect(String(stdout)).toBe("done\n");
  });

  test("ends a command when its signal is aborted", async () => {
    const connection = await connectTo(server);
    const interrupt = new AbortController();
    const stream = await connection.stream(sh`echo begun; exec sleep 60`, { signal: interrupt.signal });
    const reading = (async () => {
      for await (const _ of stream.stdout) interrupt.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: "E-INTERRUPTED" });
    await expect(stream.end).rejects.toMatchObject({ code: "E-INTERRUPTED" });
  });
}

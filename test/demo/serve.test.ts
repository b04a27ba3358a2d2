import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { promisify } from "node:util";
import ssh2, { type Client, type ConnectConfig, type ParsedKey } from "ssh2";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { setPort } from "../../src/demo/pi-ports.ts";
import { newKey, serve, type PiServer, type ServeOptions } from "../../src/demo/serve.ts";
import { piForAll } from "../support/pi-for-file.ts";

const pi = piForAll({ disks: [] });

async function served(how: ServeOptions = {}): Promise<{ server: PiServer; privateKey: string }> {
  const { privateKey, publicKey } = newKey();
  const server = await serve(pi(), { authorizedKeys: [publicKey], ...how });
  onTestFinished(() => server.close());
  return { server, privateKey };
}

async function login(port: number, config: ConnectConfig): Promise<Client> {
  const client = new ssh2.Client();
  onTestFinished(() => void client.end());
  client.connect({ host: "127.0.0.1", port, username: "pi", hostVerifier: () => true, ...config });
  await new Promise<void>((resolve, reject) => {
    client.once("ready", resolve);
    client.on("error", reject);
    client.once("close", () => reject(new Error("closed")));
  });
  return client;
}

interface Ran {
  readonly code: number | null;
  readonly signal: string | undefined;
  readonly stdout: Buffer;
  readonly stderr: string;
}

function run(client: Client, command: string, stdin?: Buffer): Promise<Ran> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) {
        reject(error);
        return;
      }
      const stdout: Buffer[] = [];
      let stderr = "";
      let status: { code: number | null; signal: string | undefined } = { code: null, signal: undefined };
      channel.on("data", (chunk: Buffer) => stdout.push(chunk));
      channel.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      channel.on("exit", (code: number | null, signal?: string) => (status = { code, signal }));
      channel.on("close", () => resolve({ ...status, stdout: Buffer.concat(stdout), stderr }));
      channel.end(stdin);
    });
  });
}

async function processesWith(mark: string): Promise<number> {
  const { stdout } = await promisify(execFile)("ps", ["-eo", "args"]);
  return stdout.split("\n").filter((line) => line.includes(mark)).length;
}

describe("commands", () => {
  test.each([0, 1, 3, 255])("exit status %i comes back", async (code) => {
    const { server, privateKey } = await served();
    const client = await login(server.port, { privateKey });
    expect(await run(client, `exit ${code}`)).toMatchObject({ code });
  });

  test("a command that a signal ended says so", async () => {
    const { server, privateKey } = await served();
    const client = await login(server.port, { privateKey });
    expect(await run(client, "kill -TERM $$")).toMatchObject({ code: null, signal: "SIGTERM" });
  });

  test("stdin, stdout and stderr are three streams", async () => {
    const { server, privateKey } = await served();
    const client = await login(server.port, { privateKey });
    const ran = await run(client, "cat; echo trouble >&2", Buffer.from("in\0out"));
    expect([ran.stdout.toString(), ran.stderr]).toEqual(["in\0out", "trouble\n"]);
  });

  test("40 MB of output arrive whole, the status behind them", async () => {
    const { server, privateKey } = await served();
    const client = await login(server.port, { privateKey });
    const ran = await run(client, "yes 0123456789abcdef | head -c 40000000; exit 7");
    expect([ran.stdout.length, ran.code]).toEqual([40_000_000, 7]);
  });

  test("20 MB of input arrive whole", async () => {
    const { server, privateKey } = await served();
    const client = await login(server.port, { privateKey });
    const input = Buffer.alloc(20_000_000, "pimesh ");
    const ran = await run(client, "sha256sum", input);
    expect(ran.stdout.toString()).toContain(createHash("sha256").update(input).digest("hex"));
  });

  test("channels of one connection work side by side", async () => {
    const { server, privateKey } = await served();
    const client = await login(server.port, { privateKey });
    // The first command ends only when the second has run
    const [first, second] = await Promise.all([
      run(client, 'while [ ! -e "$PIMESH_ROOT/tmp/go" ]; do sleep 0.02; done; echo first'),
      run(client, 'touch "$PIMESH_ROOT/tmp/go"; echo second'),
    ]);
    expect([first.stdout.toString(), second.stdout.toString()]).toEqual(["first\n", "second\n"]);
  });

  test("a command starts in the Pi's home and finds its stand-ins first", async () => {
    const { server, privateKey } = await served();
    const client = await login(server.port, { privateKey });
    const ran = await run(client, "pwd; id -un; command -v mount");
    expect(ran.stdout.toString()).toBe(`${pi().home}\npi\n${pi().root}/.sim/bin/mount\n`);
  });

  test("the laptop's own environment does not reach the Pi", async () => {
    vi.stubEnv("SECRET_OF_THE_LAPTOP", "x");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { server, privateKey } = await served();
    const client = await login(server.port, { privateKey });
    expect((await run(client, "env")).stdout.toString()).not.toContain("SECRET_OF_THE_LAPTOP");
  });
});

describe("authentication", () => {
  test("another key is refused", async () => {
    const { server } = await served();
    await expect(login(server.port, { privateKey: newKey().privateKey })).rejects.toThrow(/authentication/i);
  });

  test("another user is refused", async () => {
    const { server, privateKey } = await served();
    await expect(login(server.port, { privateKey, username: "root" })).rejects.toThrow(/authentication/i);
  });

  test("a password lets in only where one was set", async () => {
    const { server } = await served();
    await expect(login(server.port, { password: "secret" })).rejects.toThrow(/authentication/i);
    const open = await serve(pi(), { password: "secret" });
    onTestFinished(() => open.close());
    await expect(login(open.port, { password: "wrong" })).rejects.toThrow(/authentication/i);
    expect(await run(await login(open.port, { password: "secret" }), "exit 4")).toMatchObject({ code: 4 });
  });

  test("the host key is the one that was announced", async () => {
    const { server, privateKey } = await served();
    let shown: Buffer = Buffer.alloc(0);
    await login(server.port, {
      privateKey,
      hostVerifier: (key: Buffer) => {
        shown = key;
        return true;
      },
    });
    expect(server.hostKeys.map((line) => line.split(" ")[1])).toContain(shown.toString("base64"));
  });
});

test("every new key can be read, also the one in some hundreds that ssh2 makes wrong", () => {
  for (let count = 0; count < 1000; count += 1) {
    const { privateKey, publicKey } = newKey();
    const [inner, outer] = [privateKey, publicKey].map((text) => ssh2.utils.parseKey(text) as ParsedKey);
    expect(inner?.getPublicSSH()).toEqual(outer?.getPublicSSH());
  }
});

describe("what goes wrong on purpose", () => {
  test("noise of a login file stands before the output", async () => {
    const { server, privateKey } = await served({
      noise: { stdout: "Welcome!\n", stderr: "bash: no job control\n" },
    });
    const ran = await run(await login(server.port, { privateKey }), "echo data");
    expect([ran.stdout.toString(), ran.stderr]).toEqual(["Welcome!\ndata\n", "bash: no job control\n"]);
  });

  test.each(["connect", "auth"] as const)("the connection drops at %s", async (at) => {
    const { server, privateKey } = await served({ drop: { at } });
    await expect(login(server.port, { privateKey })).rejects.toThrow(Error);
    expect(server.seen.logins).toBe(0);
  });

  test.each(["ready", "exec"] as const)("the connection drops at %s", async (at) => {
    const { server, privateKey } = await served({ drop: { at } });
    const client = await login(server.port, { privateKey });
    const ended = new Promise<void>((resolve) => client.once("close", () => resolve()));
    const ran = run(client, "echo x").catch(() => undefined);
    await ended;
    expect((await ran)?.code ?? null).toBeNull();
  });

  test("the connection drops after so many bytes", async () => {
    const { server, privateKey } = await served({ drop: { afterBytes: 100_000 } });
    const client = await login(server.port, { privateKey });
    const ran = await run(client, "yes");
    expect(ran.code).toBeNull();
    expect(ran.stdout.length).toBeLessThan(10_000_000);
  });

  test("a command whose connection was cut is killed with its children after the grace", async () => {
    const { server, privateKey } = await served({ graceMs: 50 });
    const client = await login(server.port, { privateKey });
    const mark = `sleep 31.${process.pid}`;
    const gone = run(client, `trap '' HUP PIPE TERM; echo up; ${mark} & ${mark}; wait`).catch(
      () => undefined,
    );
    await vi.waitFor(async () => expect(await processesWith(mark)).toBeGreaterThanOrEqual(2), 5000);
    server.cut();
    await gone;
    await vi.waitFor(async () => expect(await processesWith(mark)).toBe(0), 5000);
  });

  test("closing the server ends what still runs", async () => {
    const { server, privateKey } = await served({ graceMs: 60_000 });
    const client = await login(server.port, { privateKey });
    const mark = `sleep 32.${process.pid}`;
    const gone = run(client, mark).catch(() => undefined);
    await vi.waitFor(async () => expect(await processesWith(mark)).toBeGreaterThanOrEqual(1), 5000);
    await server.close();
    await gone;
    expect(await processesWith(mark)).toBe(0);
  });

  test("a server told to hang takes the command and says nothing", async () => {
    const { server, privateKey } = await served({ hang: "exec" });
    const client = await login(server.port, { privateKey });
    let answered = false;
    void run(client, "echo x").then(
      () => (answered = true),
      () => undefined,
    );
    await vi.waitFor(() => expect(server.seen.commands).toBe(1), 5000);
    expect(answered).toBe(false);
  });
});

describe("jumps", () => {
  test("a loopback port is reached through the Pi", async () => {
    const { server, privateKey } = await served();
    const other = createServer((socket) => socket.end("hello from behind"));
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    onTestFinished(() => void other.close());
    const client = await login(server.port, { privateKey });
    const text = await new Promise<string>((resolve, reject) => {
      client.forwardOut(
        "127.0.0.1",
        0,
        "127.0.0.1",
        (other.address() as AddressInfo).port,
        (error, channel) => {
          if (error) return reject(error);
          let all = "";
          channel.on("data", (chunk: Buffer) => (all += chunk.toString()));
          channel.on("close", () => resolve(all));
        },
      );
    });
    expect(text).toBe("hello from behind");
  });

  test("a port of the Pi's own is not this machine's of the same number", async () => {
    const { server, privateKey } = await served();
    const other = createServer((socket) => socket.end("hello from the Pi"));
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    onTestFinished(() => void other.close());
    const client = await login(server.port, { privateKey });
    const heard = (): Promise<string> =>
      new Promise((resolve, reject) => {
        client.forwardOut("127.0.0.1", 0, "127.0.0.1", 8384, (error, channel) => {
          if (error) return reject(error);
          let all = "";
          channel.on("data", (chunk: Buffer) => (all += chunk.toString()));
          channel.on("close", () => resolve(all));
        });
      });
    setPort(pi(), 8384, (other.address() as AddressInfo).port);
    expect(await heard()).toBe("hello from the Pi");
    setPort(pi(), 8384, undefined);
    await expect(heard()).rejects.toThrow(/open failure/i);
  });

  test("nothing but loopback is reached", async () => {
    const { server, privateKey } = await served();
    const client = await login(server.port, { privateKey });
    const refused = new Promise((resolve, reject) => {
      client.forwardOut("127.0.0.1", 0, "192.0.2.1", 22, (error) =>
        error ? reject(error) : resolve(undefined),
      );
    });
    await expect(refused).rejects.toThrow(/open failure/i);
  });
});

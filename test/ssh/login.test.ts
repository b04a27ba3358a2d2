import { spawn, execFileSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { sh } from "../../src/core/shell.ts";
import { makeKeyPair } from "../support/key-pair.ts";
import { oneServer } from "./support/one-server.ts";
import { person, testLaptop, type TestLaptop } from "./support/reach-for-tests.ts";

// Real logins and shells, on machines that may have better things to do.
vi.setConfig({ testTimeout: 30_000 });

describe("keys", () => {
  test("one connection and one login serve every command of a run", async () => {
    const { server, node, laptop, identity } = await oneServer();
    const reach = laptop.reach([node]);
    const [first, second] = await Promise.all([reach.connect(node), reach.connect(node)]);
    await first.run(sh`true`);
    await first[Symbol.asyncDispose]();
    await second.run(sh`true`);
    expect(server.connections()).toBe(1);
    const key = `publickey ${identity.fingerprint}`;
    expect(server.attempts.filter((attempt) => attempt.endsWith("signed"))).toEqual([`${key} signed`]);
  });

  test.each(["ed25519", "rsa", "ecdsa"] as const)(
    "a %s key of the default place opens the door",
    async (type) => {
      const laptop = testLaptop();
      const key = makeKeyPair(join(laptop.home, ".ssh", "id_ed25519"), { type });
      const { connect } = await oneServer({ laptop, keys: [key.publicLine], node: { identityFiles: [] } });
      expect((await connect()).login).toBe("key");
    },
  );

  test("what was tried is told when all of it is refused, with what the server accepts", async () => {
    const { connect, identity, server } = await oneServer({ keys: [] });
    const refusal = connect();
    await expect(refusal).rejects.toMatchObject({
      code: "E-AUTH-REFUSED",
      hint: expect.stringContaining("ssh-copy-id pi@") as string,
    });
    await expect(refusal).rejects.toThrow(`~/identity (${identity.fingerprint})`);
    await expect(refusal).rejects.toThrow("it accepts publickey");
    expect(server.connections()).toBe(1);
  });

  test.each([
    ["OpenSSH", false],
    ["PEM", true],
  ])("the passphrase of an encrypted %s key is asked once for all nodes", async (_format, pem) => {
    const laptop = testLaptop();
    const key = makeKeyPair(join(laptop.home, "locked"), { passphrase: "sesame", type: "rsa", pem });
    const one = await oneServer({ laptop, keys: [key.publicLine], node: { identityFiles: [key.file] } });
    const prompt = person("wrong", "sesame");
    const reach = laptop.reach([one.node], { prompt });
    const other = { ...one.node, name: "grandma" };
    laptop.pin("grandma", one.hostKey.publicLine);
    await reach.connect(one.node);
    await reach.connect(other);
    expect(prompt.questions).toEqual([`passphrase of ${key.file}: `, `passphrase of ${key.file}: `]);
  });

  test("no passphrase is asked for a key that the server does not want", async () => {
    const laptop = testLaptop();
    const key = makeKeyPair(join(laptop.home, "locked"), { passphrase: "sesame" });
    const { connect } = await oneServer({ laptop, keys: [], node: { identityFiles: [key.file] } });
    const prompt = person();
    await expect(connect({ prompt })).rejects.toMatchObject({ code: "E-AUTH-REFUSED" });
    expect(prompt.questions).toEqual([]);
  });

  test("without a terminal an encrypted key is named as the one that cannot be used", async () => {
    const laptop = testLaptop();
    const key = makeKeyPair(join(laptop.home, "locked"), { passphrase: "sesame" });
    const { connect } = await oneServer({ laptop, node: { identityFiles: [key.file] } });
    const refusal = connect();
    await expect(refusal).rejects.toMatchObject({ code: "E-KEY-UNUSABLE" });
    await expect(refusal).rejects.toThrow(/it has a passphrase and there is no terminal to ask/);
  });

  test("a security key is named and explained, and the other keys go on", async () => {
    const laptop = testLaptop();
    const key = makeKeyPair(join(laptop.home, "good"));
    const sk = join(laptop.home, "id_ed25519_sk");
    const blob = Buffer.concat([
      field("sk-ssh-ed25519@openssh.com"),
      field(Buffer.alloc(32, 1)),
      field("ssh:"),
    ]);
    writeFileSync(`${sk}.pub`, `sk-ssh-ed25519@openssh.com ${blob.toString("base64")} me\n`);
    const refused = await oneServer({ laptop, keys: [], node: { identityFiles: [sk, key.file] } });
    await expect(refused.connect()).rejects.toThrow(/a FIDO security key \(sk-ssh-ed25519@openssh\.com\)/);
  });

  test("a key that is in the agent needs no passphrase", async () => {
    const laptop = testLaptop();
    const locked = makeKeyPair(join(laptop.home, "locked"));
    await startAgent(laptop, locked.file);
    execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", "sesame", "-f", locked.file]);
    const { connect } = await oneServer({
      laptop,
      keys: [locked.publicLine],
      node: { identityFiles: [locked.file] },
    });
    expect((await connect()).login).toBe("key");
  });

  test("keys that only the agent holds are offered with their comments", async () => {
    const laptop = testLaptop();
    const key = makeKeyPair(join(laptop.home, "moved"), { comment: "me@laptop" });
    await startAgent(laptop, key.file);
    execFileSync("rm", [key.file, `${key.file}.pub`]);
    const { connect } = await oneServer({ laptop, keys: [], node: { identityFiles: [] } });
    await expect(connect()).rejects.toThrow(`agent key "me@laptop" (${key.fingerprint})`);
  });

  test("when the inventory names a key, the agent's others stay at home", async () => {
    const laptop = testLaptop();
    const other = makeKeyPair(join(laptop.home, "other"));
    await startAgent(laptop, other.file);
    const { connect, server } = await oneServer({ laptop, keys: [] });
    await expect(connect()).rejects.toMatchObject({ code: "E-AUTH-REFUSED" });
    expect(server.attempts.join("\n")).not.toContain(other.fingerprint);
  });

  test("no more keys are offered than servers bear", async () => {
    const laptop = testLaptop();
    const files = Array.from({ length: 7 }, (_, index) => makeKeyPair(join(laptop.home, `key${index}`)).file);
    const { connect, server } = await oneServer({ laptop, keys: [], node: { identityFiles: files } });
    await expect(connect()).rejects.toThrow(/not offered, servers hang up after too many keys/);
    expect(server.attempts.filter((attempt) => attempt.startsWith("publickey"))).toHaveLength(5);
  });
});

describe("passwords", () => {
  test.each([
    ["password", false],
    ["keyboard-interactive", true],
  ])(
    "the method %s is the last resort on a terminal, and the connection tells",
    async (_method, asksByKeyboard) => {
      const { connect, server } = await oneServer({ keys: [], password: "raspberry", asksByKeyboard });
      const prompt = person("typo", "raspberry");
      const connection = await connect({ prompt });
      expect(connection.login).toBe("password");
      expect(prompt.questions).toHaveLength(2);
      expect(server.connections()).toBe(1);
    },
  );

  test("three wrong passwords end it, and none of them is in the message", async () => {
    const { connect } = await oneServer({ keys: [], password: "raspberry" });
    const refusal = connect({ prompt: person("wrong1", "wrong2", "wrong3") });
    await expect(refusal).rejects.toMatchObject({ code: "E-AUTH-REFUSED" });
    await expect(refusal).rejects.not.toThrow(/wrong\d/);
  });

  test("without a terminal nobody is asked, and the message says so", async () => {
    const { connect } = await oneServer({ keys: [], password: "raspberry" });
    await expect(connect()).rejects.toThrow(/a password is asked on a terminal only/);
  });

  test("the time at a prompt does not count against the server's deadline", async () => {
    const { connect } = await oneServer({ keys: [], password: "raspberry" });
    const slow = {
      ...person(),
      ask: () => new Promise<string>((resolve) => setTimeout(() => resolve("raspberry"), 1500)),
    };
    await expect(connect({ prompt: slow, timeouts: { login: 700 } })).resolves.toMatchObject({
      login: "password",
    });
  });
});

async function startAgent(laptop: TestLaptop, keyFile: string): Promise<void> {
  const socket = join(laptop.home, "agent");
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => void agent.kill());
  await once(agent.stdout, "data");
  execFileSync("ssh-add", ["-q", keyFile], {
    env: { ...process.env, SSH_AUTH_SOCK: socket },
    stdio: "ignore",
  });
  laptop.env["SSH_AUTH_SOCK"] = socket;
}

function field(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

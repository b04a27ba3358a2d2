import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Connection } from "../../src/ssh/connection.ts";
import { installPublicKey, laptopPublicKey } from "../../src/ssh/install-key.ts";
import { makeKeyPair } from "../support/key-pair.ts";
import { oneServer } from "./support/one-server.ts";

// Real logins and shells, on machines that may have better things to do.
vi.setConfig({ testTimeout: 30_000 });

test("a key is installed with the modes that sshd wants, once", async () => {
  const { connection, home, line } = await node();
  expect(await installPublicKey(connection, line)).toBe("installed");
  expect(await installPublicKey(connection, line)).toBe("present");
  expect(readFileSync(join(home, ".ssh", "authorized_keys"), "utf8")).toBe(`${line}\n`);
  expect(statSync(join(home, ".ssh")).mode & 0o777).toBe(0o700);
  expect(statSync(join(home, ".ssh", "authorized_keys")).mode & 0o777).toBe(0o600);
});

test("other keys stay, also when the last line has no end", async () => {
  const { connection, home, line } = await node();
  mkdirSync(join(home, ".ssh"));
  writeFileSync(join(home, ".ssh", "authorized_keys"), "ssh-rsa AAAA somebody");
  expect(await installPublicKey(connection, line)).toBe("installed");
  expect(readFileSync(join(home, ".ssh", "authorized_keys"), "utf8")).toBe(
    `ssh-rsa AAAA somebody\n${line}\n`,
  );
});

test("a key that is only in a comment is not there", async () => {
  const { connection, home, line } = await node();
  mkdirSync(join(home, ".ssh"));
  writeFileSync(join(home, ".ssh", "authorized_keys"), `# ${line}\n`);
  expect(await installPublicKey(connection, line)).toBe("installed");
});

test.each(["not a key", "ssh-ed25519 AAAA", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5\nssh-rsa AAAA"])(
  "%j is not installed",
  async (line) => {
    const { connection, home } = await node();
    await expect(installPublicKey(connection, line)).rejects.toThrow(RangeError);
    expect(existsSync(join(home, ".ssh"))).toBe(false);
  },
);

test("the laptop's key is its ed25519 one, if it has one", async () => {
  const home = temporary();
  expect(await laptopPublicKey(home)).toBeUndefined();
  mkdirSync(join(home, ".ssh"));
  const ecdsa = makeKeyPair(join(home, ".ssh", "id_ecdsa"), { type: "ecdsa" });
  writeFileSync(join(home, ".ssh", "id_ed25519_sk.pub"), "sk-ssh-ed25519@openssh.com AAAA me\n");
  expect(await laptopPublicKey(home)).toBe(`${ecdsa.publicLine} test`);
  const ed25519 = makeKeyPair(join(home, ".ssh", "id_ed25519"));
  expect(await laptopPublicKey(home)).toBe(`${ed25519.publicLine} test`);
});

async function node(): Promise<{ connection: Connection; home: string; line: string }> {
  const home = temporary();
  const { connect, identity } = await oneServer({ env: { HOME: home } });
  return { connection: await connect(), home, line: `${identity.publicLine} me@laptop` };
}

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "pimesh-home-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

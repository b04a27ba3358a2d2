import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { makeKeyPair } from "../support/key-pair.ts";
import { oneServer, start } from "./support/one-server.ts";
import { testLaptop, testNode } from "./support/reach-for-tests.ts";

// Real logins and shells, on machines that may have better things to do.
vi.setConfig({ testTimeout: 30_000 });

describe("before anything is pinned", () => {
  test("an unknown host key is refused with its fingerprint and the command that pins it, and no credential is sent", async () => {
    const laptop = testLaptop();
    const hostKey = makeKeyPair(join(laptop.home, "host_key"));
    const identity = makeKeyPair(join(laptop.home, "identity"));
    const server = await start({ hostKeys: [hostKey], keys: [identity.publicLine] });
    const node = testNode("mom", [server.port], { identityFiles: [identity.file] });
    await expect(laptop.reach([node]).connect(node)).rejects.toMatchObject({
      code: "E-HOST-KEY-UNKNOWN",
      message: expect.stringContaining(hostKey.fingerprint) as string,
      hint: "pimesh trust mom",
    });
    expect(server.attempts).toEqual([]);
  });

  test.each([
    ["plain", false],
    ["hashed", true],
  ])("a %s entry of known_hosts introduces the node, which is pinned from then on", async (_kind, hashed) => {
    const { laptop, server, hostKey, node } = await unpinned();
    writeFileSync(laptop.knownHosts, `[127.0.0.1]:${server.port} ${hostKey.publicLine}\n`);
    if (hashed) execFileSync("ssh-keygen", ["-q", "-H", "-f", laptop.knownHosts], { stdio: "ignore" });
    await laptop.reach([node]).connect(node);
    const file = join(laptop.stateFolder, "pins", "mom.json");
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
      schemaVersion: 1,
      node: "mom",
      keys: [{ type: "ssh-ed25519", fingerprint: hostKey.fingerprint, from: "known_hosts" }],
    });
    expect(laptop.notices).toEqual([expect.stringContaining(hostKey.fingerprint)]);
  });

  test("an entry for another port of the same host introduces nobody", async () => {
    const { laptop, hostKey, node } = await unpinned();
    writeFileSync(laptop.knownHosts, `127.0.0.1 ${hostKey.publicLine}\n`);
    await expect(laptop.reach([node]).connect(node)).rejects.toMatchObject({ code: "E-HOST-KEY-UNKNOWN" });
  });

  test("another key than the one in known_hosts is a changed key", async () => {
    const { laptop, server, node, other, hostKey } = await unpinned();
    writeFileSync(laptop.knownHosts, `[127.0.0.1]:${server.port} ${other.publicLine}\n`);
    const refusal = laptop.reach([node]).connect(node);
    await expect(refusal).rejects.toMatchObject({ code: "E-HOST-KEY-CHANGED" });
    await expect(refusal).rejects.toThrow(hostKey.fingerprint);
    await expect(refusal).rejects.toThrow(other.fingerprint);
    expect(server.attempts).toEqual([]);
  });

  test("two entries that contradict each other are refused, whichever of them is right", async () => {
    const { laptop, server, node, other, hostKey } = await unpinned();
    const name = `[127.0.0.1]:${server.port}`;
    writeFileSync(laptop.knownHosts, `${name} ${hostKey.publicLine}\n${name} ${other.publicLine}\n`);
    await expect(laptop.reach([node]).connect(node)).rejects.toMatchObject({
      code: "E-HOST-KEY-CONTRADICTION",
    });
    expect(existsSync(join(laptop.stateFolder, "pins", "mom.json"))).toBe(false);
  });

  test("a certificate authority is named as something that pimesh cannot check", async () => {
    const { laptop, node, other } = await unpinned();
    writeFileSync(laptop.knownHosts, `@cert-authority * ${other.publicLine}\n`);
    await expect(laptop.reach([node]).connect(node)).rejects.toThrow(
      /certificate authority; pimesh cannot check/,
    );
  });

  test("a known_hosts that cannot be read is refused before anything is dialled", async () => {
    const { laptop, server, node } = await unpinned();
    mkdirSync(laptop.knownHosts);
    await expect(laptop.reach([node]).connect(node)).rejects.toMatchObject({ code: "E-KNOWN-HOSTS" });
    expect(server.connections()).toBe(0);
  });

  test("an entry for this host that is no key is refused", async () => {
    const { laptop, server, node } = await unpinned();
    writeFileSync(laptop.knownHosts, `@revoked [127.0.0.1]:${server.port} ssh-ed25519 AAAA!!\n`);
    await expect(laptop.reach([node]).connect(node)).rejects.toMatchObject({ code: "E-KNOWN-HOSTS" });
  });

  test("without OpenSSH on the laptop only a pin is trusted", async () => {
    const laptop = testLaptop({ path: "/nowhere" });
    const { node, hostKey, server } = await unpinned(laptop);
    writeFileSync(laptop.knownHosts, `[127.0.0.1]:${server.port} ${hostKey.publicLine}\n`);
    await expect(laptop.reach([node]).connect(node)).rejects.toMatchObject({ code: "E-HOST-KEY-UNKNOWN" });
    laptop.pin("mom", hostKey.publicLine);
    await expect(laptop.reach([node]).connect(node)).resolves.toMatchObject({ node: "mom" });
  });
});

describe("once a key is pinned", () => {
  test("another key is refused with both fingerprints, the date of the pin and what to do after a re-flash", async () => {
    const { laptop, server, node, hostKey } = await oneServer();
    const other = makeKeyPair(join(laptop.home, "other"));
    laptop.pin("mom", other.publicLine);
    const refusal = laptop.reach([node]).connect(node);
    await expect(refusal).rejects.toMatchObject({
      code: "E-HOST-KEY-CHANGED",
      hint: expect.stringContaining("pimesh trust mom --replace") as string,
    });
    await expect(refusal).rejects.toThrow(hostKey.fingerprint);
    await expect(refusal).rejects.toThrow(other.fingerprint);
    await expect(refusal).rejects.toThrow("2026-09-02");
    expect(server.attempts).toEqual([]);
  });

  test("known_hosts can no longer introduce another key", async () => {
    const { laptop, server, node, hostKey } = await oneServer();
    laptop.pin("mom", makeKeyPair(join(laptop.home, "other")).publicLine);
    writeFileSync(laptop.knownHosts, `[127.0.0.1]:${server.port} ${hostKey.publicLine}\n`);
    await expect(laptop.reach([node]).connect(node)).rejects.toMatchObject({ code: "E-HOST-KEY-CHANGED" });
  });

  test("known_hosts still forbids a key by @revoked", async () => {
    const { laptop, server, node, hostKey } = await oneServer();
    writeFileSync(laptop.knownHosts, `@revoked [127.0.0.1]:${server.port} ${hostKey.publicLine}\n`);
    await expect(laptop.reach([node]).connect(node)).rejects.toMatchObject({ code: "E-HOST-KEY-REVOKED" });
    expect(server.attempts).toEqual([]);
  });

  test("known_hosts that revokes nothing has nothing to say any more", async () => {
    const { laptop, server, node, hostKey } = await oneServer();
    laptop.pin("mom", hostKey.publicLine);
    writeFileSync(laptop.knownHosts, `[127.0.0.1]:${server.port} ssh-ed25519 AAAA!!\n`);
    await expect(laptop.reach([node]).connect(node)).resolves.toMatchObject({ node: "mom" });
  });

  test("a key of another type is a changed key, even from the right machine", async () => {
    const { laptop, node } = await oneServer();
    laptop.pin("mom", makeKeyPair(join(laptop.home, "ecdsa"), { type: "ecdsa" }).publicLine);
    await expect(laptop.reach([node]).connect(node)).rejects.toMatchObject({ code: "E-HOST-KEY-CHANGED" });
  });

  test.each(["rsa", "ecdsa"] as const)(
    "a server with more keys is asked for the pinned %s one",
    async (type) => {
      const laptop = testLaptop();
      const pinned = makeKeyPair(join(laptop.home, "pinned"), { type });
      const usual = makeKeyPair(join(laptop.home, "usual"));
      const { node } = await oneServer({ laptop, hostKeys: [usual, pinned] });
      laptop.pin("mom", pinned.publicLine);
      await expect(laptop.reach([node]).connect(node)).resolves.toMatchObject({ node: "mom" });
    },
  );

  test.each([
    ["is not JSON", "{"],
    ["belongs to another node", JSON.stringify({ schemaVersion: 1, node: "home", keys: [{}] })],
    ["has no keys", JSON.stringify({ schemaVersion: 1, node: "mom", keys: [] })],
  ])("a record that %s trusts nobody", async (_what, text) => {
    const { laptop, server, node } = await oneServer();
    writeFileSync(join(laptop.stateFolder, "pins", "mom.json"), text);
    await expect(laptop.reach([node]).connect(node)).rejects.toMatchObject({ code: "E-STATE" });
    expect(server.connections()).toBe(0);
  });
});

describe("several addresses", () => {
  test("the next one is tried when somebody else answers at the first", async () => {
    const { laptop, server, node } = await oneServer();
    const stranger = await start({ hostKeys: [makeKeyPair(join(laptop.home, "stranger"))] });
    const both = testNode("mom", [stranger.port, server.port], { identityFiles: node.identityFiles });
    const connection = await laptop.reach([both]).connect(both);
    expect(connection.address).toBe(`127.0.0.1:${server.port}`);
    expect(stranger.attempts).toEqual([]);
  });

  test("a wrong key matters more than silence, and the fate of the other address is told too", async () => {
    const { laptop, node } = await oneServer();
    const stranger = await start({ hostKeys: [makeKeyPair(join(laptop.home, "stranger"))] });
    const both = testNode("mom", [1, stranger.port], { identityFiles: node.identityFiles });
    const refusal = laptop.reach([both]).connect(both);
    await expect(refusal).rejects.toMatchObject({ code: "E-HOST-KEY-CHANGED" });
    await expect(refusal).rejects.toThrow(/other addresses: 127\.0\.0\.1:1: connection refused/);
  });

  test("each address that does not answer is told with its reason", async () => {
    const laptop = testLaptop();
    const node = testNode("mom", [1, 2]);
    const refusal = laptop.reach([node]).connect(node);
    await expect(refusal).rejects.toMatchObject({ code: "E-NO-ADDRESS-ANSWERS", exitCode: 4 });
    await expect(refusal).rejects.toThrow(
      /127\.0\.0\.1:1: connection refused.*127\.0\.0\.1:2: connection refused/,
    );
  });
});

async function unpinned(laptop = testLaptop()) {
  const parts = await oneServer({ laptop });
  const pin = join(laptop.stateFolder, "pins", "mom.json");
  chmodSync(pin, 0o600);
  execFileSync("rm", [pin]);
  return { ...parts, other: makeKeyPair(join(laptop.home, "other")) };
}

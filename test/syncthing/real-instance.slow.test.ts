import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Connection } from "../../src/ssh/connection.ts";
import { askState } from "../../src/syncthing/instance-state.ts";
import { laptopInstance } from "../../src/syncthing/laptop-instance.ts";
import { nodeInstance } from "../../src/syncthing/node-instance.ts";
import { untilItListens } from "../../src/syncthing/until-it-listens.ts";
import { testLaptop, testNode } from "../ssh/support/reach-for-tests.ts";
import { localConnection } from "../support/local-connection.ts";
import { startOpenSsh, type OpenSshOptions } from "../support/openssh-server.ts";
import { requires } from "../support/requires.ts";
import { makeSyncthing, type SyncthingProcess } from "../support/syncthing-process.ts";

// Real processes, on machines that may have better things to do.
vi.setConfig({ testTimeout: 120_000 });

describe.runIf(requires("syncthing"))("a real Syncthing", () => {
  test("on the laptop is found, and spoken to by TLS where its page wants that", async () => {
    const { process, folder } = await started({ tls: true });
    using instance = await laptopInstance({
      env: { STHOMEDIR: process.home },
      home: folder,
      platform: "linux",
      stateFolder: join(folder, "state"),
      signal: new AbortController().signal,
    });
    if (instance === undefined) throw new Error("not found");
    const state = await askState(instance.rest, "pimesh");
    expect([state.self, instance.whose]).toEqual([process.id, "theirs"]);
  });

  test("that is not started is told from one that is not there", async () => {
    const { process } = await made();
    using instance = await nodeInstance(localConnection({ node: "mom" }), {
      home: process.home,
      downHint: "start it",
    });
    if (instance === undefined) throw new Error("not found");
    await expect(askState(instance.rest, "pimesh")).rejects.toMatchObject({
      code: "E-ENGINE-DOWN",
      hint: "start it",
    });
    const none = { home: join(process.home, "none"), downHint: "" };
    expect(await nodeInstance(localConnection({ node: "mom" }), none)).toBeUndefined();
  });

  test("that is just being started is waited for", async () => {
    const { process } = await made();
    using instance = await nodeInstance(localConnection({ node: "mom" }), {
      home: process.home,
      downHint: "",
    });
    if (instance === undefined) throw new Error("not found");
    const starting = process.start();
    await untilItListens(instance.rest, 60_000);
    expect((await askState(instance.rest, "pimesh")).self).toBe(process.id);
    await starting;
  });

  test("that never comes is given up", async () => {
    const { process } = await made();
    using instance = await nodeInstance(localConnection({ node: "mom" }), {
      home: process.home,
      downHint: "",
    });
    if (instance === undefined) throw new Error("not found");
    await expect(untilItListens(instance.rest, 600)).rejects.toMatchObject({ code: "E-ENGINE-DOWN" });
  });

  test("that has another key than its configuration is told so, without the key", async () => {
    const { process } = await started();
    const file = join(process.home, "config.xml");
    writeFileSync(file, readFileSync(file, "utf8").replace(/(<apikey>)[^<]*/, "$1another-key"));
    using instance = await nodeInstance(localConnection({ node: "mom" }), {
      home: process.home,
      downHint: "",
    });
    if (instance === undefined) throw new Error("not found");
    const error: unknown = await askState(instance.rest, "pimesh").catch((each: unknown) => each);
    expect(error).toMatchObject({ code: "E-ENGINE-KEY", node: "mom" });
    expect(String(error)).not.toContain("another-key");
  });

  describe.runIf(requires("sshd", "ssh-keygen"))("behind a real OpenSSH server", () => {
    test("is spoken to inside of the SSH connection", async () => {
      const { process } = await started();
      using instance = await nodeInstance(await overSsh({}), { home: process.home, downHint: "" });
      if (instance === undefined) throw new Error("not found");
      for (let round = 0; round < 5; round += 1)
        expect((await askState(instance.rest, "pimesh")).self).toBe(process.id);
    });

    test("that forbids forwarding is told with what would allow it", async () => {
      const { process } = await started();
      const connection = await overSsh({ config: ["AllowTcpForwarding no"] });
      using instance = await nodeInstance(connection, { home: process.home, downHint: "" });
      if (instance === undefined) throw new Error("not found");
      await expect(askState(instance.rest, "pimesh")).rejects.toMatchObject({
        code: "E-FORWARDING-REFUSED",
        hint: expect.stringContaining("AllowTcpForwarding local") as string,
      });
    });
  });
});

async function made(
  options: { readonly tls?: boolean } = {},
): Promise<{ readonly process: SyncthingProcess; readonly folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), "pimesh-instance-"));
  const process = await makeSyncthing(join(folder, "syncthing"), options);
  onTestFinished(async () => {
    await process.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return { process, folder };
}

async function started(options: { readonly tls?: boolean } = {}): ReturnType<typeof made> {
  const one = await made(options);
  await one.process.start();
  return one;
}

/** Whoever runs the tests need not be root: the home is theirs. */
async function overSsh(options: OpenSshOptions): Promise<Connection> {
  const server = await startOpenSsh(options);
  onTestFinished(() => server.stop());
  const laptop = testLaptop();
  laptop.pin("mom", server.hostKeys[0]?.publicLine ?? "");
  const node = testNode("mom", [server.port], { user: server.user, identityFiles: [server.identity.file] });
  const connection = await laptop.reach([node]).connect(node);
  return { ...connection, run: (script, more) => connection.run(script, { ...more, as: "user" }) };
}

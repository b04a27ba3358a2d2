import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { sh } from "../../src/core/shell.ts";
import { makeKeyPair, type KeyPair } from "../support/key-pair.ts";
import type { SshServer } from "../support/ssh-server.ts";
import { start } from "./support/one-server.ts";
import { address, testLaptop, testNode, type TestLaptop } from "./support/reach-for-tests.ts";

// Several real logins each, on machines that may have better things to do.
vi.setConfig({ testTimeout: 30_000 });

describe("jump hosts of the inventory", () => {
  test("a chain of three is gone through, each host under its own pin", async () => {
    const { laptop, machines, identity } = await fourMachines();
    const nodes = machines.map(({ name, server }, index) => {
      laptop.pin(name, machines[index]?.hostKey.publicLine ?? "");
      return testNode(name, [server.port], {
        identityFiles: [identity.file],
        jump: machines[index - 1]?.name,
      });
    });
    const reach = laptop.reach(nodes);
    const far = await reach.connect(nodes[3] as never);
    const { stdout } = await far.run(sh`echo "$NAME"`);
    expect(String(stdout)).toBe("d\n");
    expect(machines.map(({ server }) => server.connections())).toEqual([1, 1, 1, 1]);
  });

  test("a host on the way is one connection for all nodes behind it, and giving it back does not cut them off", async () => {
    const { laptop, machines, identity } = await fourMachines();
    for (const { name, hostKey } of machines) laptop.pin(name, hostKey.publicLine);
    const [a, b, c] = machines.map(({ name, server }, index) =>
      testNode(name, [server.port], { identityFiles: [identity.file], jump: index === 0 ? undefined : "a" }),
    ) as [never, never, never];
    const reach = laptop.reach([a, b, c]);
    const [onA, onB, onC] = await Promise.all([reach.connect(a), reach.connect(b), reach.connect(c)]);
    await onA[Symbol.asyncDispose]();
    const names = await Promise.all(
      [onB, onC].map(async (one) => String((await one.run(sh`echo "$NAME"`)).stdout)),
    );
    expect(names).toEqual(["b\n", "c\n"]);
    expect(machines[0]?.server.connections()).toBe(1);
  });

  test("a wrong key on the way stops it there, and the message names that host", async () => {
    const { laptop, machines, identity } = await fourMachines();
    const [a, b] = machines as [Machine, Machine];
    laptop.pin("a", b.hostKey.publicLine);
    laptop.pin("b", b.hostKey.publicLine);
    const nodes = [a, b].map(({ name, server }, index) =>
      testNode(name, [server.port], { identityFiles: [identity.file], jump: index === 1 ? "a" : undefined }),
    );
    const refusal = laptop.reach(nodes).connect(nodes[1] as never);
    await expect(refusal).rejects.toMatchObject({ code: "E-HOST-KEY-CHANGED", node: "b" });
    await expect(refusal).rejects.toThrow(/^its jump host a: /);
    expect(a.server.attempts).toEqual([]);
    expect(b.server.connections()).toBe(0);
  });

  test("a node that its jump host cannot reach is unreachable, not failed", async () => {
    const { laptop, machines, identity } = await fourMachines();
    const [a] = machines as [Machine];
    laptop.pin("a", a.hostKey.publicLine);
    const home = testNode("a", [a.server.port], { identityFiles: [identity.file] });
    const far = testNode("far", [1], { jump: "a" });
    await expect(laptop.reach([home, far]).connect(far)).rejects.toMatchObject({
      code: "E-NO-ADDRESS-ANSWERS",
    });
  });
});

describe("the user's ssh configuration", () => {
  test("ProxyJump with a comma is gone through in its order, every hop by its own entry of known_hosts", async () => {
    const { laptop, machines, identity } = await fourMachines();
    const [a, b, c] = machines as [Machine, Machine, Machine];
    configure(
      laptop,
      `Host one two target
  HostName 127.0.0.1
  User pi
  IdentityFile ${identity.file}
Host one
  Port ${a.server.port}
Host two
  Port ${b.server.port}
Host target
  Port ${c.server.port}
  ProxyJump one,two
`,
    );
    knows(laptop, a, b);
    laptop.pin("mom", c.hostKey.publicLine);
    const node = testNode("mom", [], { addresses: [address("target")], user: undefined });
    const { stdout } = await (await laptop.reach([node]).connect(node)).run(sh`echo "$NAME"`);
    expect(String(stdout)).toBe("c\n");
  });

  test("a hop that known_hosts does not know is refused before anything is sent to it", async () => {
    const { laptop, machines } = await fourMachines();
    const [a, b] = machines as [Machine, Machine];
    configure(
      laptop,
      `Host target\n  HostName 127.0.0.1\n  Port ${b.server.port}\n  ProxyJump pi@127.0.0.1:${a.server.port}\n`,
    );
    laptop.pin("mom", b.hostKey.publicLine);
    const node = testNode("mom", [], { addresses: [address("target")] });
    const refusal = laptop.reach([node]).connect(node);
    await expect(refusal).rejects.toMatchObject({ code: "E-HOST-KEY-UNKNOWN" });
    await expect(refusal).rejects.toMatchObject({
      hint: expect.stringContaining(`ssh ssh://pi@127.0.0.1:${a.server.port}`) as string,
    });
    expect(a.server.attempts).toEqual([]);
  });

  test("a circle of jumps is an error, not an endless way", async () => {
    const { laptop } = await fourMachines();
    configure(laptop, "Host one\n  ProxyJump two\nHost two\n  ProxyJump one\n");
    const node = testNode("mom", [], { addresses: [address("one")] });
    await expect(laptop.reach([node]).connect(node)).rejects.toThrow(/jumps in a circle/);
  });

  test("ProxyCommand carries the connection, with its tokens filled in", async () => {
    const { laptop, machines, identity } = await fourMachines();
    const [a] = machines as [Machine];
    const relay = join(laptop.home, "relay.mjs");
    writeFileSync(
      relay,
      `import { connect } from "node:net";
const socket = connect(Number(process.argv[3]), process.argv[2]);
process.stdin.pipe(socket).pipe(process.stdout);`,
    );
    configure(
      laptop,
      `Host target\n  HostName 127.0.0.1\n  Port ${a.server.port}\n  IdentityFile ${identity.file}\n  ProxyCommand '${process.execPath}' '${relay}' %h %p\n`,
    );
    laptop.pin("mom", a.hostKey.publicLine);
    const node = testNode("mom", [], { addresses: [address("target")] });
    const { stdout } = await (await laptop.reach([node]).connect(node)).run(sh`head -c 3000000 /dev/zero`);
    expect(stdout.length).toBe(3_000_000);
  });

  test("a ProxyCommand that fails is told in its own words", async () => {
    const { laptop } = await fourMachines();
    configure(laptop, "Host target\n  ProxyCommand sh -c 'echo no tunnel today >&2; exit 1'\n");
    const node = testNode("mom", [], { addresses: [address("target")] });
    await expect(laptop.reach([node]).connect(node)).rejects.toThrow(/no tunnel today/);
  });

  test("HostKeyAlias is the name under which known_hosts is asked", async () => {
    const { laptop, machines, identity } = await fourMachines();
    const [a] = machines as [Machine];
    configure(
      laptop,
      `Host target\n  HostName 127.0.0.1\n  Port ${a.server.port}\n  HostKeyAlias mom-pi\n  IdentityFile ${identity.file}\n`,
    );
    writeFileSync(laptop.knownHosts, `mom-pi ${a.hostKey.publicLine}\n`);
    const node = testNode("mom", [], { addresses: [address("target")] });
    await expect(laptop.reach([node]).connect(node)).resolves.toMatchObject({ address: "target" });
  });
});

test("after the reach is closed nothing keeps Node alive", async () => {
  const { laptop, machines, identity } = await fourMachines();
  const [a] = machines as [Machine];
  laptop.pin("a", a.hostKey.publicLine);
  const node = testNode("a", [a.server.port], { identityFiles: [identity.file] });
  const script = join(laptop.home, "once.mts");
  const source = new URL("../../src/", import.meta.url).href;
  writeFileSync(
    script,
    `import { openReach } from "${source}ssh/reach.ts";
import { sh } from "${source}core/shell.ts";
const node = ${JSON.stringify(node)};
const prompt = { interactive: false };
const inventory = { nodes: [node] };
const reach = openReach({ inventory, prompt, stateFolder: ${JSON.stringify(laptop.stateFolder)}, env: ${JSON.stringify(laptop.env)}, home: ${JSON.stringify(laptop.home)}, signal: new AbortController().signal });
const connection = await reach.connect(node);
const stream = await connection.stream(sh\`sleep 60\`);
await reach[Symbol.asyncDispose]();
process.stdout.write("closed");`,
  );
  const tsx = new URL("../../node_modules/.bin/tsx", import.meta.url).pathname;
  const child = spawn(tsx, [script], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += String(chunk)));
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect([said, code]).toEqual(["closed", 0]);
});

interface Machine {
  readonly name: string;
  readonly hostKey: KeyPair;
  readonly server: SshServer;
}

async function fourMachines(): Promise<{ laptop: TestLaptop; machines: Machine[]; identity: KeyPair }> {
  const laptop = testLaptop();
  const identity = makeKeyPair(join(laptop.home, "identity"));
  const machines = await Promise.all(
    ["a", "b", "c", "d"].map(async (name) => {
      const hostKey = makeKeyPair(join(laptop.home, `host-${name}`));
      const server = await start({ hostKeys: [hostKey], keys: [identity.publicLine], env: { NAME: name } });
      return { name, hostKey, server };
    }),
  );
  return { laptop, machines, identity };
}

function configure(laptop: TestLaptop, config: string): void {
  writeFileSync(
    join(laptop.home, ".ssh", "config"),
    `${config}\nHost *\n  UserKnownHostsFile ${laptop.knownHosts}\n`,
  );
}

function knows(laptop: TestLaptop, ...machines: readonly Machine[]): void {
  const lines = machines.map(({ server, hostKey }) => `[127.0.0.1]:${server.port} ${hostKey.publicLine}\n`);
  writeFileSync(laptop.knownHosts, lines.join(""));
}

import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { nodeInstance } from "../../src/syncthing/node-instance.ts";
import { localConnection } from "../support/local-connection.ts";

const home = "/media/btsync/.pimesh/syncthing";
const paired = { devices: [{ id: "MOM", name: "mom", addresses: ["dynamic"] }] };

test("its API is spoken to through the connection, with the key that stands in its configuration", async () => {
  const keys: unknown[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers["x-api-key"]);
    response.end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  using instance = await nodeInstance(localConnection({ root: root(config(`127.0.0.1:${port}`)) }), given);
  await instance?.rest.get("/rest/system/version", z.looseObject({}));
  expect(keys).toEqual(["k3y"]);
});

test("where its disk is away there is no instance", async () => {
  const empty = mkdtempSync(join(tmpdir(), "pimesh-st-node-"));
  onTestFinished(() => rmSync(empty, { recursive: true }));
  expect(await nodeInstance(localConnection({ root: empty }), given)).toBeUndefined();
});

test("the record of what was paired is kept beside the home, and read at the next look", async () => {
  const top = root(config("127.0.0.1:8384"));
  using before = await nodeInstance(localConnection({ root: top }), given);
  expect(before).toMatchObject({ paired: { devices: [] }, pairedProblem: undefined });
  await before?.keepPaired(paired);
  await before?.keepPaired(paired);
  using after = await nodeInstance(localConnection({ root: top }), given);
  expect(after?.paired).toEqual(paired);
  expect(readdirSync(join(top, "media/btsync/.pimesh")).toSorted()).toEqual([
    "syncthing",
    "syncthing.paired.json",
  ]);
  expect(statSync(join(top, `${home}.paired.json`)).mode & 0o777).toBe(0o600);
});

test("a record that is damaged is told, and nothing counts as ours", async () => {
  const top = root(config("127.0.0.1:8384"));
  writeFileSync(join(top, `${home}.paired.json`), "{");
  using instance = await nodeInstance(localConnection({ root: top }), given);
  expect(instance).toMatchObject({
    paired: { devices: [] },
    pairedProblem: `${home}.paired.json is damaged: it is no JSON`,
  });
});

test("a record that cannot be written is an error", async () => {
  const top = root(config("127.0.0.1:8384"));
  using instance = await nodeInstance(localConnection({ root: top }), given);
  rmSync(join(top, "media/btsync/.pimesh"), { recursive: true });
  await expect(instance?.keepPaired(paired)).rejects.toMatchObject({ code: "E-STATE" });
});

test.each([
  [config("127.0.0.1:8384").slice(0, 90), /breaks off/],
  [config("192.168.1.5:8384"), /elsewhere than on 127\.0\.0\.1/],
  [config("/run/syncthing.sock"), /elsewhere than on 127\.0\.0\.1/],
  ["<configuration></configuration>", /holds no element/],
])("%s is an error that names the file", async (text, message) => {
  await expect(nodeInstance(localConnection({ root: root(text) }), given)).rejects.toMatchObject({
    code: "E-ENGINE-ANSWER",
    message: expect.stringMatching(message) as string,
  });
});

test("the key is asked for as root, and no more than the GUI's own part of the configuration travels", async () => {
  const top = root(config("127.0.0.1:8384"));
  const connection = localConnection({ root: top });
  const answers: string[] = [];
  await nodeInstance(
    {
      ...connection,
      run: async (script, options) => {
        expect(options?.as).toBe("root");
        const result = await connection.run(script, options);
        answers.push(String(result.stdout));
        return result;
      },
    },
    given,
  );
  expect(answers.join("")).toContain("k3y");
  expect(answers.join("")).not.toContain("device");
});

test.runIf(process.getuid?.() === 0).each([
  ["its configuration", "/config.xml", 0o600],
  ["its home", "", 0o700],
  ["the folder of its home", "/..", 0o700],
])(
  "who only looks and is not root is told that %s is closed, never that there is no instance",
  async (_, path, mode) => {
    const top = root(config("127.0.0.1:8384"));
    for (const each of readable) chmodSync(join(top, each), 0o755);
    chmodSync(join(top, `${home}/config.xml`), 0o644);
    const look = { ...given, as: "free-root" as const };
    const connection = localConnection({ root: top, user: "65534" });
    using open = await nodeInstance(connection, look);
    expect(open).toBeDefined();
    chmodSync(join(top, `${home}${path}`), mode);
    await expect(nodeInstance(connection, look)).rejects.toMatchObject({ code: "E-SUDO-REFUSED" });
  },
);

const readable = ["", "media", "media/btsync", "media/btsync/.pimesh", home];

const given = { home, downHint: "start it" };

function config(address: string): string {
  return `<configuration version="36">
    <device id="X" name="x"></device>
    <gui enabled="true" tls="false" debugging="false">
        <address>${address}</address>
        <apikey>k3y</apikey>
    </gui>
</configuration>
`;
}

/** A node's `/` with a configuration in Syncthing's home. */
function root(text: string): string {
  const top = mkdtempSync(join(tmpdir(), "pimesh-st-node-"));
  onTestFinished(() => rmSync(top, { recursive: true }));
  mkdirSync(join(top, home), { recursive: true });
  writeFileSync(join(top, home, "config.xml"), text);
  expect(readFileSync(join(top, home, "config.xml"), "utf8")).toBe(text);
  return top;
}

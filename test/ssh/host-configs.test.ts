import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hostConfigs } from "../../src/ssh/host-configs.ts";
import { hostConfig, type ConfigQuestion, type Laptop } from "../../src/ssh/ssh-config.ts";
import { temporaryFolder } from "../support/folder.ts";
import { requires } from "../support/requires.ts";

/** A laptop whose ssh reads one file, and writes down what it was asked. */
function laptopWith(config: string | undefined): { laptop: Laptop; asked: () => string[] } {
  const folder = temporaryFolder();
  const [file, log, bin] = ["config", "log", "bin"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(bin);
  if (config !== undefined) writeFileSync(file, config);
  writeFileSync(
    join(bin, "ssh"),
    `#!/bin/sh
echo "$*" >>'${log}'
port=22 user=me
case $1 in -v) ${config === undefined ? ":" : `echo 'debug1: Reading configuration data ${file}' >&2`} ;; esac
while [ $# -gt 1 ]; do
  case $1 in -p) port=$2 ;; -l) user=$2 ;; esac
  shift
done
printf 'host %s\\nuser %s\\nhostname %s\\nport %s\\nidentityfile ~/.ssh/%%h\\n' "$1" "$user" "$1" "$port"
`,
  );
  chmodSync(join(bin, "ssh"), 0o755);
  return {
    laptop: { env: { PATH: `${bin}:/usr/bin:/bin` }, home: "/home/me", toolTimeoutMs: 20_000 },
    asked: () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []),
  };
}

function question(host: string, given: Partial<ConfigQuestion> = {}): ConfigQuestion {
  return { host, port: undefined, user: undefined, ...given };
}

const three = ["mom.example.org", "grandma.example.org", "10.0.0.7"].map((host) => question(host));

describe("many hosts", () => {
  test.each([
    ["an empty file", ""],
    [
      "Debian's own",
      "# This is the ssh client\nInclude /etc/ssh/ssh_config.d/*.conf\n\nHost *\n#   Port 22\n    SendEnv LANG LC_*\n    HashKnownHosts yes\n",
    ],
    ["settings for all", "ServerAliveInterval=30\nHost *\n  IdentityFile ~/.ssh/pi\n  User pi\n"],
  ])("are told by one ssh where its configuration is %s", async (_, text) => {
    const { laptop, asked } = laptopWith(text);
    const configOf = hostConfigs(laptop);
    const configs = await Promise.all(three.map((each) => configOf(each)));
    expect(asked()).toHaveLength(1);
    const apart = await Promise.all(three.map((each) => hostConfig(each, laptop)));
    expect(configs).toEqual(apart);
  });

  test.each([
    ["names a host", "Host mom\n  User pi\n"],
    ["has a pattern", "Host *.example.org\n  User pi\n"],
    ["leaves a host out", "Host * !mom\n  User pi\n"],
    ["has a condition", "Match exec true\n  User pi\n"],
    ["has another name for it", "HostName relay\n"],
    ["makes names canonical", "CanonicalizeHostname yes\n"],
    ["jumps", "ProxyJump relay\n"],
    ["has a proxy", "Host *\nproxycommand=nc relay 22\n"],
    ["has tokens", "IdentityFile ~/.ssh/%h\n"],
    ["has a line that we cannot read", '"Host" mom\n'],
  ])("are asked for one by one where it %s", async (_, text) => {
    const { laptop, asked } = laptopWith(text);
    const configOf = hostConfigs(laptop);
    await Promise.all(three.map((each) => configOf(each)));
    expect(asked()).toHaveLength(three.length);
  });

  test("are asked for one by one where ssh does not say what it has read", async () => {
    const { laptop, asked } = laptopWith(undefined);
    const configOf = hostConfigs(laptop);
    await Promise.all(three.map((each) => configOf(each)));
    expect(asked()).toHaveLength(three.length);
  });

  test("that are asked for in another way have an answer of their own", async () => {
    const { laptop, asked } = laptopWith("");
    const configOf = hostConfigs(laptop);
    const ways = [question("mom", { port: 2222 }), question("mom"), question("mom", { user: "pi" })];
    const ports = await Promise.all(
      [...ways, question("home", { port: 2223 })].map(async (each) => (await configOf(each)).port),
    );
    expect(ports).toEqual([2222, 22, 22, 2223]);
    expect(asked()).toHaveLength(ways.length);
  });

  test.each(["MOM", "fe80::1"])(
    "with a name that ssh may write otherwise, as %s, are asked for",
    async (host) => {
      const { laptop, asked } = laptopWith("");
      const configOf = hostConfigs(laptop);
      await configOf(question("mom"));
      await configOf(question(host));
      expect(asked()).toHaveLength(2);
    },
  );

  test.runIf(requires("ssh"))("are told the same by the real ssh, one by one or at once", async () => {
    const laptop: Laptop = { env: process.env, home: process.env["HOME"] ?? "/", toolTimeoutMs: 20_000 };
    const configOf = hostConfigs(laptop);
    for (const each of [...three, question("mom", { port: 2222, user: "pi" })])
      expect(await configOf(each)).toEqual(await hostConfig(each, laptop));
  });
});

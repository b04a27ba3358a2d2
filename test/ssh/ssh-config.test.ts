import { describe, expect, test } from "vitest";
import { parseJump, showJump } from "../../src/ssh/jump-spec.ts";
import { hostConfig, parseConfig } from "../../src/ssh/ssh-config.ts";
import { expandForShell } from "../../src/ssh/tokens.ts";

const laptop = { env: { USER: "me", SSH_AUTH_SOCK: "/run/agent" }, home: "/home/me", toolTimeoutMs: 5000 };
const question = { host: "mom", port: undefined, user: undefined };

describe("what ssh -G prints", () => {
  test("becomes the configuration of a host", () => {
    const text = `host mom
user pi
hostname mom.example.org
port 2222
identitiesonly yes
identityfile ~/.ssh/%h_key
identityfile /keys/second
userknownhostsfile /home/me/.ssh/known_hosts /home/me/.ssh/known_hosts2
globalknownhostsfile /etc/ssh/ssh_known_hosts
stricthostkeychecking no
connecttimeout 7
proxyjump relay,pi@[fd00::1]:2200
`;
    expect(parseConfig(text, question, laptop)).toEqual({
      hostName: "mom.example.org",
      port: 2222,
      user: "pi",
      hostKeyAlias: undefined,
      identityFiles: ["/home/me/.ssh/mom.example.org_key", "/keys/second"],
      certificateFiles: [],
      identitiesOnly: true,
      agentSocket: "/run/agent",
      proxyJump: ["relay", "pi@[fd00::1]:2200"],
      proxyCommand: undefined,
      knownHostsFiles: [
        "/home/me/.ssh/known_hosts",
        "/home/me/.ssh/known_hosts2",
        "/etc/ssh/ssh_known_hosts",
      ],
      connectTimeoutMs: 7000,
    });
  });

  test("a path with a blank stays one path, since a revoked key could stand there", () => {
    const { knownHostsFiles } = parseConfig("userknownhostsfile /home/me/my hosts /b\n", question, laptop);
    expect(knownHostsFiles).toEqual(["/home/me/my hosts", "/b"]);
  });

  test.each([
    ["none", undefined],
    ["SSH_AUTH_SOCK", "/run/agent"],
    ["$OTHER", undefined],
    ["~/agent.sock", "/home/me/agent.sock"],
  ])("IdentityAgent %s", (value, socket) => {
    expect(parseConfig(`identityagent ${value}\n`, question, laptop).agentSocket).toBe(socket);
  });

  test.each(["proxyjump none", "proxycommand none"])("%s is none", (line) => {
    const { proxyJump, proxyCommand } = parseConfig(`${line}\n`, question, laptop);
    expect([proxyJump, proxyCommand]).toEqual([[], undefined]);
  });
});

describe("names", () => {
  test.each(["-oProxyCommand=reboot", "mom\nhost evil"])(
    "%j never becomes an option of ssh",
    async (host) => {
      await expect(hostConfig({ ...question, host }, laptop)).rejects.toMatchObject({ code: "E-INVENTORY" });
      await expect(hostConfig({ ...question, user: host }, laptop)).rejects.toMatchObject({
        code: "E-INVENTORY",
      });
    },
  );

  test("without OpenSSH the inventory alone decides", async () => {
    const config = await hostConfig(
      { host: "mom", port: 2222, user: "pi" },
      { ...laptop, env: { PATH: "/nowhere" } },
    );
    expect(config).toMatchObject({
      hostName: "mom",
      port: 2222,
      user: "pi",
      knownHostsFiles: [],
      proxyJump: [],
    });
    expect(config.identityFiles[0]).toBe("/home/me/.ssh/id_ed25519");
  });

  test.each(["$(reboot)", "mom;reboot", "`id`", "a'b", 'a"b', "a|b"])(
    "%j is not filled into a ProxyCommand",
    (h) => {
      expect(() => expandForShell("nc '%h' %p", { h, p: "22" })).toThrow(/a shell could misread/);
    },
  );

  test("tokens of a ProxyCommand are filled in", () => {
    const tokens = { "%": "%", h: "mom.example.org", p: "22", r: "pi" };
    expect(expandForShell("relay --to=%r@%h:%p 100%% %Z", tokens)).toBe(
      "relay --to=pi@mom.example.org:22 100% %Z",
    );
  });
});

test.each([
  ["relay", { host: "relay", port: undefined, user: undefined }, "relay"],
  ["pi@relay:2222", { host: "relay", port: 2222, user: "pi" }, "ssh://pi@relay:2222"],
  ["ssh://pi@relay:2222/", { host: "relay", port: 2222, user: "pi" }, "ssh://pi@relay:2222"],
  ["[fd00::1]:2200", { host: "fd00::1", port: 2200, user: undefined }, "ssh://[fd00::1]:2200"],
  ["fd00::1", { host: "fd00::1", port: undefined, user: undefined }, "fd00::1"],
  ["me@host@relay", { host: "relay", port: undefined, user: "me@host" }, "me@host@relay"],
])("ProxyJump %s", (text, spec, shown) => {
  expect(parseJump(text)).toEqual(spec);
  expect(showJump(spec)).toBe(shown);
});

test.each(["", "@relay", "relay:0", "relay:ssh", "relay:70000"])("ProxyJump %j is refused", (text) => {
  expect(() => parseJump(text)).toThrow(/is not \[user@\]host\[:port\]/);
});

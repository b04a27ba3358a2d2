import { expect, test } from "vitest";
import { webAccess } from "../../src/btsync/web-access.ts";
import type { JsonObject } from "../../src/engine/lenient-json.ts";

const listen = "127.0.0.1:8888";

test.each<[string, JsonObject, number]>([
  ["on loopback", { webui: { listen } }, 8888],
  ["on every address", { webui: { listen: "0.0.0.0:1234" } }, 1234],
  ["on a port alone", { webui: { listen: ":8888" } }, 8888],
  ["with a list of folders that is empty", { webui: { listen }, shared_folders: [] }, 8888],
])("a web interface %s can be asked", (_, config, port) => {
  expect(webAccess(config)).toEqual({ kind: "on", port, tls: false, login: undefined });
});

test.each<[string, JsonObject, RegExp]>([
  ["with folders in the configuration", { webui: { listen }, shared_folders: [{ dir: "/x" }] }, /is off/],
  ["with folders that are no list", { webui: { listen }, shared_folders: {} }, /is off/],
  ["that is not there", {}, /no configuration/],
  ["without an address", { webui: { login: "x" } }, /no configuration/],
  ["on an address of the network alone", { webui: { listen: "192.168.1.2:8888" } }, /not on the node's own/],
  ["on IPv6 alone", { webui: { listen: "[::1]:8888" } }, /not on the node's own/],
  ["on no port", { webui: { listen: "127.0.0.1" } }, /cannot be read/],
  ["on a port that is none", { webui: { listen: "127.0.0.1:99999" } }, /cannot be read/],
  ["whose password is a hash", { webui: { listen, login: "x", password_hash: "y" } }, /hash alone/],
  ["whose password is a newer hash", { webui: { listen, password_hash_unified: "y" } }, /hash alone/],
])("a web interface %s is off", (_, config, why) => {
  expect(webAccess(config)).toEqual({ kind: "off", why: expect.stringMatching(why) as string });
});

test("login and TLS are taken from the configuration", () => {
  const webui = { listen, login: "ann", password: "tücsök:x", force_https: true };
  expect(webAccess({ webui })).toMatchObject({ tls: true, login: "ann:tücsök:x" });
});

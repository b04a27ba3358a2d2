import { expect, test } from "vitest";
import { deviceAddresses } from "../../src/syncthing/device-addresses.ts";
import { testNode } from "../ssh/support/reach-for-tests.ts";

const hosts = (...names: readonly string[]) => names.map((host) => ({ host, port: 2222, text: host }));

test("a node is looked for at each of its hosts once, by Syncthing's own port, and by discovery", () => {
  const node = testNode("home", [], {
    addresses: hosts("home.local", "home.example.org", "home.local", "fd00::7"),
  });
  expect(deviceAddresses(node)).toEqual([
    "tcp://home.local:22000",
    "tcp://home.example.org:22000",
    "tcp://[fd00::7]:22000",
    "dynamic",
  ]);
});

test("a node behind another one is found by discovery alone", () => {
  expect(deviceAddresses(testNode("mom", [], { addresses: hosts("pi.lan"), jump: "home" }))).toEqual([
    "dynamic",
  ]);
});

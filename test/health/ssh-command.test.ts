import { describe, expect, test } from "vitest";
import { sshCommand } from "../../src/health/ssh-command.ts";
import type { Inventory, Node } from "../../src/inventory/inventory.ts";
import { noEngineSettings } from "../support/engine-settings.ts";

const home = node("home", {
  addresses: [
    { host: "home.local", port: undefined, text: "home.local" },
    { host: "home.example.org", port: 2222, text: "home.example.org:2222" },
  ],
});
const mom = node("mom", { jump: "home", user: undefined });
const shed = node("shed", { jump: "mom" });
const inventory: Inventory = {
  path: "/pimesh.yaml",
  laptop: { tree: "/home/ann/btsync", folders: {} },
  nodes: [home, mom, shed],
  ignore: [],
  peers: {},
};

describe("an ssh command to paste", () => {
  test.each([
    [
      "names the address that answered",
      home,
      "home.example.org:2222",
      "lsblk -f",
      "ssh -p 2222 pi@home.example.org lsblk -f",
    ],
    ["names the first address of a silent node", home, undefined, "uptime", "ssh pi@home.local uptime"],
    [
      "goes through the node's jump host",
      mom,
      undefined,
      "dmesg",
      "ssh -J pi@home.local mom.example.org dmesg",
    ],
    [
      "goes through every jump host, the nearest first",
      shed,
      undefined,
      "dmesg",
      "ssh -J pi@home.local,mom.example.org pi@shed.example.org dmesg",
    ],
    [
      "quotes what the shell here would take",
      home,
      undefined,
      "dmesg | tail",
      "ssh pi@home.local 'dmesg | tail'",
    ],
  ])("%s", (_, to, address, remote, expected) => {
    expect(sshCommand(inventory, to, address, remote)).toBe(expected);
  });
});

function node(name: string, changes: Partial<Node>): Node {
  return {
    name,
    addresses: [{ host: `${name}.example.org`, port: undefined, text: `${name}.example.org` }],
    user: "pi",
    jump: undefined,
    identityFiles: [],
    sudoPasswordFile: undefined,
    disk: { label: "btsync", mount: "/media/btsync" },
    tree: "btsync",
    folders: [],
    swap: false,
    engine: false,
    engineSettings: noEngineSettings,
    player: false,
    ...changes,
  };
}

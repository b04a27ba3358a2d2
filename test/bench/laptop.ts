import { mkdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { hostKeyOf } from "../../src/ssh/host-key.ts";
import { pinsIn } from "../../src/ssh/pins.ts";
import type { FarNode } from "./far-end.ts";
import type { Place } from "./place.ts";

/** A laptop that knows some nodes: for OpenSSH's own tools by a configuration file, for pimesh by an inventory. */
export interface Laptop {
  readonly sshConfig: string;
  readonly inventory: string;
  readonly home: string;
  readonly user: string;
  /** The environment of a pimesh that remembers nothing but the nodes' host keys. */
  freshState(): Promise<Record<string, string>>;
}

let states = 0;

/** `tree`: the laptop's; `more`: further lines of the inventory's defaults. */
export function makeLaptop(
  place: Place,
  nodes: readonly FarNode[],
  {
    name,
    tree,
    more = [],
  }: { readonly name: string; readonly tree: string; readonly more?: readonly string[] },
): Laptop {
  const home = join(place.folder, `home-${name}`);
  mkdirSync(home, { recursive: true });
  const { host } = place.line;
  const user = userInfo().username;
  const known = join(home, "known_hosts");
  writeFileSync(known, nodes.map(({ port }) => `[${host}]:${port} ${place.hostKey.publicLine}\n`).join(""));
  const sshConfig = join(home, "ssh_config");
  writeFileSync(
    sshConfig,
    [
      ...nodes.flatMap((node) => [`Host ${node.name}`, `Port ${node.port}`]),
      "Host *",
      `HostName ${host}`,
      `User ${user}`,
      `IdentityFile ${place.identity.file}`,
      "IdentitiesOnly yes",
      "IdentityAgent none",
      `UserKnownHostsFile ${known}`,
      "GlobalKnownHostsFile none",
      "StrictHostKeyChecking yes",
      "BatchMode yes",
      "",
    ].join("\n"),
  );
  const inventory = join(home, "pimesh.yaml");
  writeFileSync(
    inventory,
    [
      `laptop: { tree: ${tree} }`,
      "defaults:",
      `  user: ${user}`,
      `  identity: ${place.identity.file}`,
      ...more.map((line) => `  ${line}`),
      "nodes:",
      ...nodes.map((node) => `  ${node.name}: { address: "${host}:${node.port}" }`),
      "",
    ].join("\n"),
  );
  return { sshConfig, inventory, home, user, freshState: () => freshState(place, nodes, home) };
}

async function freshState(
  place: Place,
  nodes: readonly FarNode[],
  home: string,
): Promise<Record<string, string>> {
  states += 1;
  const folder = join(home, `state-${states}`);
  const key = hostKeyOf(Buffer.from(place.hostKey.publicLine.split(" ")[1] ?? "", "base64"));
  if (key === undefined) throw new Error("the host key cannot be read");
  const pins = pinsIn(join(folder, "pimesh"));
  for (const { name } of nodes)
    await pins.write(name, [{ ...key, at: new Date().toISOString(), from: "trust" }]);
  return { HOME: home, XDG_STATE_HOME: folder };
}

import { treePath, type Inventory, type Node } from "../inventory/inventory.ts";
import type { DesiredFile, DesiredFolder } from "./desired.ts";

/**
 * `config_raspi/<node>/` in the tree: what it takes to set up a replacement for this Pi, kept at every home. A node
 * writes only its own folder, because one path written by three nodes is a conflict factory; nothing in it is ever
 * executed, because every peer can change it; and there are no secrets in it.
 */
export function desiredConfigRaspi(input: {
  readonly node: Node;
  readonly inventory: Inventory;
  readonly uuid: string;
  readonly userName: string;
  readonly owner: string;
  readonly system: string;
  /** The files that provision writes on the node's own system. */
  readonly systemFiles: readonly DesiredFile[];
}): { folders: DesiredFolder[]; files: DesiredFile[] } {
  const { node, owner } = input;
  const top = `${treePath(node)}/config_raspi`;
  const place = `${top}/${node.name}`;
  const file = (name: string, text: string, why: string): DesiredFile => ({
    resource: "config",
    path: `${place}/${name}`,
    text,
    mode: "644",
    owner,
    why,
  });
  const why = "what it takes to replace this Pi is kept at every home";
  return {
    folders: [top, place].map((path) => ({ resource: "config", path, mode: "755", owner, why })),
    files: [
      file("README.txt", readme(input), "how to replace this Pi, for whoever has to"),
      file("inventory.yaml", inventoryText(input), "this node's part of the inventory, without secrets"),
      file("files.txt", filesText(input.systemFiles), "every file that provision has put on this Pi"),
    ],
  };
}

function readme({
  node,
  uuid,
  userName,
  system,
}: {
  node: Node;
  uuid: string;
  userName: string;
  system: string;
}): string {
  return `This folder belongs to the Raspberry Pi called "${node.name}". pimesh writes it; do not edit it.

The Pi:    ${system}
The login: ${userName}
The disk:  ext4, label ${node.disk.label}, UUID ${uuid}, mounted at ${node.disk.mount}
The tree:  ${treePath(node)}

To replace the Pi (broken, stolen, new model), on any laptop with pimesh:

 1. Write the same system to a new SD card; switch SSH on; make the user "${userName}".
 2. Plug the old disk into the new Pi. Do not format it: it holds the files.
 3. Put the text of inventory.yaml (beside this file) into your pimesh.yaml, if it is not there any more.
 4. pimesh trust ${node.name} --replace      the new SD card has a new host key: compare its fingerprint
 5. pimesh provision ${node.name}            shows what it will do, and asks
 6. pimesh status

files.txt lists every file that pimesh puts on the Pi's own system, to read, or to restore one by hand.
${ownEngine(node)}There are no passwords or keys in this folder. Nothing in it is ever run by pimesh.
`;
}

/** What the inventory names on the laptop is of no use on another one, and is not in the folder. */
function ownEngine({ engine, engineSettings: { binary, keyFile } }: Node): string {
  const names = [binary === undefined ? "" : "binary: …", keyFile === undefined ? "" : "key_file: …"]
    .filter((name) => name !== "")
    .join(", ");
  if (engine === false || names === "") return "";
  return `What only you have, name it again in your pimesh.yaml: engine: { kind: ${engine}, ${names} }.\n`;
}

/** JSON is YAML (YAML 1.2, section 1.3): no writer of our own. */
function inventoryText({ node, inventory }: { node: Node; inventory: Inventory }): string {
  const { name, addresses, user, jump, disk, tree, folders, engine, player } = node;
  // As it is written there: `auto` has become a size in the node
  const swap = inventory.nodes.find((each) => each.name === name)?.swap ?? node.swap;
  const part = {
    nodes: {
      [name]: {
        address: addresses.map((address) => address.text),
        ...(user === undefined ? {} : { user }),
        ...(jump === undefined ? {} : { jump }),
        disk: { label: disk.label, mount: disk.mount },
        tree,
        folders,
        swap:
          swap === false
            ? false
            : {
                size: swap.bytes === "auto" ? swap.bytes : `${swap.bytes}B`,
                policy: swap.policy,
                require: swap.require,
                ...(swap.threshold === undefined ? {} : { threshold: `${swap.threshold}B` }),
              },
        engine,
        player,
      },
    },
    ignore: inventory.ignore,
  };
  return `# ${name}'s part of the inventory, by pimesh. The laptop's own part (laptop: { tree: … }) is not here.\n${JSON.stringify(part, undefined, 2)}\n`;
}

function filesText(files: readonly DesiredFile[]): string {
  return files
    .filter((file) => file.text !== undefined)
    .map((file) => `===== ${file.path}  (mode ${file.mode}, owner ${file.owner})\n${file.text ?? ""}`)
    .join("\n");
}

import { rmSync } from "node:fs";
import { cp, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { familyTree } from "./family.ts";
import { familyPis } from "./family-pis.ts";
import { newFolderKey, programForArm } from "./own-engine.ts";
import { asRoot, diskFolder, makePi, type Pi } from "./pi.ts";
import { newKey, serve, type PiServer } from "./serve.ts";
import { writeEntry } from "./write-files.ts";

/** A laptop and three simulated Pis that answer SSH on loopback; everything lies in one temporary folder. */
export interface Stage extends AsyncDisposable {
  readonly folder: string;
  readonly inventoryPath: string;
  /** The laptop's home: no keys, no ssh configuration but ours. */
  readonly home: string;
  /** Value of XDG_STATE_HOME. */
  readonly stateHome: string;
  /** An empty folder: as PATH it keeps ssh and ssh-keygen, which would read the user's own ~/.ssh, out of the play. */
  readonly emptyPath: string;
  readonly pis: readonly { readonly pi: Pi; readonly server: PiServer }[];
}

export async function setStage(): Promise<Stage> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "pimesh-demo-")));
  const servers: PiServer[] = [];
  // The last resort: a second Ctrl-C and a closed pipe leave by process.exit, which waits for nothing
  const onExit = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", onExit);
  const clear = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()));
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    process.off("exit", onExit);
  };
  try {
    return { ...(await fill(folder, servers)), [Symbol.asyncDispose]: clear };
  } catch (error) {
    await clear();
    throw error;
  }
}

/**
 * Plays the sync engines for what provision has written into the trees: every member's config_raspi comes to the laptop
 * and to the other members, times and all. Hours later their timers have counted that too.
 */
export async function carryOver(stage: Stage, members: readonly string[]): Promise<void> {
  const trees = await Promise.all(
    stage.pis
      .filter(({ pi }) => members.includes(pi.name))
      .map(async ({ pi }) => ({ name: pi.name, tree: join(await diskFolder(pi, "/dev/sda1"), "btsync") })),
  );
  for (const from of trees) {
    for (const to of [
      join(stage.home, "btsync"),
      ...trees.filter((each) => each !== from).map((each) => each.tree),
    ]) {
      const part = join("config_raspi", from.name);
      await cp(join(from.tree, part), join(to, part), { recursive: true, preserveTimestamps: true });
    }
  }
  for (const { pi } of stage.pis.filter((each) => members.includes(each.pi.name))) {
    await rm(join(await diskFolder(pi, "/dev/sda1"), ".pimesh/index-summary.json"));
    await asRoot(pi, "systemctl", ["start", "pimesh-index.service"]);
  }
}

async function fill(folder: string, servers: PiServer[]): Promise<Omit<Stage, typeof Symbol.asyncDispose>> {
  const home = join(folder, "laptop");
  const tree = familyTree();
  for (const [path, content] of Object.entries(tree)) writeEntry(join(home, "btsync", path), content);
  const key = newKey("laptop of the pimesh demo");
  writeEntry(join(home, ".ssh/id_ed25519"), { content: key.privateKey, mode: 0o600 });
  writeEntry(join(home, "btsync-arm"), programForArm());
  writeEntry(join(home, "folder-key"), { content: `${newFolderKey()}\n`, mode: 0o600 });
  const emptyPath = join(folder, "bin");
  writeEntry(emptyPath, null);

  const pis: { pi: Pi; server: PiServer }[] = [];
  for (const options of familyPis(tree)) {
    const pi = await makePi(join(folder, options.name), options);
    const server = await serve(pi, { authorizedKeys: [key.publicKey] });
    servers.push(server);
    pis.push({ pi, server });
  }
  const inventoryPath = join(folder, "pimesh.yaml");
  await writeFile(inventoryPath, inventoryText(pis, home));
  return { folder, inventoryPath, home, stateHome: join(home, ".local/state"), emptyPath, pis };
}

/** One node runs btsync, one is reached through another, as in a family. */
function inventoryText(pis: Stage["pis"], home: string): string {
  const path = (name: string): string => JSON.stringify(join(home, name));
  const address = (name: string): string => {
    const found = pis.find(({ pi }) => pi.name === name);
    if (found === undefined) throw new Error(`the family has no ${name}`);
    return `127.0.0.1:${found.server.port}`;
  };
  return [
    "# Written by `pimesh demo`: three simulated Pis on this machine.",
    "laptop:",
    `  tree: ${path("btsync")}`,
    "defaults:",
    "  user: pi",
    `  identity: ${path(".ssh/id_ed25519")}`,
    "  disk: { label: btsync, mount: /media/btsync }",
    "  tree: btsync",
    "  folders: [movies, series, photos, music, papers]",
    "  swap: { size: 1GiB }",
    "  engine: syncthing",
    "  player: false",
    "nodes:",
    `  home: { address: "${address("home")}" }`,
    `  mom: { address: "${address("mom")}", jump: home }`,
    "  grandma:",
    `    { address: "${address("grandma")}", user: osmc, player: kodi, engine: { kind: btsync, upload: 100 KiB/s,`,
    `      binary: ${path("btsync-arm")}, key_file: ${path("folder-key")} } }`,
    "ignore: [.DS_Store, Thumbs.db, desktop.ini]",
    "",
  ].join("\n");
}

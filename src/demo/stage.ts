import { existsSync, rmSync } from "node:fs";
import { cp, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { familyTree } from "./family.ts";
import { familyPis } from "./family-pis.ts";
import { newFolderKey, programForArm } from "./own-engine.ts";
import { asRoot, diskFolder, makePi, type Pi } from "./pi.ts";
import { newKey, serve, type PiServer } from "./serve.ts";
import type { Version } from "./stand-ins/syncthing/config-model.ts";
import { exchange } from "./stand-ins/syncthing/exchange.ts";
import type { Family } from "./stand-ins/syncthing/member.ts";
import { playOnLaptop, playOnPi } from "./stand-ins/syncthing/play.ts";
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
  /** The Syncthings that run. */
  readonly syncthings: Family;
}

export async function setStage(): Promise<Stage> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "pimesh-demo-")));
  const servers: AsyncDisposable[] = [];
  // The last resort: a second Ctrl-C and a closed pipe leave by process.exit, which waits for nothing
  const onExit = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", onExit);
  const clear = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
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

/** The Syncthings of these members, and of the laptop, bring them what they lack, and the members count again. */
export async function letThemSync(stage: Stage, members: readonly string[]): Promise<void> {
  exchange(stage.syncthings, ["laptop", ...members]);
  await countAgain(stage, members);
}

/** Until the signal they bring each other every few seconds what is new. */
export function keepInStep(stage: Stage, signal: AbortSignal): void {
  const names = ["laptop", ...stage.pis.map(({ pi }) => pi.name)];
  const timer = setInterval(() => {
    try {
      exchange(stage.syncthings, names);
    } catch {
      // Somebody has pulled a disk, or taken a file away, in the middle of it: the next round looks anew
    }
  }, 2000);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}

/**
 * Grandma's btsync speaks to no Syncthing: whoever visits her takes along what it takes to replace a Pi, which every home
 * keeps of all others, and nothing else.
 */
export async function visitGrandma(stage: Stage): Promise<void> {
  const hers = join(await diskFolder(piOf(stage, "grandma"), "/dev/sda1"), "btsync");
  const here = join(stage.home, "btsync");
  for (const { pi } of stage.pis) {
    const [from, to] = pi.name === "grandma" ? [hers, here] : [here, hers];
    const part = join("config_raspi", pi.name);
    if (existsSync(join(from, part)))
      await cp(join(from, part), join(to, part), { recursive: true, preserveTimestamps: true });
  }
  await countAgain(stage, ["grandma"]);
}

/** As their timers do hours later. */
async function countAgain(stage: Stage, members: readonly string[]): Promise<void> {
  await Promise.all(
    members.map(async (name) => {
      const pi = piOf(stage, name);
      await rm(join(await diskFolder(pi, "/dev/sda1"), ".pimesh/index-summary.json"));
      await asRoot(pi, "systemctl", ["start", "pimesh-index.service"]);
    }),
  );
}

function piOf({ pis }: Pick<Stage, "pis">, name: string): Pi {
  const found = pis.find(({ pi }) => pi.name === name);
  if (found === undefined) throw new Error(`the family has no ${name}`);
  return found.pi;
}

async function fill(
  folder: string,
  servers: AsyncDisposable[],
): Promise<Omit<Stage, typeof Symbol.asyncDispose>> {
  const home = join(folder, "laptop");
  const tree = familyTree();
  for (const [path, content] of Object.entries(tree)) writeEntry(join(home, "btsync", path), content);
  const key = newKey("laptop of the pimesh demo");
  writeEntry(join(home, ".ssh/id_ed25519"), { content: key.privateKey, mode: 0o600 });
  writeEntry(join(home, "btsync-arm"), programForArm());
  writeEntry(join(home, "folder-key"), { content: `${newFolderKey()}\n`, mode: 0o600 });
  const emptyPath = join(folder, "bin");
  writeEntry(emptyPath, null);

  const syncthings: Family = new Set();
  const own = await playOnLaptop(home, trixies, syncthings);
  servers.push({ [Symbol.asyncDispose]: async () => own[Symbol.dispose]() });
  const pis: { pi: Pi; server: PiServer }[] = [];
  for (const options of familyPis(tree)) {
    const pi = await makePi(join(folder, options.name), options);
    const server = await serve(pi, { authorizedKeys: [key.publicKey] });
    servers.push(server);
    if (options.packages?.includes("syncthing") === true) {
      const version = options.system === "raspberry-pi-os-bookworm" ? "1.19.2" : trixies;
      servers.push(playOnPi(pi, version, syncthings));
    }
    pis.push({ pi, server });
  }
  const inventoryPath = join(folder, "pimesh.yaml");
  await writeFile(inventoryPath, inventoryText(pis, home));
  return { folder, inventoryPath, home, stateHome: join(home, ".local/state"), emptyPath, pis, syncthings };
}

const trixies: Version = "1.29.5";

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
    "  engine: syncthing",
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

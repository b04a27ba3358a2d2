import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import { applyPlan } from "../../../src/syncthing/apply-plan.ts";
import { askStatus } from "../../../src/syncthing/ask-status.ts";
import type { Change } from "../../../src/syncthing/change.ts";
import { engineStatus, type EngineStatus } from "../../../src/syncthing/engine-status.ts";
import type { Instance } from "../../../src/syncthing/instance.ts";
import { askState } from "../../../src/syncthing/instance-state.ts";
import { laptopInstance } from "../../../src/syncthing/laptop-instance.ts";
import { makeLaptopMarker } from "../../../src/syncthing/laptop-marker.ts";
import { nodeInstance } from "../../../src/syncthing/node-instance.ts";
import { makeNodeMarker } from "../../../src/syncthing/node-marker.ts";
import { planInstance, type InstancePlan } from "../../../src/syncthing/plan-instance.ts";
import type { Wish } from "../../../src/syncthing/wish.ts";
import { localConnection } from "../../support/local-connection.ts";
import { makeSyncthing, type SyncthingProcess } from "../../support/syncthing-process.ts";
import { makeDisk, type Disk } from "./disk.ts";

export const folderId = "pimesh-btsync";

/** One home of a mesh of real processes. */
export interface Member {
  readonly name: string;
  readonly process: SyncthingProcess;
  /** Of the laptop a folder as any other. */
  readonly disk: Disk | undefined;
  readonly tree: string;
  /** Relative to the tree. */
  readonly marker: string;
  /** Opened anew at each call, as each run of pimesh does; the caller disposes it. */
  instance(): Promise<Instance>;
}

export interface Mesh {
  readonly folder: string;
  readonly members: Readonly<Record<string, Member>>;
  readonly member: (name: string) => Member;
  /** What the inventory wishes for a member: everybody else, by address. */
  wish(member: Member, more?: Partial<Wish>): Wish;
  /** Plans and applies as provision will; `ensureMarker` is the guard's, here without one. */
  provision(
    member: Member,
    more?: Partial<Wish>,
  ): Promise<InstancePlan & { readonly restartNeeded: boolean }>;
  status(member: Member): Promise<EngineStatus>;
}

/** Real processes, each with a home of its own, that know nothing of each other. They end with the test file. */
export function makeMesh(names: readonly string[]): { readonly ready: () => Promise<Mesh> } {
  const folder = mkdtempSync(join(tmpdir(), "pimesh-mesh-"));
  const members: Record<string, Member> = {};
  afterAll(async () => {
    await Promise.all(Object.values(members).map(({ process }) => process.stop()));
    for (const { disk } of Object.values(members)) disk?.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  const ready = async (): Promise<Mesh> => {
    for (const name of names) members[name] = await makeMember(folder, name);
    await Promise.all(Object.values(members).map(({ process }) => process.start()));
    return meshOf(folder, members);
  };
  return { ready };
}

async function makeMember(folder: string, name: string): Promise<Member> {
  const own = join(folder, name);
  const place = join(own, "disk");
  const disk = name === "laptop" ? undefined : makeDisk(place);
  const tree = join(place, "btsync");
  mkdirSync(tree, { recursive: true });
  // Beside the disk and not on it, which is the worse case: the engine runs on when the disk is pulled.
  const home = join(own, "state", "syncthing");
  const process = await makeSyncthing(home);
  const { signal } = new AbortController();
  return {
    name,
    process,
    disk,
    tree,
    marker: `.stfolder/pimesh-${name}-1111-2222`,
    instance: async () => {
      const instance =
        name === "laptop"
          ? await laptopInstance({
              env: { STHOMEDIR: home },
              home: own,
              platform: "linux",
              stateFolder: join(own, "pimesh"),
              signal,
            })
          : await nodeInstance(localConnection({ node: name }), { home, downHint: `start ${name}` });
      if (instance === undefined) throw new Error(`${name} has no configuration`);
      return instance;
    },
  };
}

function meshOf(folder: string, members: Readonly<Record<string, Member>>): Mesh {
  const all = Object.values(members);
  const names = new Map(all.map(({ process, name }) => [process.id, name]));
  const wish: Mesh["wish"] = (member, more = {}) => ({
    whose: member.name === "laptop" ? "theirs" : "ours",
    name: member.name,
    folder: { id: folderId, label: "btsync", path: member.tree, marker: member.marker, fileSystem: "ext4" },
    devices: all.map(({ name, process }) => ({ id: process.id, name, addresses: [process.address] })),
    unheard: [],
    known: all.map(({ process }) => process.id),
    memory: member.name === "mom" ? "small" : "ordinary",
    rates: { up: undefined, down: undefined },
    ...more,
  });
  return {
    folder,
    members,
    member: (name) => {
      const member = members[name];
      if (member === undefined) throw new Error(`there is no ${name}`);
      return member;
    },
    wish,
    provision: async (member, more) => {
      using instance = await member.instance();
      const plan = planInstance(await askState(instance.rest, folderId), wish(member, more), instance.paired);
      const { restartNeeded } = await applyPlan(instance, plan, {
        ensureMarker: () => putMarker(member),
      });
      return { ...plan, restartNeeded };
    },
    status: async (member) => {
      using instance = await member.instance();
      return engineStatus(await askStatus(instance.rest, folderId), names);
    },
  };
}

async function putMarker({ name, tree, marker }: Member): Promise<void> {
  await (name === "laptop"
    ? makeLaptopMarker({ tree, marker })
    : makeNodeMarker(localConnection({ node: name }), { tree, marker }));
}

export function shown(changes: readonly Change[]): string[] {
  return changes.map(({ method, path }) => `${method} ${path}`);
}

/** Asks until the answer is not undefined; a machine that does other things too may take long. */
export async function until<T>(what: string, ask: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`it never came to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Path → hash, target or `/` of everything in a tree but what is Syncthing's own. */
export function contents(tree: string, below = ""): Record<string, string> {
  const found: Record<string, string> = {};
  if (!existsSync(join(tree, below))) return found;
  for (const name of readdirSync(join(tree, below)).toSorted()) {
    const path = below === "" ? name : `${below}/${name}`;
    if (/^\.st(?:folder|versions|ignore)/.test(path) || /^\.syncthing\..*\.tmp$/.test(name)) continue;
    try {
      const entry = lstatSync(join(tree, path));
      if (entry.isDirectory()) Object.assign(found, { [path]: "/" }, contents(tree, path));
      else if (entry.isSymbolicLink()) found[path] = `→ ${readlinkSync(join(tree, path))}`;
      else found[path] = hashOf(join(tree, path));
    } catch (error) {
      // An engine is at work here: what has gone meanwhile is not there
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
  return found;
}

function hashOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16);
}

export function put(tree: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
}

export function same(left: Record<string, string>, right: Record<string, string>): boolean {
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key]);
}

export async function scan(member: Member): Promise<void> {
  await post(member, `/rest/db/scan?folder=${folderId}`);
}

export async function post(member: Member, path: string): Promise<void> {
  using instance = await member.instance();
  await instance.rest.send("POST", path);
}

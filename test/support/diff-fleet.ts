import { mkdirSync, utimesSync, writeFileSync, chmodSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../../src/commands/context.ts";
import { diffOf, type DiffOptions } from "../../src/commands/diff.ts";
import { projectsOf, type ProjectsOptions } from "../../src/commands/projects.ts";
import type { Inventory, Node } from "../../src/inventory/inventory.ts";
import { temporaryFolder } from "./folder.ts";
import { localConnection } from "./local-connection.ts";
import { noEngineSettings } from "./engine-settings.ts";

/** A laptop and two nodes, each node a folder with a disk mounted in it. */
export class Fleet {
  readonly folder = temporaryFolder();
  readonly laptop = join(this.folder, "laptop");
  readonly ignore: string[] = [];
  readonly folders: Record<string, string> = {};
  engine: Node["engine"] = "syncthing";
  /** What the nodes' scripts run as. */
  user: string | undefined;
  /** Programs of the nodes, before those of this machine. */
  programs: string | undefined;
  opened = 0;
  now = Date.now;
  signal = new AbortController().signal;

  constructor() {
    mkdirSync(this.laptop);
    for (const name of ["mom", "grandma"]) {
      mkdirSync(this.tree(name), { recursive: true });
      mkdirSync(join(this.folder, name, "proc/self"), { recursive: true });
      this.mount(name, true);
    }
  }

  tree(name: string): string {
    return join(this.folder, name, "media/btsync/btsync");
  }

  mount(name: string, mounted: boolean): void {
    const line = mounted ? "/dev/sda1 /media/btsync ext4 rw 0 0\n" : "";
    writeFileSync(join(this.folder, name, "proc/self/mounts"), line);
  }

  async diff(left: string, right: string, options: DiffOptions = {}) {
    return this.run(async (context) => diffOf(context, this.inventory(), [left, right], options));
  }

  async projects(tree: string, options: ProjectsOptions = {}) {
    return this.run(async (context) => projectsOf(context, this.inventory(), tree, options));
  }

  /** What a command said, and its exit code. */
  async run<T>(command: (context: Context) => Promise<T>) {
    let out = "";
    let err = "";
    const context: Context = {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      terminal: { decorated: false, live: false, colour: false, columns: undefined },
      prompt: { interactive: false, ask: async () => "", confirm: async () => false },
      now: () => this.now(),
      signal: this.signal,
      env: {},
      home: this.folder,
      cwd: this.folder,
      stateFolder: join(this.folder, "state"),
      connect: async (node) => {
        this.opened += 1;
        const connection = localConnection({
          node: node.name,
          root: join(this.folder, node.name),
          ...(this.user === undefined ? {} : { user: this.user }),
          ...(this.programs === undefined ? {} : { path: this.programs }),
        });
        let isOpen = true;
        const open = (): typeof connection => {
          if (!isOpen) throw new Error(`the connection to ${node.name} was given back already`);
          return connection;
        };
        return {
          ...connection,
          run: async (...given) => open().run(...given),
          stream: async (...given) => open().stream(...given),
          [Symbol.asyncDispose]: async () => {
            isOpen = false;
            this.opened -= 1;
          },
        };
      },
    };
    const code = await command(context);
    return { code, out, err };
  }

  async json(left: string, right: string, options: DiffOptions = {}): Promise<Document> {
    return JSON.parse((await this.diff(left, right, { ...options, json: true })).out) as Document;
  }

  inventory(): Inventory {
    const node = (name: string): Node => ({
      name,
      addresses: [],
      user: undefined,
      jump: undefined,
      identityFiles: [],
      sudoPasswordFile: undefined,
      disk: { label: "btsync", mount: "/media/btsync" },
      tree: "btsync",
      folders: [],
      swap: false,
      engine: this.engine,
      engineSettings: noEngineSettings,
      player: false,
    });
    return {
      path: "pimesh.yaml",
      laptop: { tree: this.laptop, folders: this.folders },
      nodes: [node("mom"), node("grandma")],
      ignore: this.ignore,
      peers: {},
    };
  }
}

export interface Document {
  readonly summary: Readonly<Record<string, number>>;
  readonly differences: readonly {
    readonly path: string;
    readonly pathBase64?: string;
    readonly kind: string;
    readonly by?: string;
    readonly reason?: string;
    readonly left?: { readonly size: number; readonly mtime: number };
  }[];
}

export function put(path: string, text: string, mtime = 1_700_000_000): void {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  utimesSync(path, mtime, mtime);
}

export function told(document: Document): string[] {
  return document.differences.map(
    ({ kind, path, by }) => `${kind} ${path}${by === undefined ? "" : ` ${by}`}`,
  );
}

/** A folder of programs where python3 is none. */
export function withoutPython(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "python3"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  chmodSync(folder, 0o755);
  return folder;
}

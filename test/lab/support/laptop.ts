import { spawn, type ChildProcess } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { keyFile } from "./images.ts";
import type { Machine } from "./machine.ts";
import { password } from "./recipe.ts";

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** On this machine's clock. */
  readonly seconds: number;
}

/** What stands in the inventory, as JSON: `defaults` and each node's own keys beside its address. */
export interface InventoryKeys {
  readonly defaults?: object;
  readonly nodes?: Readonly<Record<string, object>>;
  readonly [key: string]: unknown;
}

const tsx = import.meta.resolve("tsx");
const cli = fileURLToPath(new URL("../../../src/cli.ts", import.meta.url));

/** The laptop of the tests: a home, an inventory and a state of its own. pimesh runs as a person runs it, as a program. */
export class Laptop {
  readonly folder: string;
  readonly #machines: Readonly<Record<string, Machine>>;

  private constructor(folder: string, machines: Readonly<Record<string, Machine>>) {
    this.folder = folder;
    this.#machines = machines;
  }

  /** With these machines in its inventory, all of them trusted already. */
  static async of(
    folder: string,
    machines: Readonly<Record<string, Machine>>,
    keys: InventoryKeys = {},
  ): Promise<Laptop> {
    const laptop = new Laptop(folder, machines);
    await mkdir(`${folder}/tree`, { recursive: true });
    await writeFile(`${folder}/password`, `${password}\n`);
    await chmod(`${folder}/password`, 0o600);
    await laptop.write(keys);
    for (const name of Object.keys(machines)) {
      await laptop.does("trust", name, "--yes");
    }
    return laptop;
  }

  /** A new inventory; what is not given here is the lab's. `without`: nodes that have left it. */
  async write(keys: InventoryKeys = {}, without: readonly string[] = []): Promise<void> {
    const { defaults, nodes, ...others } = keys;
    const inventory = {
      laptop: { tree: `${this.folder}/tree` },
      defaults: {
        user: "pi",
        identity: [keyFile],
        sudo_password_file: `${this.folder}/password`,
        folders: ["photos"],
        swap: { size: "256MiB" },
        engine: "syncthing",
        player: "kodi",
        ...defaults,
      },
      nodes: Object.fromEntries(
        Object.entries(this.#machines)
          .filter(([name]) => !without.includes(name))
          .map(([name, { port }]) => [name, { address: `127.0.0.1:${port}`, ...nodes?.[name] }]),
      ),
      ...others,
    };
    // Every JSON document is a YAML document
    await writeFile(`${this.folder}/pimesh.yaml`, JSON.stringify(inventory, null, 2));
  }

  /** Runs it and expects exit code 0; the error shows all that it said. */
  async does(...args: readonly string[]): Promise<Said> {
    const said = await this.pimesh(...args);
    if (said.code === 0) return said;
    throw new Error(`pimesh ${args.join(" ")} ended with ${said.code}\n${said.out}${said.err}`);
  }

  async pimesh(...args: readonly string[]): Promise<Said> {
    return this.start(...args).ended;
  }

  /** The same without waiting, for those who cut it off. */
  start(...args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Said> } {
    const begin = performance.now();
    const child = spawn(process.execPath, ["--import", tsx, cli, ...args], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        HOME: this.folder,
        XDG_STATE_HOME: `${this.folder}/state`,
      },
    });
    const said = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => void (said.out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => void (said.err += text));
    const ended = new Promise<Said>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) =>
        resolve({ ...said, code: code ?? 255, seconds: (performance.now() - begin) / 1000 }),
      );
    });
    return { child, ended };
  }

  /** What `status --json` says of one node. */
  async statusOf(name: string): Promise<NodeStatus> {
    const said = await this.pimesh("status", name, "--json");
    const report = JSON.parse(said.out) as {
      readonly nodes: readonly (NodeStatus & { readonly name: string })[];
    };
    const node = report.nodes.find((each) => each.name === name);
    if (node === undefined) throw new Error(`status says nothing of ${name}: ${said.out}${said.err}`);
    return node;
  }

  /**
   * The codes of what `status` has against a node, without what is the lab's own: no network time, an empty laptop, an engine that
   * only stands in for one, and nobody who waits until the tree is counted in the background.
   */
  async problemsOf(name: string): Promise<string[]> {
    const { problems } = await this.statusOf(name);
    return problems
      .map(({ code }) => code)
      .filter((code) => !["W-CLOCK", "W-AHEAD", "W-INDEX-MISSING", "W-NOT-PAIRED"].includes(code));
  }
}

export interface NodeStatus {
  readonly state: string;
  readonly problems: readonly { readonly code: string; readonly message: string; readonly try: string }[];
}

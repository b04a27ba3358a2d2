import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { setTimeout as delay } from "node:timers/promises";
import { Door, type Answer } from "./door.ts";
import { diskDevice, diskNode, qemuArguments, type Plugged } from "./qemu.ts";
import { Qmp } from "./qmp.ts";
import { copySparse, type UsbDisk } from "./usb-disk.ts";

/** A machine that can be gone on from: its root disk, the disks that were plugged in, and perhaps its memory. */
export interface Checkpoint {
  readonly root: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly commandLine: string;
  /** Its memory; undefined: it is switched off. */
  readonly state: string | undefined;
  readonly disks: readonly Plugged[];
}

export interface StartOptions {
  /** An empty folder of its own is made in here. */
  readonly folder: string;
  readonly key: string;
  /** At each start disks are copied, so that a checkpoint serves many machines. */
  readonly from: Checkpoint;
  /** See `QemuOptions.doors`. */
  readonly doors?: readonly string[];
}

const execute = promisify(execFile);

/** A virtual Pi that runs in QEMU. */
export class Machine {
  readonly folder: string;
  readonly port: number;
  /** How it was powered on last; a Pi's firmware reads it from cmdline.txt. */
  commandLine: string;
  readonly #from: Checkpoint;
  readonly #doors: readonly string[];
  readonly #door: Door;
  #plugged: Plugged[];
  #qemu: ChildProcess | undefined;
  #qmp: Qmp | undefined;
  #ended = Promise.resolve();

  private constructor(
    folder: string,
    port: number,
    { from, key, doors = [] }: StartOptions,
    plugged: Plugged[],
  ) {
    this.#doors = doors;
    this.folder = folder;
    this.port = port;
    this.#from = from;
    this.commandLine = from.commandLine;
    this.#plugged = plugged;
    this.#door = new Door({ port, key, folder });
  }

  /** Starts it and waits until it lets one in: 4 s from a saved state, 30 to 90 s from cold. */
  static async start(options: StartOptions): Promise<Machine> {
    const folder = `${options.folder}/${randomUUID().slice(0, 8)}`;
    await mkdir(folder, { recursive: true });
    const { from } = options;
    const format = from.root.endsWith(".img") ? "raw" : "qcow2";
    await execute("qemu-img", [
      "create",
      "-q",
      "-f",
      "qcow2",
      "-F",
      format,
      "-b",
      from.root,
      `${folder}/root.qcow2`,
    ]);
    const plugged: Plugged[] = [];
    for (const { disk, port } of from.disks) {
      const file = `${folder}/${disk.id}.img`;
      await copySparse(disk.file, file);
      plugged.push({ disk: { ...disk, file }, port });
    }
    const machine = new Machine(folder, await freePort(), options, plugged);
    try {
      await machine.#power(from.state);
      await machine.waitUntilReached();
      if (from.state !== undefined) await machine.run(`date -u -s @${Math.floor(Date.now() / 1000)}`);
      return machine;
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
  }

  // --- looking ---------------------------------------------------------------------------------------------------

  /** Runs a script as root and gives what it said; an exit code other than 0 is an error that shows all. */
  async run(script: string, how: Parameters<Door["run"]>[1] = {}): Promise<string> {
    const answer = await this.ask(script, how);
    if (answer.code === 0) return answer.stdout.trimEnd();
    throw new Error(`ended with ${answer.code}: ${script}\n${answer.stdout}${answer.stderr}`);
  }

  /** The same, for those who expect it to fail. */
  ask(script: string, how: Parameters<Door["run"]>[1] = {}): Promise<Answer> {
    return this.#door.run(script, how);
  }

  /**
   * Waits until a condition of the shell holds, asked ten times a second on the machine itself; survives a machine that is
   * away for a while. Answers the seconds that it took; after `seconds` an error with what is known of the machine.
   */
  async waitFor(what: string, condition: string, seconds = 120): Promise<number> {
    const begin = performance.now();
    const left = (): number => seconds - (performance.now() - begin) / 1000;
    while (left() > 0) {
      const rounds = Math.ceil(Math.min(left(), 20) * 5);
      const answer = await this.ask(
        `n=0; while [ $n -lt ${rounds} ]; do if { ${condition}
} >/dev/null 2>&1; then exit 0; fi; n=$((n + 1)); sleep 0.1; done; exit 77`,
        { seconds: Math.ceil(left()) + 5 },
      );
      if (answer.code === 0) return (performance.now() - begin) / 1000;
      if (answer.code !== 77) await delay(300);
    }
    throw new Error(`not so after ${seconds} s: ${what}\n${await this.#story()}`);
  }

  /** Its serial console so far: the kernel's last words are there. */
  console(): Promise<string> {
    return readFile(`${this.folder}/console.log`, "utf8").catch(() => "");
  }

  /** Changes with every boot. */
  bootId(): Promise<string> {
    return this.run("cat /proc/sys/kernel/random/boot_id");
  }

  async waitUntilReached(seconds = 400): Promise<void> {
    const begin = performance.now();
    for (;;) {
      const { code } = await this.ask("exit 0", { seconds: 30 });
      if (code === 0) return;
      if (!this.isOn) throw new Error(`QEMU has ended\n${await this.#story()}`);
      if (performance.now() - begin > seconds * 1000) {
        throw new Error(`not reached within ${seconds} s\n${await this.#story()}`);
      }
      await delay(500);
    }
  }

  async #story(): Promise<string> {
    const told = await this.ask(
      "cat /proc/mounts | grep media; cat /proc/swaps; systemctl --failed --no-pager; journalctl -b -n 40 --no-pager; tail -n 40 /var/log/pimesh.log",
      { seconds: 30 },
    );
    const ask = (line: string): Promise<string> =>
      this.#command("human-monitor-command", { "command-line": line }).then(String, String);
    const qemu = this.isOn ? `${await ask("info status")}${await ask("info registers")}` : "has ended";
    const console = (await this.console()).split("\n").slice(-30).join("\n");
    return `${told.stdout}\nconsole:\n${console}\nQEMU:\n${qemu}`;
  }

  // --- hands -----------------------------------------------------------------------------------------------------

  /** Puts the disk into the lowest free port; also while the machine is off. */
  async plug(disk: UsbDisk): Promise<void> {
    const port = [1, 2, 3, 4, 5, 6, 7, 8].find((each) => this.#plugged.every((other) => other.port !== each));
    if (port === undefined) throw new Error("no USB port is free");
    this.#plugged.push({ disk, port });
    if (!this.isOn) return;
    await this.#command("blockdev-add", diskNode(disk));
    await this.#command("device_add", diskDevice(disk, port));
  }

  /** Pulls the disk: the machine is not asked (a surprise removal). Also while the machine is off. */
  async pull(disk: UsbDisk): Promise<void> {
    this.#plugged = this.#plugged.filter((each) => each.disk.id !== disk.id);
    if (!this.isOn) return;
    const id = `usb-${disk.id}`;
    const gone = this.#monitor().event("DEVICE_DELETED", (data) => data["device"] === id);
    await this.#command("device_del", { id });
    await gone;
    await this.#command("blockdev-del", { "node-name": disk.id });
  }

  /** The disks that are plugged in, with the files they are in now. */
  get disks(): readonly UsbDisk[] {
    return this.#plugged.map(({ disk }) => disk);
  }

  /**
   * Power off and on in the middle of everything: what the machine had not yet written is lost. Not by `system_reset`: after
   * it, one boot in ten or so hung for good while the kernel unpacked itself (QEMU 7.2's TCG).
   */
  async powerCut(): Promise<void> {
    await this.powerFail();
    await this.#power(undefined);
  }

  /** The orderly way, by its own hand; waits until it is back and lets one in. Answers the seconds. */
  async reboot(): Promise<number> {
    const before = await this.bootId();
    const line = await this.run("tr -d '\\n' </boot/firmware/cmdline.txt");
    const begin = performance.now();
    // It ends when the machine starts anew (`#power`), and the firmware reads its line at every start
    await this.ask("(sleep 0.2; reboot) >/dev/null 2>&1 &");
    await this.#door.close();
    await this.#endsBy(300_000);
    this.commandLine = line;
    await this.#power(undefined);
    await this.waitForNewBoot(before);
    return (performance.now() - begin) / 1000;
  }

  /** Waits until it has booted anew and lets one in. */
  async waitForNewBoot(before: string, seconds = 400): Promise<void> {
    const begin = performance.now();
    for (;;) {
      const { stdout } = await this.ask("cat /proc/sys/kernel/random/boot_id", { seconds: 30 });
      if (stdout !== "" && stdout.trim() !== before) return;
      if (performance.now() - begin > seconds * 1000) throw new Error(`no new boot\n${await this.#story()}`);
      await this.#door.close();
      await delay(500);
    }
  }

  /** Shuts down, or is switched off when it does not within five minutes. */
  async powerOff(): Promise<void> {
    await this.ask("(sleep 0.2; poweroff) >/dev/null 2>&1 &");
    await this.#door.close();
    await this.#endsBy(300_000);
  }

  /** Waits for the end of its process, and switches it off when that does not come within so many milliseconds. */
  async #endsBy(milliseconds: number): Promise<void> {
    const timer = setTimeout(() => this.#qemu?.kill("SIGKILL"), milliseconds);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Switched off in the middle of everything, and not on again. */
  async powerFail(): Promise<void> {
    await this.#door.close();
    this.#qemu?.kill("SIGKILL");
    await this.#ended;
  }

  /** After powerOff or powerFail; waits until it lets one in. */
  async powerOn(): Promise<void> {
    await this.#power(undefined);
    await this.waitUntilReached();
  }

  /** Is its process there? A machine that has panicked is. */
  get isOn(): boolean {
    return this.#qemu?.exitCode === null && this.#qemu.signalCode === null;
  }

  /** Saves it with its memory and ends it; many machines can go on from there. */
  async checkpoint(): Promise<Checkpoint> {
    await this.run("sync");
    const state = `${this.folder}/state`;
    await this.#door.close();
    await this.#command("migrate", { uri: `exec:cat >'${state}'` });
    for (;;) {
      const { status } = (await this.#command("query-migrate")) as { status: string };
      if (status === "completed") break;
      if (status === "failed") throw new Error("the state could not be saved");
      await delay(100);
    }
    this.#qemu?.kill("SIGTERM");
    await this.#ended;
    const { kernel, initrd } = this.#from;
    return {
      root: `${this.folder}/root.qcow2`,
      kernel,
      initrd,
      commandLine: this.commandLine,
      state,
      disks: this.#plugged,
    };
  }

  /** Switches it off; its folder goes unless a checkpoint lies in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.powerFail();
    const kept = await stat(`${this.folder}/state`).catch(() => undefined);
    if (kept === undefined) await rm(this.folder, { recursive: true, force: true });
  }

  // --- QEMU ------------------------------------------------------------------------------------------------------

  async #power(state: string | undefined): Promise<void> {
    const { kernel, initrd } = this.#from;
    const { folder, port, commandLine } = this;
    await rm(`${folder}/qmp`, { force: true });
    const args = qemuArguments({
      folder,
      root: `${folder}/root.qcow2`,
      kernel,
      initrd,
      commandLine,
      port,
      doors: this.#doors,
      state,
      disks: this.#plugged,
    });
    const qemu = spawn("qemu-system-x86_64", args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#qemu = qemu;
    let said = "";
    qemu.stderr.setEncoding("utf8").on("data", (text: string) => void (said += text));
    this.#ended = new Promise((resolve) => {
      qemu.once("close", () => resolve());
      qemu.once("error", () => resolve());
    });
    if (qemu.pid !== undefined) await writeFile(`${folder}/pid`, String(qemu.pid));
    for (;;) {
      if (qemu.exitCode !== null || qemu.pid === undefined) throw new Error(`QEMU would not start: ${said}`);
      this.#qmp = await Qmp.open(`${folder}/qmp`).catch(() => undefined);
      if (this.#qmp !== undefined) break;
      await delay(50);
    }
    await this.#command("set-action", { reboot: "shutdown" });
  }

  #command(name: string, args: object = {}): Promise<unknown> {
    return this.#monitor().command(name, args);
  }

  #monitor(): Qmp {
    if (this.#qmp === undefined) throw new Error("the machine was never switched on");
    return this.#qmp;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === "object"
          ? resolve(address.port)
          : reject(new Error("no port")),
      );
    });
  });
}

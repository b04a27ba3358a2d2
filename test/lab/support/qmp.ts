import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";

type Answer = { readonly return: unknown } | { readonly error: { readonly desc: string } };
interface Event {
  readonly event: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** QEMU's control socket: one command after the other, and events meanwhile (docs/interop/qmp-spec in QEMU). */
export class Qmp {
  readonly #socket: Socket;
  readonly #answers: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  readonly #listeners = new Set<(event: Event) => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => undefined);
    socket.once("close", () => {
      for (const { reject } of this.#answers.splice(0)) reject(new Error("QEMU is gone"));
    });
    const lines = createInterface({ input: socket });
    // It tells its input's errors once more, and nobody would be listening: a QEMU that ends may reset the socket
    lines.on("error", () => undefined);
    lines.on("line", (line) => {
      const message = JSON.parse(line) as Event | Answer | { QMP: unknown };
      if ("event" in message) for (const listener of this.#listeners) listener(message);
      else if ("return" in message) this.#answers.shift()?.resolve(message.return);
      else if ("error" in message) this.#answers.shift()?.reject(new Error(message.error.desc));
    });
  }

  static async open(path: string): Promise<Qmp> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    const qmp = new Qmp(socket);
    await qmp.command("qmp_capabilities");
    return qmp;
  }

  command(execute: string, args: object = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#answers.push({ resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    });
  }

  /** Resolves at the next event of that kind for which `wanted` holds. Ask before what causes it. */
  event(
    name: string,
    wanted: (data: Readonly<Record<string, unknown>>) => boolean = () => true,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const gone = (): void => reject(new Error(`QEMU is gone, before ${name}`));
      const listener = (event: Event): void => {
        if (event.event !== name || !wanted(event.data ?? {})) return;
        this.#listeners.delete(listener);
        this.#socket.off("close", gone);
        resolve();
      };
      this.#listeners.add(listener);
      this.#socket.once("close", gone);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

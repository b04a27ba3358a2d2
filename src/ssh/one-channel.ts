import { Agent, type ClientRequestArgs } from "node:http";
import type { Duplex } from "node:stream";

/**
 * An HTTP agent that speaks over one stream of any kind, such as a channel of an SSH connection, and keeps it for the next
 * request. `open` makes the stream; its errors come out of the request that needed it.
 */
export class OneChannel extends Agent {
  readonly #open: () => Promise<Duplex>;
  readonly #streams = new Set<Duplex>();

  constructor(open: () => Promise<Duplex>) {
    super({ keepAlive: true, maxSockets: 1 });
    this.#open = open;
  }

  /** Called by Node's agent when it has no stream; see "agent.createConnection" of node:http. */
  override createConnection(
    _options: ClientRequestArgs,
    done?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    // The types know no way to say that it failed, which Node does.
    void this.#connect(done as (error: unknown, stream?: Duplex) => void);
  }

  override destroy(): void {
    super.destroy();
    for (const stream of this.#streams) stream.destroy();
  }

  async #connect(done: (error: unknown, stream?: Duplex) => void): Promise<void> {
    let stream: Duplex;
    try {
      stream = await this.#open();
    } catch (error) {
      return done(error);
    }
    // What Node calls on a stream that it keeps or uses again; a channel of an SSH connection has none of it.
    for (const name of ["setKeepAlive", "setTimeout", "ref", "unref"]) {
      if (!(name in stream)) Object.assign(stream, { [name]: () => stream });
    }
    this.#streams.add(stream);
    stream.once("close", () => this.#streams.delete(stream));
    return done(null, stream);
  }
}

import type { Link } from "./link.ts";
import { Slots } from "./slots.ts";

/** Where the next command goes. */
export interface Lane {
  readonly link: Link;
  /** To be called when its channel is closed; further calls do nothing. */
  readonly free: () => void;
}

/** The number of the connection beside those that run commands. */
const asideLane = 99;

interface OneLane {
  readonly link: Promise<Link>;
  readonly slots: Slots;
}

/**
 * Shares out the channels of a node. OpenSSH carries several commands on one connection. Dropbear from 2022.82 to 2024.85 (the
 * default of DietPi on bookworm) closes a channel that was just opened when another command ends at that moment, and may die
 * of it (mkj/dropbear pull request 326). With 2022.83, six at a time, 101 of 150 commands were lost here, one at a time
 * none: such a connection carries one command.
 */
export class Lanes {
  readonly #first: Link;
  readonly #more: (lane: number) => Promise<Link>;
  readonly #lanes: OneLane[];
  readonly #most: number;
  readonly #channels: number;
  readonly #oneEach: boolean;
  #aside: Promise<Link> | undefined;

  /** `more` opens a further connection to the node. */
  constructor(first: Link, more: (lane: number) => Promise<Link>) {
    const oneEach = losesChannels(first.software);
    // sshd allows ten sessions on one connection (sshd_config(5), MaxSessions); channels that are being closed count.
    this.#channels = oneEach ? 1 : 6;
    // A password would have to be asked again for each connection: then the commands wait for each other.
    this.#most = oneEach && first.login.kind === "key" ? 4 : 1;
    this.#oneEach = oneEach;
    this.#first = first;
    this.#more = more;
    this.#lanes = [{ link: Promise.resolve(first), slots: new Slots(this.#channels) }];
  }

  async take(): Promise<Lane> {
    const lane = this.#lanes.find(({ slots }) => slots.anyFree) ?? this.#another() ?? this.#shortest();
    const free = await lane.slots.take();
    try {
      return { link: await lane.link, free };
    } catch (error) {
      free();
      throw error;
    }
  }

  /**
   * The connection for streams that stand while commands come and go: none of those may wait for one of these. sshd counts only
   * sessions. A server that carries one channel gets a connection for them alone, where that asks nobody for a password.
   */
  async aside(): Promise<Link> {
    if (!this.#oneEach || this.#first.login.kind !== "key" || this.#first.lost !== undefined)
      return this.#first;
    const link = (this.#aside ??= this.#more(asideLane));
    try {
      const opened = await link;
      if (opened.lost === undefined) return opened;
      if (this.#aside === link) this.#aside = undefined;
      return await this.aside();
    } catch {
      if (this.#aside === link) this.#aside = undefined;
      return this.#first;
    }
  }

  #another(): OneLane | undefined {
    const count = this.#lanes.length;
    if (count >= this.#most || this.#first.lost !== undefined) return undefined;
    const lane = { link: this.#more(count), slots: new Slots(this.#channels) };
    // Without it the commands wait for the connections that there are.
    lane.link.catch(() => this.#lanes.splice(this.#lanes.indexOf(lane), 1));
    this.#lanes.push(lane);
    return lane;
  }

  #shortest(): OneLane {
    return this.#lanes.reduce((best, lane) => (lane.slots.waiting < best.slots.waiting ? lane : best));
  }
}

/** Is it a Dropbear that cannot carry two commands at once? Exported for its test. */
export function losesChannels(software: string): boolean {
  if (!/^dropbear/i.test(software)) return false;
  const version = Number(/_(\d{4}\.\d+)/.exec(software)?.[1] ?? "2022.83");
  return version >= 2022.82 && version <= 2024.85;
}

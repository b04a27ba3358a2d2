import type { Unreadable } from "./entry.ts";
import { nameKey } from "./twins.ts";

/** The places of one tree that could not be read: nothing below them may be called missing. */
export class UnreadablePlaces {
  readonly #places = new Map<string, Unreadable>();

  add(place: Unreadable): void {
    this.#places.set(nameKey(place.path), place);
  }

  has(path: Buffer): boolean {
    return this.#places.has(nameKey(path));
  }

  /** The unreadable place that the path is or lies in, in whatever normalisation, if any. */
  covering(path: Buffer): Unreadable | undefined {
    if (this.#places.size === 0) return undefined;
    const itself = this.#places.get(nameKey(path));
    if (itself) return itself;
    for (let slash = path.lastIndexOf(0x2f); slash > 0; slash = path.lastIndexOf(0x2f, slash - 1)) {
      const place = this.#places.get(nameKey(path.subarray(0, slash)));
      if (place) return place;
    }
    return this.#places.get("");
  }
}

import type { ImageName } from "./recipe.ts";

const full = process.env["PIMESH_LAB_FULL"] === "1";

/** The systems that a test is done with: all of them with `--full`; otherwise those where it is most likely to fail. */
export function systems(few: readonly ImageName[], all: readonly ImageName[]): readonly ImageName[] {
  return full ? all : few;
}

/** Cases of a table: all of them with `--full`, otherwise every other one. */
export function casesOf<T>(all: readonly T[]): readonly T[] {
  return full ? all : all.filter((_, index) => index % 2 === 0);
}

/** How often a test repeats what must hold every time: a few rounds by default, all of them with `npm run test:lab -- --full`. */
export function rounds(few: number, all: number): number {
  const given = Number(process.env["PIMESH_LAB_ROUNDS"] ?? "");
  if (given > 0) return given;
  return full ? all : few;
}

/** How much of something: enough to see it by default, as much as was promised with `--full`. */
export function amount(few: number, all: number): number {
  return full ? all : few;
}

/** Times that people care about, printed and not asserted: they are an emulator's. */
export function tell(what: string, ...seconds: readonly number[]): void {
  const sorted = seconds.toSorted((a, b) => a - b);
  const middle = figure(sorted[Math.floor(sorted.length / 2)]);
  const range =
    sorted.length > 1 ? `, ${figure(sorted[0])} to ${figure(sorted.at(-1))} in ${sorted.length} rounds` : "";
  process.stderr.write(`  lab: ${what}: ${middle}${range}\n`);
}

/** Tells of each stage of a long test how long it took. */
export function stages(): (what: string) => void {
  let since = performance.now();
  return (what) => {
    tell(what, (performance.now() - since) / 1000);
    since = performance.now();
  };
}

function figure(seconds: number | undefined): string {
  return `${(seconds ?? 0).toFixed(1)} s`;
}

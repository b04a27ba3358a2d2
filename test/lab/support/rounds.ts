/** How often a test repeats what must hold every time: a few rounds by default, all of them with `npm run test:lab -- --full`. */
export function rounds(few: number, full: number): number {
  const given = Number(process.env["PIMESH_LAB_ROUNDS"] ?? "");
  if (given > 0) return given;
  return process.env["PIMESH_LAB_FULL"] === "1" ? full : few;
}

/** Times that people care about, printed and not asserted: they are an emulator's. */
export function tell(what: string, ...seconds: readonly number[]): void {
  const sorted = seconds.toSorted((a, b) => a - b);
  const middle = figure(sorted[Math.floor(sorted.length / 2)]);
  const range =
    sorted.length > 1 ? `, ${figure(sorted[0])} to ${figure(sorted.at(-1))} in ${sorted.length} rounds` : "";
  process.stderr.write(`  lab: ${what}: ${middle}${range}\n`);
}

function figure(seconds: number | undefined): string {
  return `${(seconds ?? 0).toFixed(1)} s`;
}

import type { Cost } from "./cost.ts";
import { median } from "./statistics.ts";

/** Bytes a second, both ways: the slowest line of a user. */
export const slowRate = 10 * 1024;

/** Seconds that the larger direction takes alone, but no less than on the fast line. */
export function leastSeconds(fast: readonly Pick<Cost, "traffic" | "wall">[]): number {
  return median(
    fast.map(({ traffic, wall }) =>
      Math.max(wall, Math.max(traffic?.up ?? 0, traffic?.down ?? 0) / slowRate),
    ),
  );
}

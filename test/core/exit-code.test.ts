import { expect, test } from "vitest";
import { worstExitCode } from "../../src/core/exit-code.ts";

test.each([
  [[], 0],
  [[0, 0], 0],
  [[0, 1], 1],
  [[1, 4], 4],
  [[4, 3], 3],
  [[3, 5, 4], 5],
  [[5, 70], 70],
] as const)("of %j the run ends with %d", (codes, worst) => {
  expect(worstExitCode(codes)).toBe(worst);
});

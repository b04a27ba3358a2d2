import { expect, test } from "vitest";
import { leastSeconds } from "./slow-line.ts";

test.each([
  ["the larger direction decides, at 10 KiB/s", { total: 0, up: 1024, down: 51_200 }, 5],
  ["what takes its time on a fast line takes it on a slow one too", { total: 0, up: 1024, down: 1024 }, 2],
  ["where bytes are not known, so does that", undefined, 2],
])("%s", (_, traffic, seconds) => {
  expect(leastSeconds([{ ...(traffic ? { traffic } : {}), wall: 2 }])).toBe(seconds);
});

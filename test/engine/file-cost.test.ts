import { expect, test } from "vitest";
import { fileCost } from "../../src/engine/file-cost.ts";

test("files cost the memory of the dearest engine, and time whatever the engine", () => {
  expect(fileCost(["syncthing", false, "btsync"], 3600)).toEqual({ memory: 3600 * 5.6 * 1024, seconds: 10 });
});

test("without an engine no memory is made up", () => {
  expect(fileCost([false], 3600)).toEqual({ memory: undefined, seconds: 10 });
});

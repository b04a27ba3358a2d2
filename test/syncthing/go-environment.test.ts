import { expect, test } from "vitest";
import { goEnvironment, memoryOf } from "../../src/syncthing/go-environment.ts";

const mebi = 1024 * 1024;

test.each([
  ["a Pi 1 of 2014 (384 MiB for Linux)", 375, ["GOMEMLIMIT=160MiB", "GOGC=50", "GOMAXPROCS=1"]],
  ["a Pi Zero 2", 426, ["GOMEMLIMIT=192MiB", "GOGC=50", "GOMAXPROCS=1"]],
  ["a Pi 3", 921, ["GOMEMLIMIT=448MiB", "GOGC=50", "GOMAXPROCS=1"]],
  ["a Pi 4 with 2 GiB", 1872, ["GOMEMLIMIT=1120MiB"]],
  ["a Pi 5 with 8 GiB", 8063, ["GOMEMLIMIT=4832MiB"]],
  ["next to nothing", 50, ["GOMEMLIMIT=64MiB", "GOGC=50", "GOMAXPROCS=1"]],
])("%s", (_board, memory, lines) => {
  expect(goEnvironment(memory * mebi)).toEqual(lines);
});

test("some MiB more or less are the same board", () => {
  expect(goEnvironment(924 * mebi)).toEqual(goEnvironment(921 * mebi));
});

test("a board of 1 GiB is small, one of 2 GiB is not", () => {
  expect([memoryOf(1024 * mebi), memoryOf(1872 * mebi)]).toEqual(["small", "ordinary"]);
});

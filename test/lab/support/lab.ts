import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, onTestFinished } from "vitest";
import { imageOf, keyFile } from "./images.ts";
import { Machine, type Checkpoint, type StartOptions } from "./machine.ts";
import type { ImageName } from "./recipe.ts";

/** A file of lab tests: a folder for all that it makes, gone when it ends. A machine is gone when its test ends. */
export interface Lab {
  readonly folder: string;
  /** A machine that goes on from a saved one, or from an image that has just been booted. */
  readonly machine: (from: ImageName | Checkpoint, more?: Pick<StartOptions, "doors">) => Promise<Machine>;
}

export function openLab(): Lab {
  const folder = mkdtempSync(join(process.env["PIMESH_LAB_RUN"] ?? tmpdir(), "pimesh-lab-"));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return {
    folder,
    machine: async (from, more = {}) => {
      const checkpoint = typeof from === "string" ? await imageOf(from) : from;
      const machine = await Machine.start({ folder, key: keyFile, from: checkpoint, ...more });
      onTestFinished(() => machine[Symbol.asyncDispose]());
      return machine;
    },
  };
}

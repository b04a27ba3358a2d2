import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildImage, imageIn } from "./build-image.ts";
import { firstBoot } from "./first-boot.ts";
import type { Checkpoint } from "./machine.ts";
import { fingerprint, recipes, type ImageName } from "./recipe.ts";

/** Outside of the repository, kept from run to run. `PIMESH_LAB_CACHE` puts it elsewhere. */
const cacheFolder =
  process.env["PIMESH_LAB_CACHE"] ||
  join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "pimesh-lab");

/** The private key that every machine of the lab lets in, as root and as pi. */
export const keyFile = join(cacheFolder, "key");

/**
 * Sees to it that an image of this name exists, booted once and saved with its memory; old ones of the same name go.
 * A minute or two to build and one to boot the first time, nothing after that.
 */
export async function ensureImage(name: ImageName, say: (text: string) => void): Promise<void> {
  const recipe = recipes[name];
  const mark = fingerprint(recipe);
  const folder = join(cacheFolder, `${name}-${mark}`);
  await mkdir(cacheFolder, { recursive: true });
  await ensureKey();
  if (await readCheckpoint(folder).catch(() => undefined)) return;
  for (const old of await readdir(cacheFolder)) {
    if (old.startsWith(`${name}-`)) await rm(join(cacheFolder, old), { recursive: true, force: true });
  }
  const fresh = `${folder}.new`;
  say(`building the image ${name} in ${fresh}`);
  await buildImage(recipe, fresh, await readFile(`${keyFile}.pub`, "utf8"));
  await rename(fresh, folder);
  say(`booting ${name} for the first time`);
  const checkpoint = await firstBoot(imageIn(folder), folder, keyFile, recipe.init);
  await writeFile(join(folder, "checkpoint.json"), JSON.stringify(checkpoint));
}

/** A machine of this image, booted and saved; the error says how to get it. */
export async function imageOf(name: ImageName): Promise<Checkpoint> {
  const folder = join(cacheFolder, `${name}-${fingerprint(recipes[name])}`);
  return readCheckpoint(folder).catch(() => {
    throw new Error(`there is no image ${name} of today's recipe: npm run test:lab makes it`);
  });
}

async function readCheckpoint(folder: string): Promise<Checkpoint> {
  return JSON.parse(await readFile(join(folder, "checkpoint.json"), "utf8")) as Checkpoint;
}

async function ensureKey(): Promise<void> {
  const there = await readFile(`${keyFile}.pub`, "utf8").catch(() => undefined);
  if (there !== undefined) return;
  await promisify(execFile)("ssh-keygen", [
    "-q",
    "-t",
    "ed25519",
    "-N",
    "",
    "-C",
    "pimesh-lab",
    "-f",
    keyFile,
  ]);
}

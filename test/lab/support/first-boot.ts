import { commandLine, type Image } from "./build-image.ts";
import { Machine, type Checkpoint } from "./machine.ts";
import type { Recipe } from "./recipe.ts";

/** Boots an image, waits until it has come to rest, and saves it with its memory. */
export async function firstBoot(
  image: Image,
  folder: string,
  key: string,
  init: Recipe["init"],
): Promise<Checkpoint> {
  const from: Checkpoint = { ...image, commandLine, state: undefined, disks: [] };
  const machine = await Machine.start({ folder, key, from });
  // The stand-in for the engine runs without its disk and fails until systemd gives it up: that is at rest, too
  const atRest =
    init === "systemd" ? '[ -z "$(systemctl list-jobs --no-legend)" ]' : "pgrep -x getty || pgrep agetty";
  await machine.waitFor("the first boot has come to rest", atRest, 300);
  return machine.checkpoint();
}

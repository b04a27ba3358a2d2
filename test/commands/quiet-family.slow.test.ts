import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { quietFamily, type Quiet } from "../../src/commands/quiet-family.ts";
import { readQuieted } from "../../src/history/quieted.ts";
import { nodeInstance } from "../../src/syncthing/node-instance.ts";
import { ourFolder, syncthingHome } from "../../src/syncthing/our-folder.ts";
import { pauseFolder } from "../../src/syncthing/pause-folder.ts";
import { mom } from "../facts/mom.ts";
import { localConnection } from "../support/local-connection.ts";
import { requires } from "../support/requires.ts";
import { makeSyncthing } from "../support/syncthing-process.ts";
import { testContext } from "../support/test-context.ts";

// A real process that starts, on a machine that may have better things to do.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe.runIf(requires("syncthing"))("while ignore rules change", () => {
  let root: string;
  let laptop: string;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), "pimesh-quiet-"));
    root = join(folder, "mom");
    laptop = join(folder, "laptop");
    const process = await makeSyncthing(join(root, syncthingHome(mom)));
    stop = () => process.stop();
    await process.start();
    const path = join(root, "media/btsync/btsync");
    mkdirSync(path);
    using instance = await opened();
    await instance.rest.send("POST", "/rest/config/folders", { ...ourFolder, path });
    return async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    };
  });

  test("the folder is paused, and goes on afterwards", async () => {
    const { quiet, stateFolder } = await quieted(true);
    expect([await isPaused(), await readQuieted(stateFolder)]).toEqual([true, ["mom"]]);
    await quiet.resume();
    expect([await isPaused(), await readQuieted(stateFolder)]).toEqual([false, []]);
  });

  test("one that a cut-off run has left paused goes on with the next run", async () => {
    await quieted(true);
    expect(await isPaused()).toBe(true);
    const { quiet, stateFolder } = await quieted(false);
    await quiet.resume();
    expect([await isPaused(), await readQuieted(stateFolder)]).toEqual([false, []]);
  });

  test("one that a person has paused stays so", async () => {
    {
      using instance = await opened();
      expect(await pauseFolder(instance.rest, ourFolder.id)).toBe(true);
    }
    const { quiet } = await quieted(true);
    await quiet.resume();
    expect(await isPaused()).toBe(true);
  });

  test("one that does not run stops nobody, and is not spoken of", async () => {
    await stop();
    const { quiet, said, stateFolder } = await quieted(true);
    await quiet.resume();
    expect([said.err, await readQuieted(stateFolder)]).toEqual(["", []]);
  });

  async function quieted(
    pause: boolean,
  ): Promise<{ quiet: Quiet; stateFolder: string; said: { err: string } }> {
    const { context, said } = testContext(laptop, async () => localConnection());
    const nodes = [{ node: mom, connection: localConnection({ node: "mom", root }) }];
    const quiet = await quietFamily(context, {
      nodes,
      laptop: { tree: laptop, folders: {}, engine: false },
      pause,
    });
    return { quiet, stateFolder: context.stateFolder, said };
  }

  async function opened() {
    const instance = await nodeInstance(localConnection({ node: "mom", root }), {
      home: syncthingHome(mom),
      downHint: "",
    });
    if (instance === undefined) throw new Error("it has no configuration");
    return instance;
  }

  async function isPaused(): Promise<boolean> {
    using instance = await opened();
    const folder = await instance.rest.get(
      `/rest/config/folders/${ourFolder.id}`,
      z.object({ paused: z.boolean() }),
    );
    return folder.paused;
  }
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import type { Context } from "../../src/commands/context.ts";
import { quietFamily, type Quiet } from "../../src/commands/quiet-family.ts";
import { PimeshError } from "../../src/core/error.ts";
import { readQuieted } from "../../src/history/quieted.ts";
import type { Connection } from "../../src/ssh/connection.ts";
import { ourFolder } from "../../src/syncthing/our-folder.ts";
import { pauseFolder } from "../../src/syncthing/pause-folder.ts";
import { realHomes, type RealHomes } from "../support/real-homes.ts";
import { requires } from "../support/requires.ts";
import { testContext } from "../support/test-context.ts";

// Real processes that start, on a machine that may have better things to do.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe.runIf(requires("syncthing", "flock"))("while ignore rules change at mom", () => {
  let homes: RealHomes;
  let lock: string;
  beforeAll(async () => {
    homes = await realHomes(["mom", "grandma"]);
    lock = join(homes.folder, "lock");
    writeFileSync(lock, "");
    for (const name of ["mom", "grandma"]) {
      await homes.process(name).start();
      mkdirSync(join(homes.tree(name), ".stfolder"));
      using instance = await homes.instance(name);
      await instance.rest.send("POST", "/rest/config/folders", { ...ourFolder, path: homes.tree(name) });
    }
    return homes.end;
  });

  test("the folder is paused, also at the homes that the run does not name, and goes on afterwards", async () => {
    const { quiet, left } = await quieted();
    expect([await arePaused(), (await left()).toSorted()]).toEqual([
      [true, true],
      ["grandma", "mom"],
    ]);
    await quiet.resume();
    expect([await arePaused(), await left()]).toEqual([[false, false], []]);
  });

  test("those that a cut-off run has left paused go on with the next run", async () => {
    await quieted();
    expect(await arePaused()).toEqual([true, true]);
    const { quiet, left } = await quieted({ pause: false });
    await quiet.resume();
    expect([await arePaused(), await left()]).toEqual([[false, false], []]);
  });

  test("Ctrl-C ends no pause before the node has done what it was told, and leaves nobody paused", async () => {
    const interrupt = new AbortController();
    const { quiet, left } = await quieted({ signal: interrupt.signal });
    const applied = join(homes.folder, "applied");
    const apply = spawn("flock", [lock, "sh", "-c", `echo begun; sleep 2; touch '${applied}'`]);
    await once(apply.stdout, "data");
    interrupt.abort();
    await quiet.resume();
    expect(existsSync(applied)).toBe(true);
    expect([await arePaused(), await left()]).toEqual([[false, false], []]);
  });

  test("one behind a line that was cut goes on by a new connection", async () => {
    const { quiet, left } = await quieted({ mom: cut(homes.homes[0]?.connection as Connection) });
    await quiet.resume();
    expect([await arePaused(), await left()]).toEqual([[false, false], []]);
  });

  test("one that cannot be reached any more is told with the command, and kept for the next run", async () => {
    const mom = homes.homes[0]?.connection as Connection;
    const { quiet, left, said } = await quieted({ mom: cut(mom), away: ["mom"] });
    await quiet.resume();
    expect(await left()).toEqual(["mom"]);
    expect(said.err).toBe(
      "mom: its Syncthing could not be resumed: nobody answers (E-NO-ADDRESS-ANSWERS); it stays paused until: pimesh provision mom\n",
    );
    await (await quieted({ pause: false })).quiet.resume();
    expect(await arePaused()).toEqual([false, false]);
  });

  test("one that is still paused and does not answer is not told as going on", async () => {
    await quieted();
    const { quiet, left, said } = await quieted({ pause: false, away: ["grandma"] });
    await quiet.resume();
    expect(said.err).toBe(
      "grandma: its Syncthing could not be resumed: nobody answers (E-NO-ADDRESS-ANSWERS); it stays paused until: pimesh provision grandma\n",
    );
    expect([await arePaused(), await left()]).toEqual([[false, true], ["grandma"]]);
    await (await quieted({ pause: false })).quiet.resume();
  });

  test("one that does not answer is told, and stops nobody", async () => {
    const { quiet, left, said } = await quieted({ away: ["grandma"] });
    expect([await arePaused(), await left()]).toEqual([[true, false], ["mom"]]);
    expect(said.err).toContain("grandma: its Syncthing could not be paused: nobody answers");
    await quiet.resume();
    expect(await arePaused()).toEqual([false, false]);
  });

  test("one that a person has paused stays so", async () => {
    {
      using instance = await homes.instance("grandma");
      await pauseFolder(instance.rest, ourFolder.id);
    }
    const { quiet } = await quieted();
    await quiet.resume();
    expect(await arePaused()).toEqual([false, true]);
  });

  test("one that does not run stops nobody, and is not spoken of", async () => {
    await homes.process("mom").stop();
    await homes.process("grandma").stop();
    const { quiet, said, left } = await quieted();
    await quiet.resume();
    expect([said.err, await left()]).toEqual(["", []]);
  });

  async function quieted(
    options: {
      readonly pause?: boolean;
      readonly signal?: AbortSignal;
      readonly mom?: Connection;
      readonly away?: readonly string[];
    } = {},
  ): Promise<{ quiet: Quiet; left: () => Promise<readonly string[]>; said: { err: string } }> {
    const connect: Context["connect"] = async ({ name }) => {
      if (options.away?.includes(name) === true) {
        throw new PimeshError("E-NO-ADDRESS-ANSWERS", "nobody answers", { node: name });
      }
      return homes.homes.find(({ node }) => node.name === name)?.connection as Connection;
    };
    const { context, said } = testContext(homes.folder, connect);
    const [mom] = homes.homes;
    if (mom === undefined) throw new Error("there is no mom");
    const quiet = await quietFamily(
      options.signal === undefined ? context : { ...context, signal: options.signal },
      homes.inventory,
      {
        nodes: [{ node: mom.node, connection: options.mom ?? mom.connection, lock }],
        silent: [],
        pause: options.pause ?? true,
      },
    );
    return { quiet, left: () => readQuieted(context.stateFolder), said };
  }

  async function arePaused(): Promise<boolean[]> {
    const paused = ["mom", "grandma"].map(async (name) => {
      using instance = await homes.instance(name);
      const schema = z.object({ paused: z.boolean() });
      return (await instance.rest.get(`/rest/config/folders/${ourFolder.id}`, schema)).paused;
    });
    return Promise.all(paused);
  }
});

/** The line breaks once the folder is paused: its streams end, and there are no new ones. */
function cut(connection: Connection): Connection {
  let lost = false;
  return {
    ...connection,
    async tunnel(port, options) {
      if (lost) throw new PimeshError("E-CONNECTION-LOST", "the line is cut", { node: "mom" });
      const stream = (await connection.tunnel(port, options)) as Socket;
      const write = stream.write.bind(stream);
      stream.write = ((...words: Parameters<typeof write>) => {
        const sent = write(...words);
        if (String(words[0]).startsWith("PATCH")) {
          lost = true;
          stream.once("data", () => setImmediate(() => stream.destroy()));
        }
        return sent;
      }) as typeof write;
      return stream;
    },
  };
}

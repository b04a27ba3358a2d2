import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";

const top = fileURLToPath(new URL("../../", import.meta.url));

interface Running {
  readonly text: () => string;
  readonly until: (pattern: RegExp) => Promise<void>;
  readonly interrupt: () => void;
  readonly ended: Promise<number | null>;
  /** What it has put into the folder of temporary files. */
  readonly leftovers: () => Promise<string[]>;
}

/** The command as a user starts it, with a temporary folder and a home of its own. */
async function start(words: readonly string[]): Promise<Running> {
  const temporary = await mkdtemp(join(tmpdir(), "pimesh-demo-test-"));
  const home = await mkdtemp(join(tmpdir(), "pimesh-demo-home-"));
  const { SSH_AUTH_SOCK: _agent, PIMESH_INVENTORY: _inventory, ...env } = process.env;
  const child = spawn(process.execPath, ["--import", "tsx", "src/cli.ts", "demo", ...words], {
    cwd: top,
    env: { ...env, TMPDIR: temporary, HOME: home, XDG_STATE_HOME: join(home, "state"), NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await rm(temporary, { recursive: true, force: true });
    await rm(home, { recursive: true, force: true });
  });
  let text = "";
  let heard: (() => void) | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      heard?.();
    });
  }
  const ended = once(child, "close").then(([code]) => code as number | null);
  return {
    text: () => text,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        heard = () => {
          if (pattern.test(text)) resolve();
        };
        heard();
        void ended.then(() => reject(new Error(`it ended without ${pattern}:\n${text}`)));
      }),
    interrupt: () => child.kill("SIGINT"),
    ended,
    // tsx keeps its own cache there
    leftovers: async () => [
      ...(await readdir(temporary)).filter((name) => !name.startsWith("tsx-")),
      ...(await readdir(home)),
    ],
  };
}

describe("pimesh demo", () => {
  test(
    "makes mom a home that catches up, shows the status and the diff, says what is next, and leaves nothing behind",
    { timeout: 300_000 },
    async () => {
      const demo = await start([]);
      await demo.ended;
      const text = demo.text();
      expect(text).toContain("mount /dev/sda1 at /media/btsync");
      expect(text).toMatch(/^mom +done: \d+ changed/m);
      expect(text).not.toContain("is not installed");
      for (const name of ["laptop", "home", "mom"])
        expect(text).toMatch(new RegExp(`^${name} +paired: \\d+ changed`, "m"));
      for (const name of ["laptop", "home", "mom", "grandma"])
        expect(text).toMatch(new RegExp(`^${name} `, "m"));
      expect(text).toMatch(/^home +ok .*100%.* in-sync/m);
      expect(text).toMatch(/^mom +syncing .* \d+-to-get,/m);
      expect(text.split("The next morning")[1]).toMatch(/^mom +ok .*100%.* in-sync/m);
      // Hers is a btsync that is known by what it leaves behind: it runs, and no more is promised
      expect(text).toMatch(/^grandma +behind .* running /m);
      for (const line of [
        /^\+ photos\/2026 Balaton ⛵\/IMG_0020\.jpg/m,
        /^- photos\/Nagyi's own\/tomatoes\.jpg/m,
        /^\* papers\/addresses\.txt/m,
        /^~ papers\/születésnapok\.txt/m,
      ]) {
        expect(text).toMatch(line);
      }
      expect(text).toContain("Now with your own Pis");
      expect(await demo.leftovers()).toEqual([]);
      expect(await demo.ended).toBe(0);
    },
  );

  test("Ctrl-C in the middle ends it with 130 and leaves nothing behind", { timeout: 120_000 }, async () => {
    const demo = await start([]);
    await demo.until(/home and grandma have been members/);
    demo.interrupt();
    expect(await demo.ended).toBe(130);
    expect(await demo.leftovers()).toEqual([]);
  });
});

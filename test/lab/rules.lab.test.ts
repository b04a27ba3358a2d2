import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hashesHere, makeFamily, put, tree, untilAllSame, type Family } from "./support/family.ts";
import { openLab } from "./support/lab.ts";
import { stages } from "./support/rounds.ts";

const lab = openLab();

test("ignore rules change on a mesh at work, cut off in the middle: no file vanishes, and nobody stays paused", async () => {
  const family = await makeFamily(lab, { mom: "bookworm", grandma: "trixie" } as const, { net: "127.0.2" });
  const { names, machines, laptop, here } = family;
  const stage = stages();
  await laptop.does("provision", "--all", "--yes");
  const photos = Array.from({ length: 50 }, (_, index) => [`photos/${index}.jpg`, `${index}`]);
  await put(family, {
    ...Object.fromEntries(photos),
    "photos/holiday.mp4": Buffer.alloc(1024 ** 2, "film"),
  });
  await untilAllSame(family);
  const whole = hashesHere(here);
  stage("paired");

  // The ignore rules change, to such as hide a file that is there; a run that is cut off in the middle leaves homes paused
  const rules = { ...family.keys, ignore: ["*.mp4"] };
  await laptop.write(rules);
  const drops = await laptop.pimesh("provision", "--all", "--yes");
  expect(drops).toMatchObject({ code: 5, err: expect.stringContaining("E-IGNORE-DROPS") as string });
  expect(await pausedOf(family)).toEqual([]);
  const cut = laptop.start("provision", "--all", "--yes", "--accept-ignore-change");
  await Promise.race([machines.mom.waitFor("it is paused", isPaused, 600), cut.ended]);
  cut.child.kill("SIGINT");
  expect(await cut.ended).toMatchObject({ code: 130 });
  stage("cut off while rules changed");
  await laptop.does("provision", "--all", "--yes", "--accept-ignore-change");
  expect(await pausedOf(family)).toEqual([]);
  for (const name of names) {
    expect(await machines[name].run(`grep -c mp4 ${tree}/.stignore`)).not.toBe("0");
  }
  await put(family, { "photos/last.jpg": "last" });
  await untilAllSame(family);
  expect(hashesHere(here).filter((line) => !line.endsWith("last.jpg"))).toEqual(whole);
  expect(whole.join("\n")).toContain("holiday.mp4");
  stage("the rules have changed");
});

const isPaused = `sed -n '/<folder id="pimesh"/,/<\\/folder>/p' /media/btsync/.pimesh/syncthing/config.xml | grep -q '^ *<paused>true'`;

/** Whose folder is paused, the laptop's included. */
async function pausedOf({ names, machines, own }: Family): Promise<string[]> {
  const config = readFileSync(join(own.home, "config.xml"), "utf8");
  const folder = /<folder id="pimesh"[^]*?<\/folder>/.exec(config)?.[0] ?? "";
  const asked = names.map(async (name) => ((await machines[name]?.ask(isPaused))?.code === 0 ? [name] : []));
  return [...(/^ {8}<paused>true/m.test(folder) ? ["laptop"] : []), ...(await Promise.all(asked)).flat()];
}

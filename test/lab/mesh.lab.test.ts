import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compared } from "./support/compared.ts";
import {
  giveDisk,
  hashesHere,
  makeFamily,
  pulled,
  put,
  tree,
  untilAllSame,
  untilInSync,
  untilSame,
  type Family,
} from "./support/family.ts";
import { openLab } from "./support/lab.ts";
import { amount, stages } from "./support/rounds.ts";

const lab = openLab();

test("a family is paired by provision alone; pulled and empty disks cost nobody a file", async () => {
  const images = { mom: "bookworm", grandma: "trixie", dad: "bookworm" } as const;
  const diskBytes = amount(512, 2048) * 1024 ** 2;
  const family = await makeFamily(lab, images, { net: "127.0.0", diskBytes });
  const { names, machines, disks, laptop, here } = family;
  const stage = stages();

  const first = await laptop.does("provision", "--all", "--yes");
  expect(first.out + first.err).toContain("install syncthing");
  expect(first.out + first.err).not.toContain("is not installed");
  expect(first.out + first.err).toMatch(/^laptop +paired: \d+ changed/m);
  const second = await laptop.does("provision", "--all", "--yes");
  expect(second.out).toMatch(/^mom +nothing to do/m);
  expect(second.out).toMatch(/^grandma +paired already/m);
  stage("installed and paired");

  // What the laptop is given comes to all three
  const files = amount(200, 5000);
  const photos = Object.fromEntries(
    Array.from({ length: files }, (_, index) => [`photos/${index}.jpg`, `${index}`]),
  );
  await put(family, {
    ...photos,
    "photos/holiday.mp4": Buffer.alloc(amount(8, 200) * 1024 ** 2, "film"),
  });
  await untilAllSame(family);
  stage("all files have come");

  // Who is asked says the same: the engine, the counts, the comparison of every file, and rsync
  await untilInSync(family);
  await expectNothingDiffers(family);
  stage("all say so");

  // A deletion goes to the others' archive
  await put(family, { "photos/7.jpg": undefined });
  for (const name of names) {
    await machines[name].waitFor("the deletion has come", `[ ! -e ${tree}/photos/7.jpg ]`, 300);
    expect(await machines[name].run(`cat ${tree}/.stversions/photos/7.jpg`)).toBe("7");
  }
  stage("a deletion has come");

  // Two homes at work while one of them is away: both keep their own until they meet, and both edits afterwards
  const { mom } = machines;
  await mom.run(`systemctl stop syncthing@pi
cd ${tree}/photos; rm 2.jpg; echo mom >1.jpg; echo new >from-mom.jpg; chown pi: from-mom.jpg`);
  await put(family, { "photos/1.jpg": "the laptop, at length\n", "photos/from-laptop.jpg": "new" });
  for (const name of ["grandma", "dad"] as const) await untilSame(machines[name], here);
  const differences = [
    "differs photos/1.jpg",
    "only-left photos/2.jpg",
    "only-left photos/from-laptop.jpg",
    "only-right photos/from-mom.jpg",
  ];
  expect(await compared(family, "mom")).toEqual({ rsync: differences, diff: differences });
  expect(await compared(family, "dad")).toEqual({ rsync: [], diff: [] });
  expect((await laptop.pimesh("status", "mom")).out).not.toMatch(/^mom .* in-sync /m);
  await mom.run("systemctl start syncthing@pi");
  const copies = `ls ${tree}/photos/*.sync-conflict-*`;
  for (const name of names) {
    await machines[name].waitFor("both edits are there", `${copies} && ! [ -e ${tree}/photos/2.jpg ]`, 300);
  }
  await untilAllSame(family);
  for (const name of names) {
    expect(
      (await machines[name].run(`cat ${tree}/photos/1.jpg ${copies.replace("ls ", "")}`))
        .split("\n")
        .toSorted(),
    ).toEqual(["mom", "the laptop, at length"]);
  }
  await untilInSync(family);
  await expectNothingDiffers(family);
  const listed = await laptop.pimesh("conflicts", "--json");
  expect(listed.code).toBe(1);
  expect(JSON.parse(listed.out).conflicts).toMatchObject([
    { original: "photos/1.jpg", homes: ["laptop", ...names] },
  ]);
  // status tells by the index, which is made anew when it is old or gone
  await mom.run("rm /media/btsync/.pimesh/index-summary.json; systemctl start pimesh-index.service");
  expect((await laptop.statusOf("mom")).problems.filter(({ code }) => code === "W-CONFLICTS")).toMatchObject([
    { message: expect.stringContaining("1 conflict copy") as string },
  ]);
  expect(readFileSync(join(here, ".stversions/photos/2.jpg"), "utf8")).toBe("2");
  stage("a conflict is kept and told");

  // Pulled while files arrive
  await put(
    family,
    Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [
        `photos/new-${index}.jpg`,
        Buffer.alloc(100_000, String(index)),
      ]),
    ),
  );
  const whole = hashesHere(here);
  await mom.waitFor("some have come", `ls ${tree}/photos/new-* | grep -q .`, 300);
  await pulled(mom, disks.mom);
  for (const name of ["grandma", "dad"] as const) await untilSame(machines[name], here);
  expect(hashesHere(here)).toEqual(whole);
  expect(await mom.run("ls -A /media/btsync")).toBe("");
  await mom.plug(disks.mom);
  await untilSame(mom, here);
  stage("pulled and plugged");

  // An empty disk with the same label in its place: nobody takes that for deleted
  await pulled(mom, disks.mom);
  const empty = await giveDisk(lab, mom, diskBytes);
  expect(await laptop.pimesh("provision", "mom", "--yes")).toMatchObject({ code: 5 });
  expect(await mom.run("pgrep -x syncthing || echo none")).toBe("none");
  await mom.pull(empty);
  await mom.plug(disks.mom);
  await untilAllSame(family);
  expect(hashesHere(here)).toEqual(whole);
  stage("an empty disk was refused");
});

/** Neither by rsync nor by pimesh, of what the laptop has and any Pi. */
async function expectNothingDiffers(family: Family): Promise<void> {
  const found = await Promise.all(family.names.map((name) => compared(family, name)));
  expect(found).toEqual(family.names.map(() => ({ rsync: [], diff: [] })));
}

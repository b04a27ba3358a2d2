import { expect, test } from "vitest";
import { openLab } from "./support/lab.ts";
import { allIsDown, allIsUp, provisioned } from "./support/provisioned.ts";
import { rounds, tell } from "./support/rounds.ts";

const lab = openLab();

/** Swap areas whose disk is gone: the kernel shows them without the mount point. */
const deadAreas = "grep -c '^/swapfile' /proc/swaps || true";

/** Linux 6.12 cannot let go of the swap of a disk that was pulled; 6.1 can. */
test("every pull leaves a dead swap area on kernel 6.12: all comes back all the same, status counts them, a reboot clears them", async () => {
  const { machine, disk, laptop } = await provisioned(lab, { image: "trixie" });
  const up: number[] = [];
  const count = rounds(3, 20);
  for (let round = 1; round <= count; round++) {
    await machine.pull(disk);
    await machine.waitFor("all is down", allIsDown);
    await machine.plug(disk);
    up.push(await machine.waitFor(`all is up again, round ${round}`, allIsUp, 180));
    expect(await machine.run(deadAreas), `round ${round}`).toBe(String(round));
    expect(await machine.run("systemctl --failed --no-legend --plain | cut -d ' ' -f 1")).toBe("");
  }
  tell("plug to all up, on top of dead areas", ...up);

  const { problems } = await laptop.statusOf("mom");
  const many = count === 1 ? "a dead swap area of a pulled disk stays" : `${count} dead swap areas`;
  const lost = problems.find(({ code }) => code === "W-SWAP-LOST");
  expect(lost?.message).toContain(many);
  expect(lost?.message).toContain("until it is rebooted");
  expect(lost?.try).toMatch(/^ssh .*sudo reboot/);
  const plan = await laptop.pimesh("provision", "mom", "--dry-run");
  expect(plan.out).toMatch(/dead swap areas? of a pulled disk stays? until the next reboot/);

  tell(`reboot with ${count} dead areas`, await machine.reboot());
  await machine.waitFor("all is up after the reboot", allIsUp, 300);
  expect(await machine.run(deadAreas)).toBe("0");
  expect(await laptop.problemsOf("mom")).toEqual([]);
});

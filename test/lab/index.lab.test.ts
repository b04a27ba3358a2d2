import { expect, test } from "vitest";
import { openLab } from "./support/lab.ts";
import { provisioned } from "./support/provisioned.ts";
import { tell } from "./support/rounds.ts";

const lab = openLab();
const index = "/media/btsync/.pimesh/index";
const counted = `[ -s ${index} ] && [ -s ${index}-summary.json ]`;
const atWork =
  "systemctl is-active -q pimesh-index.service || [ $(systemctl show -P ActiveState pimesh-index.service) = activating ]";

test("a node keeps an index while its disk is there: it is counted by, compared by, and never in the way", async () => {
  const { machine, disk, laptop } = await provisioned(lab, { image: "bookworm" });
  tell("provision to index", await machine.waitFor("the tree is counted", counted));
  expect(await machine.run("systemctl is-active pimesh-index.timer")).toBe("active");
  expect(await laptop.statusOf("mom")).toMatchObject({ countSource: "index" });
  // The engine of the lab lets a file grow; the rest is the same
  const plain = await laptop.pimesh("diff", "laptop", "mom", "--summary", "--json");
  const cached = await laptop.pimesh("diff", "laptop", "mom", "--summary", "--json", "--cached");
  const { onlyRight, rightFiles } = JSON.parse(plain.out).summary;
  expect(JSON.parse(cached.out).summary).toMatchObject({ onlyRight, rightFiles });
  expect(JSON.parse(cached.out).rightIndex.ageSeconds).toBeGreaterThanOrEqual(0);

  // A count that goes on for as long as it is let
  await machine.run(`rm ${index}-summary.json
mkdir -p /etc/systemd/system/pimesh-index.service.d
printf '[Service]\\nExecStart=\\nExecStart=/bin/sh -c "cd /media/btsync/btsync; exec sleep 1000"\\n' >/etc/systemd/system/pimesh-index.service.d/slow.conf
systemctl daemon-reload
systemctl start --no-block pimesh-index.service`);
  await machine.waitFor("a count is at work", atWork);
  await machine.pull(disk);
  tell("pull to the end of a count", await machine.waitFor("the count has ended", `! { ${atWork}; }`));
  await machine.waitFor("the mount is gone", "! mountpoint -q /media/btsync");
  expect(await machine.run("systemctl is-active pimesh-index.timer || :")).toBe("inactive");
  expect(await machine.run("ls -A /media/btsync")).toBe("");

  await machine.run("rm -r /etc/systemd/system/pimesh-index.service.d; systemctl daemon-reload");
  await machine.plug(disk);
  await machine.waitFor("the timer is back", "systemctl is-active -q pimesh-index.timer", 300);
  await machine.run("systemctl start pimesh-index.service");
  expect(await machine.run(`${counted} && echo counted`)).toBe("counted");
});

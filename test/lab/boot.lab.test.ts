import { describe, expect, test } from "vitest";
import { openLab } from "./support/lab.ts";
import type { Machine } from "./support/machine.ts";
import { allIsUp, provisioned } from "./support/provisioned.ts";
import { systems, tell } from "./support/rounds.ts";

const lab = openLab();

describe.each(systems(["trixie"], ["bookworm", "trixie"]))(
  "a machine with %s boots without its disk",
  (image) => {
    test("as fast as ever, writes nothing where the disk would be, says so, and takes the disk when it comes", async () => {
      const { machine, disk, laptop } = await provisioned(lab, { image });
      await machine.powerOff();
      await machine.powerOn();
      const withDisk = await sshReady(machine);
      await machine.powerOff();
      await machine.pull(disk);
      await machine.powerOn();
      const without = await sshReady(machine);
      tell(`${image}: boot until sshd, with the disk and without`, withDisk, without);
      // A boot that waits for a device does so for 90 seconds
      expect(without - withDisk).toBeLessThan(60);

      await machine.waitFor("nothing is left to start", '[ -z "$(systemctl list-jobs --no-legend)" ]', 300);
      expect(await machine.run("systemctl is-active emergency.target rescue.target || true")).toBe(
        "inactive\ninactive",
      );
      expect((await laptop.statusOf("mom")).state).toBe("disk-absent");
      expect(await machine.run("pgrep -x syncthing || true"), "no engine runs").toBe("");
      expect(await machine.run("lsattr -d /media/btsync | grep -o i | head -n 1; ls -A /media/btsync")).toBe(
        "i",
      );
      const attempt = await machine.ask("echo x >/media/btsync/x; mkdir /media/btsync/btsync");
      expect(attempt.code, "not even root can write there").not.toBe(0);
      expect(await machine.run("tail -n +2 /proc/swaps")).toBe("");

      await machine.plug(disk);
      await machine.waitFor("all is up", allIsUp, 300);
      expect(await laptop.problemsOf("mom")).toEqual([]);
    });
  },
);

/** Seconds from power on until sshd was active, on the machine's own clock. */
async function sshReady(machine: Machine): Promise<number> {
  return Number(await machine.run("systemctl show -p ActiveEnterTimestampMonotonic --value ssh")) / 1e6;
}

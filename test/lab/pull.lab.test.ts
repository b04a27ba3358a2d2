import { describe, expect, test } from "vitest";
import { openLab } from "./support/lab.ts";
import { allIsDown, allIsUp, provisioned } from "./support/provisioned.ts";
import { rounds, tell } from "./support/rounds.ts";
import { keepLoggedIn } from "./support/logged-in.ts";

const lab = openLab();

describe.each(["bookworm", "trixie"] as const)("the disk of a machine with %s is pulled", (image) => {
  test("while the engine has hundreds of MiB in its swap: the engine dies, and nobody else", async () => {
    const { machine, disk, laptop } = await provisioned(lab, { image });
    await machine.run("echo mib=600 >/etc/lab-engine; systemctl restart syncthing@pi");
    const down: number[] = [];
    const up: number[] = [];
    const count = rounds(1, 10);
    const boot = await machine.bootId();
    for (let round = 1; round <= count; round++) {
      await machine.waitFor(
        "the engine has 200 MiB in swap",
        `[ "$(cat ${swapped})" -gt ${200 * 1024 ** 2} ]`,
        400,
      );
      expect(await machine.run(othersInSwap), "nobody else has a page in swap").toBe("");
      const session = await keepLoggedIn(machine);

      await machine.pull(disk);
      down.push(await machine.waitFor("engine and mount are gone", allIsDown, 300));
      expect(await machine.run("cat /proc/1/comm; systemctl is-active ssh || systemctl is-active sshd")).toBe(
        "systemd\nactive",
      );
      expect(await machine.run("echo in", { user: "pi" }), "a new login works").toBe("in");
      expect(await session.stillThere(), "a login shell from before goes on").toBe(true);
      expect(await machine.run(bareFolder), "the bare folder is locked and empty").toBe("i");
      await machine.waitFor("the player is back", "pgrep -x kodi.bin");
      expect((await laptop.statusOf("mom")).state).toBe("disk-absent");

      await machine.plug(disk);
      up.push(await machine.waitFor("all is back", allIsUp, 300));
    }
    expect(await machine.bootId(), "it has never restarted").toBe(boot);
    expect(await machine.console()).not.toContain("Kernel panic");
    tell(`${image}: pull to all down, with the engine in swap`, ...down);
    tell(`${image}: plug to all up, with the engine in swap`, ...up);
  });
});

const swapped = "/sys/fs/cgroup/pimesh.slice/memory.swap.current";

/** Every process outside of pimesh.slice with pages in any swap. */
const othersInSwap = `cd /proc
for each in [0-9]*; do
  if grep -qs '^0::/pimesh[.]slice' $each/cgroup; then continue; fi
  awk -v id=$each '/^Name:/ { name = $2 } /^VmSwap:/ && $2 > 0 { print id, name, $2 }' $each/status 2>/dev/null
done
true`;

/** The folder under the mount point: its attribute, and what lies in it. */
const bareFolder = `lsattr -d /media/btsync | grep -o i | head -n 1; ls -A /media/btsync`;

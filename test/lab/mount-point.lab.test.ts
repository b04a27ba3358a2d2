import { expect, test } from "vitest";
import { openLab } from "./support/lab.ts";
import { Laptop } from "./support/laptop.ts";
import { allIsDown, allIsUp, provisioned, withSwap } from "./support/provisioned.ts";
import { makeDisk } from "./support/usb-disk.ts";

const lab = openLab();

test("udisks2 and a desktop's rule got there first: provision takes the disk over, and they never get it again", async () => {
  const machine = await lab.machine("bookworm");
  await machine.run(desktop, { seconds: 300 });
  const disk = await makeDisk({ folder: lab.folder });
  await machine.plug(disk);
  await machine.waitFor("the desktop has mounted it", "mountpoint -q /media/root/btsync");
  const laptop = await Laptop.of(`${machine.folder}/laptop`, { mom: machine }, withSwap);
  expect(await laptop.problemsOf("mom")).toContain("E-DISK-ELSEWHERE");

  const plan = await laptop.pimesh("provision", "mom", "--dry-run");
  expect(plan.out).toMatch(/unmount \/media\/root\/btsync\s+somebody else has mounted the disk there/);
  await laptop.does("provision", "mom", "--yes");
  await machine.waitFor("all is up", allIsUp, 300);
  expect(await machine.run(placesOf(disk.uuid))).toBe("/media/btsync");

  await machine.pull(disk);
  await machine.waitFor("all is down", allIsDown);
  await machine.plug(disk);
  await machine.waitFor("all is up", allIsUp, 300);
  await machine.waitFor("nothing is tried any more", '[ -z "$(systemctl list-jobs --no-legend)" ]');
  expect(await machine.run(placesOf(disk.uuid))).toBe("/media/btsync");
  expect(await laptop.problemsOf("mom")).toEqual([]);
});

test("the disk is mounted elsewhere by hand: the engine does not run, status says where it is, provision brings it back", async () => {
  const { machine, disk, laptop } = await provisioned(lab, { image: "bookworm" });
  const device = `/dev/disk/by-uuid/${disk.uuid}`;
  await machine.run("systemctl stop media-btsync.mount");
  await machine.run(`mkdir /media/btsync1 && mount ${device} /media/btsync1`);

  expect(await machine.run("pgrep -x syncthing || true")).toBe("");
  const { state, problems } = await laptop.statusOf("mom");
  expect(state).toBe("disk-absent");
  expect(problems).toContainEqual(
    expect.objectContaining({
      code: "E-DISK-ELSEWHERE",
      message: expect.stringContaining("mounted at /media/btsync1 instead of /media/btsync"),
    }),
  );
  await laptop.does("provision", "mom", "--yes");
  await machine.waitFor("all is up", allIsUp, 300);
  expect(await machine.run(placesOf(disk.uuid))).toBe("/media/btsync");
  // The empty folder stays, and is named: nobody knows whose it was
  expect(await laptop.problemsOf("mom")).toEqual(["W-TWIN-FOLDER"]);
});

test("files lie under the mount point: status and provision name them, nothing starts, and they are moved aside only when told", async () => {
  const machine = await lab.machine("bookworm");
  await machine.run("mkdir -p /media/btsync/photos && echo beach >/media/btsync/photos/beach.jpg");
  const laptop = await Laptop.of(`${machine.folder}/laptop`, { mom: machine }, withSwap);
  expect(await laptop.problemsOf("mom")).toContain("E-HIDDEN-FILES");
  const disk = await makeDisk({ folder: lab.folder });
  await machine.plug(disk);
  await machine.waitFor("the disk is seen", `[ -e /dev/disk/by-uuid/${disk.uuid} ]`);

  const before = await machine.run("find /etc -newer /media/btsync/photos/beach.jpg -type f");
  const refused = await laptop.pimesh("provision", "mom", "--yes");
  expect(refused.code).toBe(5);
  expect(refused.err).toMatch(/\/media\/btsync: photos \(E-HIDDEN-FILES\)/);
  expect(await machine.run("find /etc -newer /media/btsync/photos/beach.jpg -type f")).toBe(before);
  expect(await machine.run("pgrep -x syncthing || true")).toBe("");

  await laptop.does("provision", "mom", "--yes", "--move-hidden");
  await machine.waitFor("all is up", allIsUp, 300);
  expect(await machine.run("find /media/btsync -name beach.jpg")).toBe("");
  expect(await machine.run("cat $(find / -xdev -name beach.jpg)")).toBe("beach");
});

/**
 * What a desktop does, without its windows: udisks2 from the image's own packages, and somebody who mounts what comes unless
 * udisks says that it is to be left alone (GNOME's and LXDE's volume monitors ask for HintIgnore).
 */
const desktop = `apt-get install -y -q --no-download --no-install-recommends udisks2 >/dev/null 2>&1
cat >/etc/udev/rules.d/85-desktop.rules <<'RULE'
ACTION=="add", SUBSYSTEM=="block", ENV{ID_FS_USAGE}=="filesystem", TAG+="systemd", ENV{SYSTEMD_WANTS}+="desktop-mount@%k.service"
RULE
cat >/etc/systemd/system/desktop-mount@.service <<'UNIT'
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'udisksctl info -b /dev/%i | grep -q "HintIgnore: *true" || udisksctl mount -b /dev/%i'
UNIT
systemctl daemon-reload
udevadm control --reload`;

/** Where a file system is mounted, a line each. */
function placesOf(uuid: string | undefined): string {
  return `findmnt -n -o TARGET -S "$(readlink -f /dev/disk/by-uuid/${uuid})"`;
}

import { describe, expect, test } from "vitest";
import { conf, momsNode, mounts, rightMount, shells, uuid, type NodeRoot } from "./node-root.ts";

const script = "usr/local/lib/pimesh/disk-guard";

/** One thing wrong each, and the beginning of what the guard says. */
const wrongs: readonly (readonly [string, (root: NodeRoot) => void, string])[] = [
  ["the node was never provisioned", (root) => root.remove("etc/pimesh/node.conf"), "unprovisioned: "],
  ["node.conf names no disk", (root) => conf(root, { UUID: "" }), "unprovisioned: "],
  [
    "the disk is not plugged in",
    (root) => {
      mounts(root);
      root.remove(`dev/disk/by-uuid/${uuid}`);
    },
    `absent: no disk with the UUID ${uuid} is plugged in`,
  ],
  ["nothing is mounted", (root) => mounts(root), "not-mounted: nothing is mounted at /media/btsync"],
  [
    "it is mounted beside, as udisks does",
    (root) => mounts(root, rightMount.replace("/media/btsync", "/media/btsync1")),
    "not-mounted: nothing is mounted at /media/btsync",
  ],
  [
    "only an automount point is there",
    (root) => mounts(root, "systemd-1 /media/btsync autofs rw,relatime 0 0"),
    "not-mounted: only an automount point",
  ],
  [
    "it is FAT",
    (root) => mounts(root, rightMount.replace("ext4", "vfat")),
    "not-ext4: /dev/sda1 at /media/btsync is vfat",
  ],
  [
    "it is full",
    (root) =>
      root.standIn("df", 'printf "Filesystem 1024-blocks Used Available\\n/dev/sda1 9 9 16383 100%% /x\\n"'),
    "full: the disk at /media/btsync has only 16383 KiB free",
  ],
  ["it is read-only", (root) => mounts(root, rightMount.replace("rw,", "ro,")), "read-only: /dev/sda1"],
  [
    "ext4 of Linux 6.15 has stopped writing after an error",
    (root) => mounts(root, rightMount.replace("errors=remount-ro", "errors=remount-ro,emergency_ro")),
    "read-only: /dev/sda1",
  ],
  [
    "ext4 was shut down under the mount",
    (root) => mounts(root, rightMount.replace("noatime", "noatime,shutdown")),
    "read-only: /dev/sda1",
  ],
  [
    "it was pulled and the dead file system is still there",
    (root) => root.remove(`dev/disk/by-uuid/${uuid}`),
    `absent: the disk with the UUID ${uuid} was pulled`,
  ],
  [
    "it came back as sdb1 over a dead sda1",
    (root) => root.link(`dev/disk/by-uuid/${uuid}`, "../../sdb1"),
    `wrong: /dev/sda1 is mounted at /media/btsync, but the disk with the UUID ${uuid} is /dev/sdb1`,
  ],
  [
    "something else is mounted over the right disk",
    (root) => mounts(root, rightMount, "/dev/sdb1 /media/btsync ext4 rw 0 0"),
    "wrong: /dev/sdb1 is mounted at /media/btsync",
  ],
  [
    "a tmpfs lies over the right disk",
    (root) => mounts(root, rightMount, "tmpfs /media/btsync tmpfs rw 0 0"),
    "not-ext4: tmpfs at /media/btsync is tmpfs",
  ],
  [
    "the disk has no identity",
    (root) => root.remove("media/btsync/.pimesh/identity"),
    "no-identity: the disk at /media/btsync has no identity file",
  ],
  [
    "the identity is a symlink",
    (root) => {
      root.write("elsewhere", `uuid=${uuid}\nnode=mom\n`);
      root.link("media/btsync/.pimesh/identity", "../../../elsewhere");
    },
    "no-identity: ",
  ],
  [
    "the disk is a block-wise copy of another",
    (root) => root.write("media/btsync/.pimesh/identity", "uuid=0000-1111\nnode=mom\n"),
    "wrong: the identity on the disk names the UUID 0000-1111",
  ],
  [
    "it is grandma's disk",
    (root) => root.write("media/btsync/.pimesh/identity", `uuid=${uuid}\nnode=grandma\n`),
    "wrong: the disk belongs to grandma, not to mom",
  ],
  [
    "the identity is empty",
    (root) => root.write("media/btsync/.pimesh/identity", ""),
    "wrong: the identity on the disk names the UUID (none)",
  ],
];

describe.each(shells.filter((shell) => shell.there))("disk-guard in $name", (shell) => {
  test("is silent and content when all is right", () => {
    expect(momsNode().run(shell, script)).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("says on request that all is right", () => {
    expect(momsNode().run(shell, script, "--print")).toEqual({
      code: 0,
      stdout: "right: /dev/sda1 is mounted read-write at /media/btsync and belongs to mom\n",
      stderr: "",
    });
  });

  test.each(wrongs)("refuses in one line when %s", (_, spoil, said) => {
    const root = momsNode();
    spoil(root);
    const { code, stdout, stderr } = root.run(shell, script);
    expect(stdout.slice(0, said.length)).toBe(said);
    expect({ code, lines: stdout.split("\n").length, stderr }).toEqual({ code: 1, lines: 2, stderr: "" });
  });

  test("reads the escapes of the mount table", () => {
    const root = momsNode();
    const mount = String.raw`/media/Großmutter's #1\disk`;
    conf(root, { MOUNT: mount.replace("'", String.raw`'\''`) });
    root.write(`${mount}/.pimesh/identity`, `uuid=${uuid}\nnode=mom\n`);
    const escaped = mount
      .replaceAll("\\", String.raw`\134`)
      .replaceAll(" ", String.raw`\040`)
      .replaceAll("#", String.raw`\043`);
    mounts(root, rightMount.replace("/media/btsync", escaped));
    expect(root.run(shell, script)).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("finds node.conf one folder up where /etc cannot hold it, as on LibreELEC", () => {
    const root = momsNode();
    root.write("storage/.config/pimesh/node.conf", root.read("etc/pimesh/node.conf"));
    root.write("storage/.config/pimesh/lib/disk-guard", root.read(script), 0o755);
    root.remove("etc/pimesh");
    expect(root.run(shell, "storage/.config/pimesh/lib/disk-guard").code).toBe(0);
  });

  test("refuses words that it does not know", () => {
    expect(momsNode().run(shell, script, "--force").code).toBe(2);
  });
});

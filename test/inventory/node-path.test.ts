import { posix } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { folderProblem, labelProblem, mountProblem, treeProblem } from "../../src/inventory/node-path.ts";

describe("mountProblem", () => {
  test.each(["/media/btsync", "/media/pi/btsync", "/mnt/usb-1", "/srv/x", "/var/media/btsync"])(
    "%s is fine",
    (mount) => {
      expect(mountProblem(mount)).toBeUndefined();
    },
  );

  test.each([
    ["media/btsync", "is not an absolute path"],
    ["/media", "is not below /media, /mnt, /srv or /var/media"],
    ["/media/", "ends in /"],
    ["/", "is the root of the Pi's own system, which cannot be the disk's mount point"],
    ["/mediation/x", "is not below /media, /mnt, /srv or /var/media"],
    ["/home/pi/disk", "is not below /media, /mnt, /srv or /var/media"],
    ["/media/../etc", "holds .."],
    ["/media//x", "is not normalised: it holds // or a lone ."],
    ["/media/./x", "is not normalised: it holds // or a lone ."],
    ["/media/my disk", "may hold only A-Z a-z 0-9 . _ + - and /"],
    ["/media/%i", "may hold only A-Z a-z 0-9 . _ + - and /"],
    ["/media/a'b", "may hold only A-Z a-z 0-9 . _ + - and /"],
    ["/media/a\nb", "holds a control character"],
    [`/media/${"x".repeat(60)}`, "is longer than 60 characters"],
  ])("refuses %j", (mount, problem) => {
    expect(mountProblem(mount)).toBe(problem);
  });

  test("what passes lies below an allowed folder and needs no quoting", () => {
    const part = fc.constantFrom(
      "/",
      "media",
      "mnt",
      "..",
      ".",
      "a",
      " ",
      "'",
      "$x",
      "\n",
      "srv",
      "var/media",
      "-",
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const mount = `/${parts.join("")}`;
        if (mountProblem(mount) !== undefined) return;
        expect(posix.normalize(mount)).toBe(mount);
        expect(mount).toMatch(/^\/(?:media|mnt|srv|var\/media)\/[\w.+/-]+$/);
      }),
      { numRuns: 500 },
    );
  });
});

describe("treeProblem", () => {
  test.each(["btsync", "family/shared", "größe", ".hidden"])("%s is fine", (tree) => {
    expect(treeProblem(tree)).toBeUndefined();
  });

  test.each([
    ["", "is empty"],
    ["/btsync", "is absolute; it is relative to disk.mount"],
    ["btsync/", "ends in /"],
    ["a//b", "is not normalised: it holds // or a lone ."],
    [".", "is not normalised: it holds // or a lone ."],
    ["../x", "holds .."],
    ["a/../b", "holds .."],
    ["my sync", "may hold only letters, digits, . _ + - and /"],
    ["a\tb", "holds a control character"],
    [".pimesh", "is inside .pimesh, which is not for files that are synced"],
    [".pimesh/x", "is inside .pimesh, which is not for files that are synced"],
    ["swapfile", "is inside swapfile, which is not for files that are synced"],
    ["lost+found", "is inside lost+found, which is not for files that are synced"],
    ["x".repeat(201), "is longer than 200 bytes"],
  ])("refuses %j", (tree, problem) => {
    expect(treeProblem(tree)).toBe(problem);
  });
});

describe("folderProblem", () => {
  test.each(["movies", "photos/2024", "TV series", "it's", "für uns", "-rf", "50%"])(
    "%s is fine",
    (folder) => {
      expect(folderProblem(folder)).toBeUndefined();
    },
  );

  test.each([
    ["", "is empty"],
    ["/movies", "is absolute; it is relative to the tree"],
    ["movies/", "ends in /"],
    ["a/../../b", "holds .."],
    ["./a", "is not normalised: it holds // or a lone ."],
    [" a", "starts or ends with a blank"],
    ["a/b ", "starts or ends with a blank"],
    ["a\\b", "holds a backslash"],
    ["a\nb", "holds a control character"],
    ["ä".repeat(128), "is longer than 255 bytes"],
    [".stversions/x", ".stversions belongs to pimesh or a sync engine"],
    [".SyncArchive", ".SyncArchive belongs to pimesh or a sync engine"],
    ["config_raspi", "config_raspi belongs to pimesh or a sync engine"],
  ])("refuses %j", (folder, problem) => {
    expect(folderProblem(folder)).toBe(problem);
  });
});

describe("labelProblem", () => {
  test.each(["btsync", "x", "sixteen-letters1", "a.b_c+d"])("%s is fine", (label) => {
    expect(labelProblem(label)).toBeUndefined();
  });

  test.each([
    ["", "is empty"],
    ["seventeen-letters", "is longer than the 16 bytes that ext4 has for a label"],
    ["ääääääääa", "is longer than the 16 bytes that ext4 has for a label"],
    ["my disk", "may hold only A-Z a-z 0-9 . _ + -; `sudo e2label DEVICE LABEL` renames a disk"],
    ["a*", "may hold only A-Z a-z 0-9 . _ + -; `sudo e2label DEVICE LABEL` renames a disk"],
    ['a"', "may hold only A-Z a-z 0-9 . _ + -; `sudo e2label DEVICE LABEL` renames a disk"],
  ])("refuses %j", (label, problem) => {
    expect(labelProblem(label)).toBe(problem);
  });
});

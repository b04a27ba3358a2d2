import { describe, expect, test } from "vitest";
import { commReported, pimeshReported, rcloneReported, roundTripsIn, rsyncReported } from "./tree-peers.ts";

describe("what a peer calls different", () => {
  test("rsync: files that it would send or delete, with odd bytes in octal; no folder's time", () => {
    const said = [
      "*deleting   photos/gone.jpg",
      "*deleting   photos/folder/",
      ".d..t...... photos/",
      "<f.st...... photos/larger.jpg",
      "<f..t...... music/a \\#303\\#251.mp3",
      "<f+++++++++ new\\#012line",
      "",
    ].join("\n");
    expect(rsyncReported(Buffer.from(said))).toEqual([
      "photos/gone.jpg",
      "photos/larger.jpg",
      "music/a \u00c3\u00a9.mp3",
      "new\nline",
    ]);
  });

  test("comm: a file that both lists have in another way is one difference", () => {
    const said = "a\t1\t5.0\0\tb\tc\t1\t5.0\0new\nline\t1\t5.0\0\tnew\nline\t2\t5.0\0";
    expect(commReported(Buffer.from(said))).toEqual(["a", "b\tc", "new\nline"]);
  });

  test("rclone: everything but what is equal; a name may go on in the next line", () => {
    const said = "= same\n* differs\n+ only left\n= new\nline\n- two\nlines\n! error\n";
    expect(rcloneReported(Buffer.from(said))).toEqual(["differs", "only left", "two\nlines", "error"]);
    expect(rcloneReported(Buffer.from(""))).toEqual([]);
  });

  test("pimesh: its document, with names that are no UTF-8 from their bytes", () => {
    const document = {
      differences: [
        { path: "é", kind: "differs" },
        { path: "\ufffd", pathBase64: Buffer.from([0xff]).toString("base64"), kind: "only-left" },
      ],
    };
    expect(pimeshReported(Buffer.from(JSON.stringify(document)))).toEqual([
      { path: "\u00c3\u00a9", kind: "differs" },
      { path: "\u00ff", kind: "only-left" },
    ]);
  });
});

test.each([
  ["compared in 1.2 s, 3 round trips", 3],
  ["1 round trip", 1],
  ["12,345 bytes up, 1,204 round trips", 1204],
  ["listed by find", undefined],
])("of %j the round trips are %s", (said, trips) => {
  expect(roundTripsIn(said)).toBe(trips);
});

import { describe, expect, test } from "vitest";
import { expandLaptopPath } from "../../src/inventory/laptop-path.ts";

const surroundings = {
  home: "/home/a$b",
  env: { DISK: "/mnt/dat", NAME: "x", EMPTY: "", DOLLAR: "/d$NAME" },
};

describe("expandLaptopPath", () => {
  test.each([
    ["~", "/home/a$b"],
    ["~/btsync", "/home/a$b/btsync"],
    ["~/btsync/", "/home/a$b/btsync"],
    ["$DISK/btsync", "/mnt/dat/btsync"],
    ["${DISK}2/$NAME-$NAME", "/mnt/dat2/x-x"],
    ["/a/~/b", "/a/~/b"],
    ["/a//b/./c", "/a/b/c"],
    ["/price$$/x", "/price$/x"],
    ["/$$NAME", "/$NAME"],
    ["$DOLLAR", "/d$NAME"],
    ["/", "/"],
    ["/My Films/ä", "/My Films/ä"],
  ])("%s is %s", (text, path) => {
    expect(expandLaptopPath(text, surroundings)).toEqual({ path });
  });

  test.each([
    ["", "is empty"],
    ["btsync", "is not absolute: it starts with neither / nor ~"],
    ["./btsync", "is not absolute: it starts with neither / nor ~"],
    ["$NAME/btsync", "is not absolute: it starts with neither / nor ~"],
    ["~mom/btsync", "only ~ and ~/ are known, not another user's home"],
    ["$NOWHERE/btsync", "the environment variable NOWHERE is not set"],
    ["/a/${EMPTY}/b", "the environment variable EMPTY is not set"],
    ["$HASOWN", "the environment variable HASOWN is not set"],
    ["/a/$", "holds a $ that starts no $NAME or ${NAME}; $$ is a dollar sign"],
    ["/a/${DISK", "holds a $ that starts no $NAME or ${NAME}; $$ is a dollar sign"],
    ["/a/${DISK:-/b}", "holds a $ that starts no $NAME or ${NAME}; $$ is a dollar sign"],
    ["/a/$(id)", "holds a $ that starts no $NAME or ${NAME}; $$ is a dollar sign"],
    ["~/../b", "holds .."],
    ["/a\nb", "holds a control character"],
    [`/${"x".repeat(4095)}`, "is longer than 4095 bytes"],
  ])("refuses %j", (text, problem) => {
    expect(expandLaptopPath(text, surroundings)).toEqual({ problem });
  });
});

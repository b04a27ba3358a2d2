import { expect, test } from "vitest";
import { unifiedDiff } from "../../src/provision/unified-diff.ts";

test("a change is shown with three lines around it", () => {
  expect(unifiedDiff("a\nb\nc\nd\ne\n", "a\nb\nX\nd\ne\n")).toMatchInlineSnapshot(`
    "@@ -1,5 +1,5 @@
     a
     b
    -c
    +X
     d
     e"
  `);
});

test("equal texts have no diff", () => {
  expect(unifiedDiff("a\n", "a\n")).toBe("");
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { withManagedBlock } from "../../src/provision/managed-block.ts";

test("an empty file becomes the block alone", () => {
  expect(withManagedBlock("", [".DS_Store"], "//")).toMatchInlineSnapshot(`
    "// pimesh: begin; this part comes from the inventory, edit it there
    .DS_Store
    // pimesh: end
    "
  `);
});

test("the user's own lines stay where they are, around the block", () => {
  const first = withManagedBlock("mine\n", ["a"], "#");
  const edited = `${first}also mine\n`;
  expect(withManagedBlock(edited, ["b"], "#")).toBe(edited.replace("\na\n", "\nb\n"));
});

test("a last line without its newline is not glued to the block", () => {
  expect(withManagedBlock("mine", ["a"], "#").split("\n")[0]).toBe("mine");
});

test("the same lines again change nothing, whatever else is in the file", () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.stringMatching(/^[a-z*.]{1,8}$/)), (text, lines) => {
      const once = withManagedBlock(text, lines, "//");
      expect(withManagedBlock(once, lines, "//")).toBe(once);
    }),
  );
});

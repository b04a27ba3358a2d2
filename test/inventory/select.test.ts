import { describe, expect, test } from "vitest";
import { selectNode, selectNodes } from "../../src/inventory/select.ts";
import { inventoryFrom } from "./parsed.ts";

const inventory = inventoryFrom(
  "laptop: {tree: /t}\nnodes:\n  home: {address: a}\n  mom: {address: b}\n  grandma: {address: c}\n",
);

function names(selected: readonly { readonly name: string }[]): string[] {
  return selected.map(({ name }) => name);
}

describe("selectNodes", () => {
  test("gives the named nodes in the order of the inventory, each once", () => {
    expect(names(selectNodes(inventory, ["grandma", "home", "grandma"]))).toEqual(["home", "grandma"]);
  });

  test("gives all", () => {
    expect(names(selectNodes(inventory, [], { all: true }))).toEqual(["home", "mom", "grandma"]);
  });

  test("names every unknown node at once, with what was probably meant", () => {
    expect(() => selectNodes(inventory, ["gradma", "mom", "dad", "laptop"])).toThrow(
      expect.objectContaining({
        code: "E-NODE-UNKNOWN",
        message:
          "there is no node called gradma (did you mean grandma?); there is no node called dad; laptop is the machine that pimesh runs on, not a node",
        hint: "the inventory knows home, mom, grandma",
      }),
    );
  });

  test.each([
    ["no name and no --all", [], false],
    ["names and --all", ["mom"], true],
  ])("%s is a usage error", (_title, given, all) => {
    expect(() => selectNodes(inventory, given, { all })).toThrow(
      expect.objectContaining({ code: "E-USAGE" }),
    );
  });

  test("a name that is written to disturb is quoted", () => {
    expect(() => selectNodes(inventory, ["a\u001b[2J"])).toThrow(
      String.raw`there is no node called "a\u001b[2J"`,
    );
  });
});

describe("selectNode", () => {
  test("gives the one node", () => {
    expect(selectNode(inventory, "mom").name).toBe("mom");
  });
});

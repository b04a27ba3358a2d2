import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { firstInventoryText, yamlText } from "../../src/inventory/first-inventory.ts";
import { inventoryFrom } from "./parsed.ts";

test("any text that is written comes back as that text", { timeout: 30_000 }, () => {
  const tricky = fc.constantFrom(
    "~",
    "null",
    "Yes",
    "no",
    "0x10",
    "1e3",
    ".5",
    "-",
    "- a",
    "a: b",
    "a #b",
    "*a",
    "&a",
    "!a",
    "'",
    '"',
    "\\",
    "a\nb",
    " a",
    "",
    "\u2028",
    "\u0085",
    "\ufeff",
    "\ud800",
    "{a}",
    "@",
    "%",
    "<<",
  );
  fc.assert(
    fc.property(fc.oneof(tricky, fc.string({ unit: "binary" })), (text) => {
      const written = yamlText(text);
      expect(written).not.toMatch(/[\n\r]/);
      expect(parse(`a: ${written} # comment\n`)).toEqual({ a: text });
      // YAML 1.1 readers take yes, no, on and off for booleans.
      expect(parse(`a: ${written}\n`, { version: "1.1" })).toEqual({ a: text });
    }),
    { numRuns: 150 },
  );
});

test("what is written is what is loaded", { timeout: 30_000 }, () => {
  const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/).filter((word) => word !== "laptop");
  const host = fc.stringMatching(/^[a-z][a-z0-9]{0,10}$/);
  const addresses = fc.uniqueArray(
    fc.oneof(
      host,
      host.map((word) => `${word}:2222`),
      fc.ipV6(),
    ),
    { minLength: 1, maxLength: 3 },
  );
  const first = fc.record({
    tree: fc
      .stringMatching(/^[~/][ -~]{0,20}$/)
      .filter((path) => /^(?:~\/|\/[^/])/.test(path) && !/\$|\/\.{1,2}(?:\/|$)|\/\//.test(path)),
    user: fc.option(fc.stringMatching(/^[a-z_][a-z0-9_.-]{0,10}$/), { nil: undefined }),
    nodes: fc.uniqueArray(fc.record({ name, addresses }), {
      minLength: 1,
      maxLength: 4,
      selector: (node) => node.name,
    }),
  });
  fc.assert(
    fc.property(first, ({ tree, user, nodes }) => {
      const used = nodes.flatMap((node) => node.addresses.map((text) => text.toLowerCase()));
      fc.pre(new Set(used).size === used.length);
      const inventory = inventoryFrom(firstInventoryText({ tree, user, nodes }));
      expect(inventory.laptop.tree).toBe(tree.replace(/^~/, "/home/ada").replace(/(?<=.)\/$/, ""));
      expect(inventory.nodes.map(({ name: own }) => own)).toEqual(nodes.map(({ name: own }) => own));
      for (const [index, node] of inventory.nodes.entries()) {
        expect(node.user).toBe(user);
        expect(node.addresses.map(({ text }) => text)).toEqual(nodes[index]?.addresses);
      }
    }),
  );
});

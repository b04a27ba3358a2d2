import { expect, test } from "vitest";
import { PimeshError } from "../../src/core/error.ts";
import { exitCodeOf } from "../../src/core/outcome.ts";
import { eachNode } from "../../src/fleet/each-node.ts";

const nodes = ["home", "mom", "grandma"].map((name) => ({ name }));

test("one unreachable node does not stop the others", async () => {
  const outcomes = await eachNode(
    nodes,
    async ({ name }) => {
      if (name === "home")
        throw new PimeshError("E-NO-ADDRESS-ANSWERS", "no address answers", { node: name });
      return name.length;
    },
    { concurrency: 1 },
  );
  expect(outcomes.map((outcome) => [outcome.node, outcome.ok])).toEqual([
    ["home", false],
    ["mom", true],
    ["grandma", true],
  ]);
  expect(exitCodeOf(outcomes)).toBe(4);
});

test("outcomes come back in the order of the nodes, whoever ends first", async () => {
  const ended: string[] = [];
  const outcomes = await eachNode(
    nodes,
    async ({ name }) => {
      await new Promise((done) => setTimeout(done, name === "home" ? 30 : 0));
      return name;
    },
    { onOutcome: (outcome) => ended.push(outcome.node) },
  );
  expect(ended.at(-1)).toBe("home");
  expect(outcomes.map((outcome) => outcome.node)).toEqual(["home", "mom", "grandma"]);
});

test("a bug is no sick node: it ends the run", async () => {
  await expect(
    eachNode(nodes, async () => {
      throw new TypeError("undefined is not a function");
    }),
  ).rejects.toThrow(TypeError);
});

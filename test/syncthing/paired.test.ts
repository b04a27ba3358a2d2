import { expect, test } from "vitest";
import { readPaired, writePaired } from "../../src/syncthing/paired.ts";

const paired = {
  devices: [{ id: "MOM", name: "mom", addresses: ["tcp://mom.example.org:22000", "dynamic"] }],
};

test("what was written is read back", () => {
  expect(readPaired(writePaired(paired))).toEqual(paired);
});

test.each([
  ["", "is damaged: it is no JSON"],
  [writePaired(paired).slice(0, 40), "is damaged: it is no JSON"],
  ['{"schemaVersion":1,"devices":"mom"}', "is damaged: it holds no list of devices"],
  ["[]", "is damaged: it holds no list of devices"],
  ['{"schemaVersion":2,"devices":{}}', "was written by a newer pimesh"],
])("%j %s", (text, problem) => {
  expect(readPaired(text)).toBe(problem);
});

import { expect, test } from "vitest";
import { renderJson } from "../../src/render/json.ts";

test("JSON is one readable document that ends with a newline", () => {
  expect(renderJson({ name: "Oma é", files: null })).toBe('{\n  "name": "Oma é",\n  "files": null\n}\n');
});

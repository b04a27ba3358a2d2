import fc from "fast-check";
import { expect, test } from "vitest";
import { child, parseXml } from "../../src/syncthing/xml-element.ts";

test("elements, attributes, text, entities, CDATA and comments are read", () => {
  const root = parseXml(
    `<?xml version="1.0"?>\n<!-- <gui> --><a b="1 &lt; 2" c='"'>x &amp; &#65;&#x42;<!-- no --><d/><![CDATA[<e>]]></a>\n`,
  );
  expect(root).toMatchObject({ name: "a", text: "x & AB<e>", children: [{ name: "d" }] });
  expect(typeof root === "string" ? undefined : [...root.attributes]).toEqual([
    ["b", "1 < 2"],
    ["c", '"'],
  ]);
});

test.each([
  ["", "holds no element"],
  ["<a><b></a></b>", "closes <a> where it is not open"],
  ["<a><b>", "breaks off before the end of <b>"],
  ["<a>x</a", "breaks off in the middle of something"],
  ["<a/><a/>", "has more than one root"],
  ["<a/>x", "holds text outside of its element"],
  ["<a>&nbsp;</a>", "holds an entity that is not XML's own"],
  ["<a>1 & 2</a>", "holds an entity that is not XML's own"],
  ['<a b="1" b="2"/>', "has an attribute of <a> that cannot be read"],
  ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "breaks off in the middle of something"],
])("%s %s", (source, problem) => {
  expect(parseXml(source)).toBe(problem);
});

test("a text that breaks off anywhere is never taken for a whole one", () => {
  const whole = `<configuration><gui enabled="true" tls="false"><address>127.0.0.1:8384</address></gui></configuration>`;
  for (let end = 0; end < whole.length; end += 1) expect(parseXml(whole.slice(0, end))).toBeTypeOf("string");
});

test("any text that is escaped as Go's encoder does comes back", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const escaped = text.replaceAll(
        /[&<>"'\t\n\r]/g,
        (character) => `&#x${character.charCodeAt(0).toString(16)};`,
      );
      const root = parseXml(`<a><b>${escaped}</b></a>`);
      expect(typeof root === "string" ? root : child(root, "b")?.text).toBe(text);
    }),
  );
});

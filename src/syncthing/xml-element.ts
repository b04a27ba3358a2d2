/** An element of an XML text, as far as a configuration of Syncthing needs it. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text and its CDATA, entities resolved. */
  readonly text: string;
}

/**
 * The root element of an XML text, or why there is none: Syncthing writes plain elements, attributes, text and comments. A
 * document type, which could define entities of its own, is refused, and so is anything that is not well-formed: half a file
 * must not be read as a whole one.
 */
export function parseXml(source: string): XmlElement | string {
  const open: Draft[] = [];
  let root: Draft | undefined;
  let at = 0;
  token.lastIndex = 0;
  for (let match = token.exec(source); match !== null; match = token.exec(source)) {
    at = token.lastIndex;
    const { cdata, close, name, attributes = "", empty, text } = match.groups ?? {};
    const parent = open.at(-1);
    if (text !== undefined || cdata !== undefined) {
      const words = text === undefined ? (cdata as string) : resolved(text);
      if (words === undefined) return "holds an entity that is not XML's own";
      if (parent) parent.text += words;
      else if (words.trim() !== "" && words.trim() !== byteOrderMark)
        return "holds text outside of its element";
    } else if (close !== undefined) {
      if (open.pop()?.name !== close) return `closes <${close}> where it is not open`;
    } else if (name !== undefined) {
      const read = attributesOf(attributes);
      if (read === undefined) return `has an attribute of <${name}> that cannot be read`;
      const element: Draft = { name, attributes: read, children: [], text: "" };
      if (parent) parent.children.push(element);
      else if (root === undefined) root = element;
      else return "has more than one root";
      if (empty === undefined) open.push(element);
    }
  }
  if (at !== source.length) return "breaks off in the middle of something";
  if (open.length > 0) return `breaks off before the end of <${open.at(-1)?.name}>`;
  return root ?? "holds no element";
}

/** The first child of that name. */
export function child(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((each) => each.name === name);
}

interface Draft extends XmlElement {
  text: string;
  readonly children: XmlElement[];
}

const byteOrderMark = "\uFEFF";

/** Sticky: what it cannot read stops the reader. A document type is no token, on purpose. */
const token =
  /<\?[^]*?\?>|<!--[^]*?-->|<!\[CDATA\[(?<cdata>[^]*?)\]\]>|<\/(?<close>[^\s<>/]+)\s*>|<(?<name>[^\s<>/!?]+)(?<attributes>(?:\s+[^\s=<>/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?<empty>\/)?>|(?<text>[^<]+)/y;

function attributesOf(source: string): Map<string, string> | undefined {
  const attributes = new Map<string, string>();
  for (const [, name = "", double, single] of source.matchAll(/([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
    const value = resolved(double ?? single ?? "");
    if (value === undefined || attributes.has(name)) return undefined;
    attributes.set(name, value);
  }
  return attributes;
}

/** undefined where an entity is none of XML's own. */
function resolved(text: string): string | undefined {
  let unknown = false;
  const plain = text.replaceAll(/&([^;&\s]*);?/g, (_, name: string) => {
    const number = /^#(?:x([\da-f]{1,6})|(\d{1,7}))$/i.exec(name);
    const code = number
      ? Number.parseInt(number[1] ?? number[2] ?? "", number[1] === undefined ? 10 : 16)
      : -1;
    if (number && code <= 0x10ffff) return String.fromCodePoint(code);
    const character = entities[name];
    if (character === undefined) unknown = true;
    return character ?? "";
  });
  return unknown ? undefined : plain;
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

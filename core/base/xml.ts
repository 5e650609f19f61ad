// SPDX-License-Identifier: Apache-2.0
// XML as it stands: a tree that loses nothing (order, comments, processing instructions, references), knows
// its lines and gives the same document back. Values are decoded one at a time, when they are asked for; what
// is not well-formed is refused with its line, and so is a document type that could define entities.
//
// Of our own, since the ready-made parsers make objects of elements: one called `constructor` cannot be read,
// what a processing instruction says is gone, and values come back trimmed.

import { xmlDepthMax } from "./limits/edge.js";

export interface XmlTag {
  readonly kind: "tag";
  readonly name: string;
  readonly line: number;
  /** Values as they stand, with their references. */
  attributes: ReadonlyMap<string, string>;
  children: XmlPart[];
}

export type XmlPart =
  | XmlTag
  | { readonly kind: "text"; readonly raw: string }
  /** Comment, processing instruction, CDATA: as they stand. */
  | { readonly kind: "other"; readonly raw: string };

export interface XmlDocument {
  /** What stands before and behind the root, without the XML declaration. */
  readonly before: readonly XmlPart[];
  readonly root: XmlTag;
  readonly behind: readonly XmlPart[];
  /** The name in `<!DOCTYPE name>`. */
  readonly type: string | undefined;
}

export class XmlFault extends Error {
  constructor(
    readonly line: number,
    readonly reason: string,
  ) {
    super(`line ${line}: ${reason}`);
    this.name = "XmlFault";
  }
}

const letter =
  ":A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D" +
  "\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}";
const name = `[${letter}][${letter}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F\\u2040]*`;
const at = (pattern: string): RegExp => new RegExp(pattern, "uy");
const quoted = `"[^"]*"|'[^']*'`;

const grammar = {
  declaration: at("<\\?xml\\s[^]*?\\?>"),
  comment: at("<!--(?:(?!--)[^])*-->"),
  cdata: at("<!\\[CDATA\\[[^]*?\\]\\]>"),
  instruction: at(`<\\?(${name})(?:\\s[^]*?)?\\?>`),
  type: at(`<!DOCTYPE\\s+(${name})(?:\\s+(?:SYSTEM|PUBLIC\\s+(?:${quoted}))\\s+(?:${quoted}))?\\s*(>|\\[)`),
  open: at(`<(${name})`),
  attribute: at(`\\s+(${name})\\s*=\\s*("[^"<]*"|'[^'<]*')`),
  openEnd: at("\\s*(/?)>"),
  close: at(`</(${name})\\s*>`),
  text: at("[^<]+"),
};
const noCharacter = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
const reference = /&(?:#([0-9]+)|#x([0-9a-fA-F]+)|([a-z]+));|&/g;
const named: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** Throws XmlFault. */
export function parseXml(source: string): XmlDocument {
  return new Scanner(source.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n")).document();
}

class Scanner {
  private place = 0;
  private counted = 0;
  private line = 1;

  constructor(private readonly source: string) {}

  document(): XmlDocument {
    const { source } = this;
    const strange = source.search(noCharacter);
    if (strange >= 0) this.refuse("a character that XML does not know", strange);
    this.match("declaration");
    const before = this.beside();
    const type = this.match("type");
    if (type?.[2] === "[") this.refuse("a DOCTYPE that defines something is not accepted");
    const more = this.beside();
    const root = this.element();
    const behind = this.beside();
    if (this.place < source.length) this.refuse("exactly one outermost element is expected");
    return { before: [...before, ...more], root, behind, type: type?.[1] };
  }

  /** Outside of the root: no text but spaces. */
  private beside(): readonly XmlPart[] {
    const parts: XmlPart[] = [];
    for (;;) {
      const part = this.other() ?? this.space();
      if (part === undefined) return parts;
      parts.push(part);
    }
  }

  private space(): XmlPart | undefined {
    const found = /^\s+/.exec(this.source.slice(this.place, this.source.indexOf("<", this.place) >>> 0));
    if (found === null) return undefined;
    this.place += found[0].length;
    return { kind: "text", raw: found[0] };
  }

  private element(): XmlTag {
    const root = this.open() ?? this.refuse("an element is expected");
    const above: XmlTag[] = root.isOpen ? [root.tag] : [];
    for (let tag = above.at(-1); tag !== undefined; tag = above.at(-1)) {
      const inner = this.text() ?? this.other();
      if (inner !== undefined) {
        tag.children.push(inner);
        continue;
      }
      const closed = this.match("close");
      if (closed !== undefined) {
        if (closed[1] !== tag.name) this.refuse(`the closing tag </${tag.name}> is expected`);
        above.pop();
        continue;
      }
      const next = this.open() ?? this.refuse(`<${tag.name}> of line ${tag.line} has no proper end`);
      tag.children.push(next.tag);
      if (next.isOpen && above.push(next.tag) > xmlDepthMax) this.refuse("elements lie too deep");
    }
    return root.tag;
  }

  private open(): { readonly tag: XmlTag; readonly isOpen: boolean } | undefined {
    const line = this.lineHere();
    const begun = this.match("open");
    if (begun === undefined) return undefined;
    const attributes = new Map<string, string>();
    for (let one = this.match("attribute"); one !== undefined; one = this.match("attribute")) {
      const [, key = "", value = ""] = one;
      if (attributes.has(key)) this.refuse(`the attribute ${key} stands twice`);
      attributes.set(key, this.sound(value.slice(1, -1)));
    }
    const end = this.match("openEnd") ?? this.refuse(`<${begun[1] ?? ""}> is not written properly`);
    return {
      tag: { kind: "tag", name: begun[1] ?? "", line, attributes, children: [] },
      isOpen: end[1] === "",
    };
  }

  private text(): XmlPart | undefined {
    const raw = this.match("text")?.[0];
    if (raw === undefined) return undefined;
    if (raw.includes("]]>")) this.refuse("]]> must be written as ]]&gt;");
    return { kind: "text", raw: this.sound(raw) };
  }

  private other(): XmlPart | undefined {
    const instruction = this.match("instruction");
    if (instruction?.[1]?.toLowerCase() === "xml") this.refuse("<?xml …?> stands at the beginning only");
    const raw = (instruction ?? this.match("comment") ?? this.match("cdata"))?.[0];
    return raw === undefined ? undefined : { kind: "other", raw };
  }

  /** Its references mean something. */
  private sound(raw: string): string {
    for (const [whole] of raw.matchAll(reference)) {
      if (meaning(whole) === undefined) this.refuse(`${whole} means nothing here`);
    }
    return raw;
  }

  private match(part: keyof typeof grammar): RegExpExecArray | undefined {
    const pattern = grammar[part];
    pattern.lastIndex = this.place;
    const found = pattern.exec(this.source);
    if (found === null) return undefined;
    this.place += found[0].length;
    return found;
  }

  private lineHere(): number {
    for (; this.counted < this.place; this.counted++) if (this.source[this.counted] === "\n") this.line++;
    return this.line;
  }

  private refuse(reason: string, place = this.place): never {
    throw new XmlFault(this.source.slice(0, place).split("\n").length, reason);
  }
}

function meaning(entity: string): string | undefined {
  const [, decimal, hexadecimal, word = ""] = new RegExp(`^(?:${reference.source})$`).exec(entity) ?? [];
  const code = decimal ?? (hexadecimal === undefined ? undefined : `0x${hexadecimal}`);
  if (code === undefined) return named.get(word);
  const number = Number(code);
  const character = number > 0 && number <= 0x10ffff ? String.fromCodePoint(number) : "\0";
  return noCharacter.test(character) ? undefined : character;
}

/** What a value means that stands in an attribute: line ends that are written as such are spaces there. */
export const attributeValue = (raw: string): string => textValue(raw.replace(/[\t\n]/g, " "));

export const textValue = (raw: string): string =>
  raw.replace(reference, (whole: string) => meaning(whole) ?? whole);

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\n": "&#10;",
  "\r": "&#13;",
  "\t": "&#9;",
};

/** For attributes: every reader gets exactly this value back. */
export const encodedAttribute = (value: string): string =>
  value.replace(/[&<>"'\n\r\t]/g, (one) => escapes[one] ?? one);

export const encodedText = (value: string): string =>
  value.replace(/[&<>"'\r]/g, (one) => escapes[one] ?? one);

/** Characters of the text in it, CDATA included. */
export const textOf = ({ children }: XmlTag): string =>
  children
    .map((part) => {
      if (part.kind === "text") return textValue(part.raw);
      return part.kind === "other" && part.raw.startsWith("<![CDATA[") ? part.raw.slice(9, -3) : "";
    })
    .join("");

export function renderXml(part: XmlPart): string {
  if (part.kind !== "tag") return part.raw;
  const pairs = [...part.attributes]
    .map(([key, raw]) => ` ${key}="${raw.replaceAll('"', "&quot;")}"`)
    .join("");
  if (part.children.length === 0) return `<${part.name}${pairs}/>`;
  return `<${part.name}${pairs}>${part.children.map(renderXml).join("")}</${part.name}>`;
}

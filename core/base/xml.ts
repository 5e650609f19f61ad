// SPDX-License-Identifier: Apache-2.0
// XML as it stands: a tree that loses nothing (order, comments, processing instructions, references), knows
// its lines and gives the same document back. Values are decoded one at a time, when they are asked for; what
// is not well-formed is refused with its line, and so is a document type that could define entities.
//
// fast-xml-parser 5.12 does the reading. Three things of it are gone round here: names of JavaScript's own
// properties, what a processing instruction says, and references (findings/fast-xml-parser-names.sh).

import { XMLParser, XMLValidator } from "fast-xml-parser";
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

const quoted = `"[^"]*"|'[^']*'`;
const grammar = {
  declaration: /^<\?xml\s[^]*?\?>/,
  /** What is kept as it stands; the last one is what none of the others is. */
  other: /<!--[^]*?(?:-->|$)|<!\[CDATA\[[^]*?(?:\]\]>|$)|<\?[^]*?(?:\?>|$)|<!DOCTYPE|<!/g,
  type: new RegExp(
    `^((?:\\s|<!--(?:(?!-->)[^])*-->|<\\?(?:(?!\\?>)[^])*\\?>)*)<!DOCTYPE\\s+([^\\s[>]+)` +
      `(?:\\s+(?:SYSTEM|PUBLIC\\s+(?:${quoted}))\\s+(?:${quoted}))?\\s*(>|\\[)`,
  ),
};
const noCharacter = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
const reference = /&(?:#([0-9]+)|#x([0-9a-fA-F]+)|([a-z]+));|&/g;
const oneReference = new RegExp(`^(?:${reference.source})$`);
const named: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

const [ofTag, ofAttribute, attributesOf, textName, commentName] = ["<", "@", ":@", "#text", "!"] as const;
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: ofAttribute,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  commentPropName: commentName,
  captureMetaData: true,
  maxNestedTags: xmlDepthMax,
  // No name of an element is one of JavaScript's own properties then.
  transformTagName: (name) => `${ofTag}${name}`,
});
const metadata = XMLParser.getMetaDataSymbol() as unknown as symbol;

/** As fast-xml-parser gives it: one property is the name, `:@` the attributes. */
type Parsed = Readonly<Record<string, unknown>>;

/** Throws XmlFault. */
export function parseXml(source: string): XmlDocument {
  return new Reading(source.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n")).document();
}

/** What fast-xml-parser does not keep is put out of its sight first, lines where they were. */
class Reading {
  private readonly others: string[] = [];
  private readonly text: string;
  private counted = 0;
  private line = 1;
  private readonly type: string | undefined;

  constructor(source: string) {
    const strange = source.search(noCharacter);
    if (strange >= 0) refuse("a character that XML does not know", source, strange);
    const declared = source.replace(grammar.declaration, linesOf);
    const [typed = "", before = "", type, end] = grammar.type.exec(declared) ?? [];
    if (end === "[") refuse("a DOCTYPE that defines something is not accepted", declared, before.length);
    this.type = type;
    const plain = before + linesOf(typed.slice(before.length)) + declared.slice(typed.length);
    this.text = plain.replace(grammar.other, (raw, place: number) => {
      const why = faultOf(raw);
      if (why !== undefined) refuse(why, plain, place);
      return `<!--${this.others.push(raw) - 1}${linesOf(raw)}-->`;
    });
  }

  document(): XmlDocument {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is one more package
    const valid = XMLValidator.validate(this.text);
    if (valid !== true) throw new XmlFault(valid.err.line, valid.err.msg);
    if (this.text.slice(this.text.lastIndexOf(">") + 1).trim() !== "")
      refuse("text behind the outermost element", this.text, this.text.length);
    const parts = this.parts(this.parsed(), 1);
    const place = parts.findIndex(({ kind }) => kind === "tag");
    const root = parts[place];
    if (root?.kind !== "tag") refuse("an element is expected", this.text, 0);
    const [before, behind] = [parts.slice(0, place), parts.slice(place + 1)];
    for (const part of [...before, ...behind])
      if (part.kind === "tag" || (part.kind === "text" && part.raw.trim() !== ""))
        refuse("exactly one outermost element is expected", this.text, this.text.length);
    return { before, root, behind, type: this.type };
  }

  /** Asked for in the order of the document. */
  private lineAt(place: number): number {
    for (; this.counted < place; this.counted++) if (this.text[this.counted] === "\n") this.line++;
    return this.line;
  }

  private parsed(): readonly Parsed[] {
    try {
      return parser.parse(this.text) as readonly Parsed[];
    } catch (error) {
      throw new XmlFault(1, (error as Error).message);
    }
  }

  private parts(parsed: readonly Parsed[], above: number): XmlPart[] {
    let line = above;
    return parsed.map((part): XmlPart => {
      const key = Object.keys(part).find((one) => one !== attributesOf) ?? "";
      if (key === textName) return { kind: "text", raw: sound(part[key] as string, line) };
      if (key === commentName) {
        const [inside] = part[key] as readonly [Parsed];
        return { kind: "other", raw: this.others[parseInt(inside[textName] as string, 10)] ?? "" };
      }
      const { startIndex = 0 } = (part as Record<symbol, { readonly startIndex?: number }>)[metadata] ?? {};
      line = this.lineAt(startIndex);
      return {
        kind: "tag",
        // It is put before a tag without an end twice.
        name: key.replace(/^<+/, ""),
        line,
        attributes: new Map(
          Object.entries((part[attributesOf] ?? {}) as Readonly<Record<string, string>>).map(
            ([name, raw]) => [name.slice(ofAttribute.length), sound(raw, line)],
          ),
        ),
        children: this.parts(part[key] as readonly Parsed[], line),
      };
    });
  }
}

const linesOf = (raw: string): string => raw.replace(/[^\n]/g, "");

const brackets = [
  ["<!--", "-->"],
  ["<![CDATA[", "]]>"],
  ["<?", "?>"],
] as const;

function faultOf(other: string): string | undefined {
  if (other === "<!DOCTYPE") return "a DOCTYPE stands before the outermost element";
  const [begin, end] = brackets.find(([one]) => other.startsWith(one)) ?? [other, "no end"];
  if (!other.slice(begin.length).endsWith(end)) return "a comment, CDATA or instruction without its end";
  if (begin === "<!--" && other.slice(begin.length, -2).includes("--"))
    return "-- may not stand in a comment";
  return /^<\?xml\b/i.test(other) ? "<?xml …?> stands at the beginning only" : undefined;
}

/** Its references mean something, and nothing stands in it that is written otherwise. */
function sound(raw: string, line: number): string {
  if (raw.includes("<")) throw new XmlFault(line, "< must be written as &lt;");
  if (raw.includes("]]>")) throw new XmlFault(line, "]]> must be written as ]]&gt;");
  for (const { 0: whole, index } of raw.matchAll(reference))
    if (meaning(whole) === undefined)
      throw new XmlFault(line + linesOf(raw.slice(0, index)).length, `${whole} means nothing here`);
  return raw;
}

function refuse(reason: string, text: string, place: number): never {
  throw new XmlFault(linesOf(text.slice(0, place)).length + 1, reason);
}

function meaning(entity: string): string | undefined {
  const [, decimal, hexadecimal, word = ""] = oneReference.exec(entity) ?? [];
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

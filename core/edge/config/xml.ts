// SPDX-License-Identifier: Apache-2.0
// XML as a small tree that knows its lines, so that every complaint about a configuration names file, line
// and reason. Well-formedness is fast-xml-parser's business; what an element may hold is said by the readers
// in fields.ts.

import { XMLParser, XMLValidator } from "fast-xml-parser";

export interface XmlElement {
  readonly name: string;
  readonly line: number;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
}

/** What is wrong with a configuration file, and where. */
export class ConfigFault extends Error {
  constructor(
    readonly line: number,
    readonly reason: string,
  ) {
    super(`line ${line}: ${reason}`);
    this.name = "ConfigFault";
  }
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  captureMetaData: true,
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  processEntities: true,
});
const metadata = XMLParser.getMetaDataSymbol() as unknown as symbol;

/** The root element; throws ConfigFault. */
export function parseXml(text: string): XmlElement {
  // A document type could define entities: nothing in our files needs one.
  if (/<!DOCTYPE/i.test(text))
    throw new ConfigFault(lineAt(text, text.search(/<!DOCTYPE/i)), "no DOCTYPE allowed");
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is a package more for the same
  const verdict = XMLValidator.validate(text);
  if (verdict !== true) throw new ConfigFault(verdict.err.line, verdict.err.msg);
  const roots = elements(parser.parse(text) as unknown[], text);
  const [root] = roots;
  if (root === undefined || roots.length > 1)
    throw new ConfigFault(1, "exactly one outermost element is expected");
  return root;
}

function elements(nodes: readonly unknown[], text: string): XmlElement[] {
  return nodes.flatMap((node) => {
    const record = node as Record<string | symbol, unknown>;
    const name = Object.keys(record).find((key) => key !== ":@");
    if (name === undefined || name.startsWith("#") || name.startsWith("?")) return [];
    const start = (record[metadata] as { readonly startIndex: number } | undefined)?.startIndex ?? 0;
    return [
      {
        name,
        line: lineAt(text, start),
        attributes: new Map(Object.entries((record[":@"] ?? {}) as Record<string, string>)),
        children: elements(record[name] as unknown[], text),
      },
    ];
  });
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
  "\r": "&#13;",
  "\t": "&#9;",
};

/** One element to be written: attributes that are undefined are left out. */
export interface XmlNode {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string | number | undefined>>;
  readonly children?: readonly XmlNode[];
}

export function writeXml(node: XmlNode): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${render(node, "")}`;
}

function render({ name, attributes = {}, children = [] }: XmlNode, indent: string): string {
  const pairs = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${String(value).replace(/[&<>"\n\r\t]/g, (c) => escapes[c] ?? c)}"`)
    .join("");
  if (children.length === 0) return `${indent}<${name}${pairs}/>\n`;
  const inner = children.map((child) => render(child, `${indent}  `)).join("");
  return `${indent}<${name}${pairs}>\n${inner}${indent}</${name}>\n`;
}

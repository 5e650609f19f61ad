// SPDX-License-Identifier: Apache-2.0
// Settings as a small tree of elements that know their lines, so that every complaint about a configuration
// names file, line and reason. What an element may hold is said by the readers in fields.ts.

import { settingsMarksMax } from "../../base/limits/edge.js";
import { attributeValue, encodedAttribute, parseXml, textOf, XmlFault, type XmlTag } from "../../base/xml.js";

export interface XmlElement {
  readonly name: string;
  readonly line: number;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Without the spaces around it; none of our elements has any. */
  readonly text: string;
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

/** The root element; throws ConfigFault. A document type may name what is expected, and define nothing. */
export function parseSettings(text: string, outermost: string): XmlElement {
  refuseEndless(text);
  try {
    const { root, type } = parseXml(text);
    if (root.name !== outermost)
      throw new ConfigFault(root.line, `the outermost element must be <${outermost}>`);
    if (type !== undefined && type !== outermost)
      throw new ConfigFault(1, `the document type is ${type} instead of ${outermost}`);
    return elementOf(root);
  } catch (error) {
    throw error instanceof XmlFault ? new ConfigFault(error.line, error.reason) : error;
  }
}

/** Reading costs time per element and attribute, and nothing else turns meanwhile: they are counted first. */
function refuseEndless(text: string): void {
  let marks = 0;
  for (const mark of ["<", "="])
    for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1))
      if (++marks > settingsMarksMax) {
        const line = text.slice(0, at).split("\n").length;
        throw new ConfigFault(line, "more elements and attributes than any settings have");
      }
}

function elementOf(tag: XmlTag): XmlElement {
  return {
    name: tag.name,
    line: tag.line,
    attributes: new Map([...tag.attributes].map(([name, raw]) => [name, attributeValue(raw)])),
    children: tag.children.flatMap((part) => (part.kind === "tag" ? [elementOf(part)] : [])),
    text: textOf(tag).trim(),
  };
}

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
    .map(([key, value]) => ` ${key}="${encodedAttribute(String(value))}"`)
    .join("");
  if (children.length === 0) return `${indent}<${name}${pairs}/>\n`;
  const inner = children.map((child) => render(child, `${indent}  `)).join("");
  return `${indent}<${name}${pairs}>\n${inner}${indent}</${name}>\n`;
}

// SPDX-License-Identifier: Apache-2.0
// A libvirt definition as a tree that is edited in place. Everything that Gemel does not know (vendor
// extensions, QEMU command lines, comments, order, entities) comes out as it went in: a VM must not lose a
// setting by being protected. Therefore the parser decodes nothing; values are decoded and encoded here, one
// by one, when touched.

import { XMLBuilder, XMLParser, XMLValidator } from "fast-xml-parser";

const shape = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  processEntities: false,
  commentPropName: "#comment",
  cdataPropName: "#cdata",
} as const;

const parser = new XMLParser({
  ...shape,
  trimValues: false,
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
});
// eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is the same code, repackaged
const builder = new XMLBuilder({ ...shape, suppressEmptyNode: true, suppressBooleanAttributes: false });

type RawNode = Record<string, unknown>;
const attributesKey = ":@";
const textKey = "#text";

export class Element {
  readonly name: string;
  readonly #raw: RawNode;

  private constructor(raw: RawNode, name: string) {
    this.#raw = raw;
    this.name = name;
  }

  /** The outermost element; undefined when the text is not well-formed XML with one root. */
  static parse(text: string): Element | undefined {
    // A document type could define entities; no definition needs one.
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- as the builder above
    if (/<!DOCTYPE/i.test(text) || XMLValidator.validate(text) !== true) return undefined;
    const [root, another] = elementsOf(parser.parse(text) as RawNode[]);
    return another === undefined ? root : undefined;
  }

  static wrap(raw: RawNode): Element | undefined {
    const name = Object.keys(raw).find((key) => key !== attributesKey);
    return name === undefined || name.startsWith("#") ? undefined : new Element(raw, name);
  }

  static create(name: string, attributes: Readonly<Record<string, string>> = {}): Element {
    const element = new Element({ [name]: [] }, name);
    for (const [key, value] of Object.entries(attributes)) element.set(key, value);
    return element;
  }

  toString(): string {
    return builder.build([this.#raw]);
  }

  copy(): Element {
    return new Element(structuredClone(this.#raw), this.name);
  }

  children(name?: string): readonly Element[] {
    const all = elementsOf(this.#content());
    return name === undefined ? all : all.filter((child) => child.name === name);
  }

  /** First element at a path such as "devices/tpm/backend". */
  find(path: string): Element | undefined {
    const [first, ...rest] = path.split("/");
    const child = this.children(first)[0];
    return child === undefined || rest.length === 0 ? child : child.find(rest.join("/"));
  }

  /** Every element of this name below, at any depth. */
  all(name: string): readonly Element[] {
    return this.children().flatMap((child) => [...(child.name === name ? [child] : []), ...child.all(name)]);
  }

  get(attribute: string): string | undefined {
    const value = this.#attributes()[attribute];
    return value === undefined ? undefined : decode(value);
  }

  attributeNames(): readonly string[] {
    return Object.keys(this.#attributes());
  }

  set(attribute: string, value: string): void {
    this.#raw[attributesKey] = { ...this.#attributes(), [attribute]: encode(value) };
  }

  unset(attribute: string): void {
    const kept = Object.entries(this.#attributes()).filter(([name]) => name !== attribute);
    this.#raw[attributesKey] = Object.fromEntries(kept);
  }

  text(): string {
    return this.#content()
      .map((node) => (typeof node[textKey] === "string" ? decode(node[textKey]) : ""))
      .join("")
      .trim();
  }

  setText(value: string): void {
    this.#raw[this.name] = [{ [textKey]: encode(value) }];
  }

  append(child: Element): void {
    this.#content().push(child.#raw);
  }

  insertFirst(child: Element): void {
    this.#content().unshift(child.#raw);
  }

  remove(child: Element): void {
    this.#raw[this.name] = this.#content().filter((node) => node !== child.#raw);
  }

  /** The child of this name, made when it is not there. */
  ensure(name: string): Element {
    const present = this.children(name)[0];
    if (present !== undefined) return present;
    const made = Element.create(name);
    this.append(made);
    return made;
  }

  #content(): RawNode[] {
    return this.#raw[this.name] as RawNode[];
  }

  #attributes(): Record<string, string> {
    return (this.#raw[attributesKey] ?? {}) as Record<string, string>;
  }
}

function elementsOf(nodes: readonly RawNode[]): Element[] {
  return nodes.flatMap((node) => {
    const element = Element.wrap(node);
    return element === undefined ? [] : [element];
  });
}

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decode(raw: string): string {
  return raw.replace(/&(#x[0-9a-fA-F]+|#[0-9]+|[a-z]+);/g, (whole, entity: string) => {
    if (entity.startsWith("#x")) return String.fromCodePoint(Number.parseInt(entity.slice(2), 16));
    if (entity.startsWith("#")) return String.fromCodePoint(Number.parseInt(entity.slice(1), 10));
    return named[entity] ?? whole;
  });
}

function encode(value: string): string {
  return value
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&apos;");
}

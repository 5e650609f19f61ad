// SPDX-License-Identifier: Apache-2.0
// A libvirt definition as a tree that is edited in place. Everything that Gemel does not know (vendor
// extensions, QEMU command lines, comments, order, entities) comes out as it went in: a VM must not lose a
// setting by being protected. Values are decoded and encoded one by one, when touched.

import {
  attributeValue,
  encodedAttribute,
  encodedText,
  parseXml,
  renderXml,
  textOf,
  XmlFault,
  type XmlPart,
  type XmlTag,
} from "../../core/base/xml.js";

export class Element {
  readonly #tag: XmlTag;
  /** Of the outermost: comments before and behind it. */
  readonly #around: readonly [readonly XmlPart[], readonly XmlPart[]];

  private constructor(tag: XmlTag, around: readonly [readonly XmlPart[], readonly XmlPart[]] = [[], []]) {
    this.#tag = tag;
    this.#around = around;
  }

  /** The outermost element; undefined when the text is not well-formed XML with one root. */
  static parse(text: string): Element | undefined {
    try {
      const { before, root, behind, type } = parseXml(text);
      // No definition needs a document type.
      return type === undefined ? new Element(root, [before, behind]) : undefined;
    } catch (error) {
      if (error instanceof XmlFault) return undefined;
      throw error;
    }
  }

  static create(name: string, attributes: Readonly<Record<string, string>> = {}): Element {
    const pairs = Object.entries(attributes).map(([key, value]) => [key, encodedAttribute(value)] as const);
    return new Element({ kind: "tag", name, line: 0, attributes: new Map(pairs), children: [] });
  }

  get name(): string {
    return this.#tag.name;
  }

  toString(): string {
    const [before, behind] = this.#around;
    return [...before, this.#tag, ...behind].map(renderXml).join("");
  }

  copy(): Element {
    return new Element(structuredClone(this.#tag), this.#around);
  }

  children(name?: string): readonly Element[] {
    return this.#tag.children.flatMap((part) =>
      part.kind === "tag" && (name === undefined || part.name === name) ? [new Element(part)] : [],
    );
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
    const raw = this.#tag.attributes.get(attribute);
    return raw === undefined ? undefined : attributeValue(raw);
  }

  attributeNames(): readonly string[] {
    return [...this.#tag.attributes.keys()];
  }

  set(attribute: string, value: string): void {
    this.#tag.attributes = new Map([...this.#tag.attributes, [attribute, encodedAttribute(value)]]);
  }

  unset(attribute: string): void {
    this.#tag.attributes = new Map([...this.#tag.attributes].filter(([name]) => name !== attribute));
  }

  text(): string {
    return textOf(this.#tag).trim();
  }

  setText(value: string): void {
    this.#tag.children = [{ kind: "text", raw: encodedText(value) }];
  }

  append(child: Element): void {
    this.#tag.children.push(child.#tag);
  }

  insertFirst(child: Element): void {
    this.#tag.children.unshift(child.#tag);
  }

  remove(child: Element): void {
    this.#tag.children = this.#tag.children.filter((part) => part !== child.#tag);
  }

  /** The child of this name, made when it is not there. */
  ensure(name: string): Element {
    const present = this.children(name)[0];
    if (present !== undefined) return present;
    const made = Element.create(name);
    this.append(made);
    return made;
  }
}

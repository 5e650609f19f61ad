// SPDX-License-Identifier: Apache-2.0
// Reading one element: which attributes it may have, of which kind, and which children. Whatever is not asked
// for is refused by `done()`, with its line: a misspelt attribute must never be a silently missing setting.

import { ConfigFault, parseSettings, type XmlElement } from "./xml.js";

const part = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const ipv4 = new RegExp(`^${part}(\\.${part}){3}$`);

/** The outermost element of a file. By R30 a format that a newer Gemel wrote is refused, and untouched. */
export const readRoot = (text: string, name: string, newest: number): ElementReader =>
  rootOf(parseSettings(text, name), newest);

export function rootOf(element: XmlElement, newest: number): ElementReader {
  const root = new ElementReader(element);
  const format = root.integer("format", 1, 1_000_000, newest);
  if (format > newest)
    root.refuse(`format ${format} was written by a newer Gemel; this one reads up to ${newest}`);
  return root;
}

export class ElementReader {
  private readonly asked = new Set<string>();
  private readonly askedChildren = new Set<string>();

  constructor(private readonly element: XmlElement) {}

  get line(): number {
    return this.element.line;
  }

  refuse(reason: string): never {
    throw new ConfigFault(this.element.line, `<${this.element.name}>: ${reason}`);
  }

  optional(name: string): string | undefined {
    this.asked.add(name);
    return this.element.attributes.get(name);
  }

  text(name: string): string {
    const value = this.optional(name);
    return value === undefined || value === "" ? this.refuse(`the attribute ${name} is missing`) : value;
  }

  matching(name: string, pattern: RegExp, meaning: string): string {
    const value = this.text(name);
    return pattern.test(value) ? value : this.refuse(`${name}="${value}" is not ${meaning}`);
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[], fallback?: T): T {
    const value = this.optional(name) ?? fallback;
    const found = allowed.find((one) => one === value);
    return found ?? this.refuse(`${name}="${value ?? ""}" must be one of: ${allowed.join(", ")}`);
  }

  integer(name: string, min: number, max: number, fallback?: number): number {
    const value = this.optional(name);
    if (value === undefined && fallback !== undefined) return fallback;
    const number = /^\d{1,15}$/.test(value ?? "") ? Number(value) : Number.NaN;
    return number >= min && number <= max
      ? number
      : this.refuse(`${name}="${value ?? ""}" must be a whole number from ${min} to ${max}`);
  }

  address(name: string): string {
    const value = this.text(name);
    return ipv4.test(value) ? value : this.refuse(`${name}="${value}" is not an IPv4 address`);
  }

  children(name: string): readonly ElementReader[] {
    this.askedChildren.add(name);
    return this.element.children
      .filter((child) => child.name === name)
      .map((child) => new ElementReader(child));
  }

  child(name: string): ElementReader {
    return this.optionalChild(name) ?? this.refuse(`the element <${name}> is missing`);
  }

  optionalChild(name: string): ElementReader | undefined {
    const found = this.children(name);
    if (found.length > 1) found[1]?.refuse("only one of them is allowed here");
    return found[0];
  }

  /** What `read` makes of it; whatever it has not asked for is refused. */
  whole<T>(read: (item: ElementReader) => T): T {
    const value = read(this);
    this.done();
    return value;
  }

  /** Everything in it has been read: an attribute or element nobody asked for is refused. */
  done(): void {
    if (this.element.text !== "") this.refuse(`unexpected text: ${this.element.text.slice(0, 60)}`);
    for (const name of this.element.attributes.keys()) {
      if (!this.asked.has(name)) this.refuse(`unknown attribute ${name} (known: ${list(this.asked)})`);
    }
    for (const child of this.element.children) {
      if (!this.askedChildren.has(child.name)) {
        throw new ConfigFault(
          child.line,
          `unknown element <${child.name}> in <${this.element.name}> (known: ${list(this.askedChildren)})`,
        );
      }
    }
  }
}

function list(names: ReadonlySet<string>): string {
  return names.size === 0 ? "none" : [...names].join(", ");
}

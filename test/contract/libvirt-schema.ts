// SPDX-License-Identifier: Apache-2.0
// What a definition can hold, read from the schema that is installed with libvirt (Relax NG): every element
// by its path, every attribute with its values. Choices are not kept apart: what any of them allows is
// listed.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Element } from "../../kvm/definition/document.js";

export const schemas = "/usr/share/libvirt/schemas";

export interface Place {
  readonly path: string;
  /** Absent: the element itself, or its text. */
  readonly attribute?: string;
  /** One of a list; "" where anything goes. Absent: the element itself. */
  readonly value?: string;
}

const prefixes: Readonly<Record<string, string>> = {
  "http://libvirt.org/schemas/domain/qemu/1.0": "qemu:",
  "http://libvirt.org/schemas/domain/lxc/1.0": "lxc:",
  "http://libvirt.org/schemas/domain/xen/1.0": "xen:",
  "http://libvirt.org/schemas/domain/bhyve/1.0": "bhyve:",
  "http://libvirt.org/schemas/domain/vmware/1.0": "vmware:",
};

export function readSchema(file: string): readonly Place[] {
  const walk = new Walk(readDefines(file));
  walk.visit(walk.define("domain"), { path: "", prefix: "", within: [] });
  return walk.places;
}

function readDefines(file: string): ReadonlyMap<string, readonly Element[]> {
  const defines = new Map<string, Element[]>();
  const read = (name: string): void => {
    const grammar = Element.parse(readFileSync(join(schemas, name), "utf8"));
    for (const include of grammar?.children("include") ?? []) read(include.get("href") ?? "");
    const holders = grammar === undefined ? [] : [grammar, ...grammar.children("include")];
    for (const define of holders.flatMap((holder) => holder.children("define"))) {
      const key = define.get("name") ?? "";
      defines.set(key, [...(defines.get(key) ?? []), define]);
    }
  };
  read(file);
  return defines;
}

interface At {
  readonly path: string;
  readonly prefix: string;
  /** References on the way: one that comes again is a recursion, and everything below it is listed. */
  readonly within: readonly string[];
}

class Walk {
  readonly places: Place[] = [];

  constructor(private readonly defines: ReadonlyMap<string, readonly Element[]>) {}

  define(name: string): readonly Element[] {
    return (this.defines.get(name) ?? []).flatMap((define) => define.children());
  }

  visit(nodes: readonly Element[], at: At): void {
    for (const node of nodes) this.#visitOne(node, at);
  }

  #visitOne(node: Element, at: At): void {
    switch (node.name) {
      case "element":
        this.#element(node, at);
        return;
      case "attribute":
        for (const value of this.#values(node)) {
          this.places.push({ path: at.path, attribute: node.get("name") ?? "", value });
        }
        return;
      case "ref": {
        const name = node.get("name") ?? "";
        if (at.within.filter((one) => one === name).length > 1) return;
        this.visit(this.define(name), { ...at, within: [...at.within, name] });
        return;
      }
      case "value":
      case "data":
      case "text":
        this.places.push({ path: at.path, value: node.name === "value" ? node.text() : "" });
        return;
      default:
        this.visit(node.children(), at);
    }
  }

  #element(node: Element, at: At): void {
    const name = node.get("name");
    // <metadata> holds what anybody likes.
    if (name === undefined) return;
    const prefix = node.get("ns") === undefined ? at.prefix : (prefixes[node.get("ns") ?? ""] ?? "?:");
    const own = `${prefix}${name}`;
    const path = at.path === "" || at.path === "domain" ? own : `${at.path}/${own}`;
    if (path.endsWith(`/${own}/${own}`)) return;
    this.places.push({ path });
    this.visit(node.children(), { ...at, path, prefix });
  }

  /** An attribute without content takes anything. */
  #values(attribute: Element): readonly string[] {
    const found = attribute.children().flatMap((child) => this.#valuesOf(child));
    return found.length === 0 ? [""] : found;
  }

  #valuesOf(node: Element): readonly string[] {
    switch (node.name) {
      case "value":
        return [node.text()];
      case "data":
      case "text":
        return [""];
      case "ref":
        return this.define(node.get("name") ?? "").flatMap((one) => this.#valuesOf(one));
      default:
        return node.children().flatMap((one) => this.#valuesOf(one));
    }
  }
}

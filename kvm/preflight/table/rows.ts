// SPDX-License-Identifier: Apache-2.0
// Every element and attribute value that a definition can hold, as libvirt's own schema lists them, one row
// each: what no row knows is a finding, never silence, since it may be a disk of a kind that nobody thought
// of. A test walks the installed schema and names what it has and the table lacks.
//
//   devices/disk/target dev=* bus=ide|virtio        an element, its attributes and their values
//   os/(kernel|initrd) =@file                       two elements; their text
//     continued                                     (four spaces: the row's last word goes on)
//
// In a path * is one name, ** any number of them. As a value * is anything, and @KIND names a thing of the
// host by which kind it is looked for on the other host (things.ts). The outermost element is "domain", all
// other paths begin below it. Content of <metadata> belongs to whoever wrote it there.

import type { Element } from "../../definition/document.js";
import { deviceRows, sharedRows } from "./devices.js";
import { foreignRows, machineRows } from "./machine.js";
import { sourceRows, storageRows } from "./storage.js";

export const thingKinds = [
  "file",
  "folder",
  "network",
  "address",
  "cpus",
  "nodes",
  "secret",
  "filter",
] as const;
export type ThingKind = (typeof thingKinds)[number];

interface Values {
  readonly words: ReadonlySet<string>;
  readonly anything: boolean;
  readonly kind: ThingKind | undefined;
}

interface Row {
  readonly path: RegExp;
  readonly text: Values | undefined;
  readonly attributes: ReadonlyMap<string, Values>;
}

/** One place of a definition: an element's text (no attribute) or one attribute. */
export interface Item {
  readonly path: string;
  readonly attribute?: string;
  readonly value: string;
  readonly element: Element;
}

export interface Thing extends Item {
  readonly kind: ThingKind;
}

const rows: readonly Row[] = [machineRows, foreignRows, storageRows, sourceRows, deviceRows, sharedRows]
  .flatMap(lines)
  .map(readRow);

export interface Reading {
  /** What no row knows: an element, or a value of it. */
  readonly unknown: readonly Item[];
  /** What names a thing of the host. */
  readonly things: readonly Thing[];
}

/** `skip`: elements that are not looked at, with all that is in them. */
export function readByTable(root: Element, skip: (element: Element) => boolean = () => false): Reading {
  const unknown: Item[] = [];
  const things: Thing[] = [];
  const visit = (element: Element, path: string): void => {
    if (path === "metadata" || skip(element)) return;
    const found = rowsFor(path);
    if (found.length === 0) {
      unknown.push({ path, value: "", element });
      return;
    }
    for (const item of itemsOf(element, path)) {
      const values = found.flatMap((row) => valuesIn(row, item.attribute) ?? []);
      if (!values.some((one) => allows(one, item.value))) unknown.push(item);
      const kind = values.find((one) => one.kind !== undefined)?.kind;
      if (kind !== undefined) things.push({ ...item, kind });
    }
    for (const child of element.children())
      visit(child, path === "domain" ? child.name : `${path}/${child.name}`);
  };
  visit(root, "domain");
  return { unknown, things };
}

/** Whether the table has a place for it; the test of the schema asks. */
export function isKnown(path: string, attribute: string | undefined, value: string | undefined): boolean {
  const found = rowsFor(path);
  if (attribute === undefined && value === undefined) return found.length > 0;
  return found
    .flatMap((row) => valuesIn(row, attribute) ?? [])
    .some((one) => (value === undefined ? one.anything : allows(one, value)));
}

/** A disk's chain of backing files may be any length; its links are all alike. */
function rowsFor(path: string): readonly Row[] {
  const plain = path.replace(/(\/backingStore)+/g, "/backingStore");
  return rows.filter((row) => row.path.test(plain));
}

function itemsOf(element: Element, path: string): readonly Item[] {
  const attributes = element
    .attributeNames()
    .filter((name) => name !== "xmlns" && !name.startsWith("xmlns:"))
    .map((attribute) => ({ path, attribute, value: element.get(attribute) ?? "", element }));
  const text = element.text();
  return text === "" ? attributes : [...attributes, { path, value: text, element }];
}

const valuesIn = (row: Row, attribute: string | undefined): Values | undefined =>
  attribute === undefined ? row.text : row.attributes.get(attribute);

const allows = (values: Values, value: string): boolean => values.anything || values.words.has(value);

function lines(table: string): readonly string[] {
  return table
    .replace(/\n {4}/g, "")
    .replace(/\n {2}/g, " ")
    .split("\n")
    .filter((line) => line !== "");
}

function readRow(line: string): Row {
  const [path = "", ...words] = line.split(" ");
  const named = words.map((word): readonly [string, Values] => {
    const equals = word.indexOf("=");
    return [word.slice(0, equals), readValues(word.slice(equals + 1))];
  });
  return {
    path: patternOf(path),
    text: named.find(([name]) => name === "")?.[1],
    attributes: new Map(named.filter(([name]) => name !== "")),
  };
}

function readValues(text: string): Values {
  const words = text.split("|");
  return {
    words: new Set(words),
    anything: words.some((word) => word === "*" || word.startsWith("@")),
    kind: thingKinds.find((kind) => words.includes(`@${kind}`)),
  };
}

function patternOf(path: string): RegExp {
  const names = path.replace(/^\*\*\//, "(?:[^/]+/)*").replaceAll("/**", "(?:/[^/]+)*");
  const some = names.replace(/(?<=\/)\*(?=\/|$)/g, "[^/]+");
  return new RegExp(`^(?:${some})$`);
}

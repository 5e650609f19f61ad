// SPDX-License-Identifier: Apache-2.0
// XML: whatever is well-formed comes out as the document that went in, what is not is refused with its line.

import assert from "node:assert/strict";
import { test } from "node:test";
import { attributeValue, parseXml, renderXml, textOf, XmlFault, type XmlPart } from "../../core/base/xml.js";
import { parseSettings, writeXml, type XmlElement, type XmlNode } from "../../core/edge/config/xml.js";
import { Element } from "../../kvm/definition/document.js";

/** What a document means: no matter how a value is quoted, escaped or wrapped. */
interface Meant {
  readonly name: string;
  readonly attributes: readonly (readonly [string, string])[];
  readonly inside: readonly (Meant | string)[];
}

const rounds = 400;
const names = [
  "a",
  "disk",
  "qemu:arg",
  "constructor",
  "__proto__",
  "toString",
  "hasOwnProperty",
  "größe",
  "x-1.y",
];
const characters = [
  "a",
  " ",
  "\n",
  "\t",
  "\r",
  "&",
  "<",
  ">",
  '"',
  "'",
  "]]>",
  "ß",
  "가",
  "😀",
  "&amp;",
  "#",
];

/** The same numbers for the same seed. */
function chance(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return ((state >>> 8) & 0xffff) % below;
  };
}

function meant(draw: (below: number) => number, depth = 0): Meant {
  const one = <T>(all: readonly T[]): T => all[draw(all.length)] as T;
  const value = (): string => Array.from({ length: draw(6) }, () => one(characters)).join("");
  const attributes = new Map(Array.from({ length: draw(4) }, () => [one(names), value()] as const));
  const inside = Array.from({ length: depth > 3 ? 0 : draw(4) }, () =>
    draw(3) === 0 ? value() : meant(draw, depth + 1),
  );
  return { name: one(names), attributes: [...attributes], inside };
}

/** One of the many ways to write it down. */
function written(draw: (below: number) => number, part: Meant | string, isRoot = true): string {
  const spelled = (text: string, quote: string): string =>
    Array.from(text)
      .map((c) => {
        if (
          /[&<\r]/.test(c) ||
          (quote !== "" && /[\n\t]/.test(c)) ||
          c === quote ||
          c === ">" ||
          draw(9) === 0
        )
          return draw(2) === 0 ? `&#${c.codePointAt(0)};` : `&#x${c.codePointAt(0)?.toString(16)};`;
        return c;
      })
      .join("");
  const noise = (): string =>
    ["", "", "", "<!-- a - <b> & c -->", '<?target some="thing" & <more>?>'][draw(5)] ?? "";
  if (typeof part === "string") {
    const isPlain = !part.includes("]]>") && !part.includes("\r");
    return isPlain && draw(3) === 0 ? `<![CDATA[${part}]]>` : spelled(part, "");
  }
  const pairs = part.attributes.map(([key, value]) => {
    const quote = draw(2) === 0 ? '"' : "'";
    return `${[" ", "\n  "][draw(2)]}${key}${[" = ", "="][draw(2)]}${quote}${spelled(value, quote)}${quote}`;
  });
  const inside = part.inside.map((one) => noise() + written(draw, one, false)).join("");
  const whole =
    inside === "" && draw(2) === 0
      ? `<${part.name}${pairs.join("")} />`
      : `<${part.name}${pairs.join("")}>${inside}${noise()}</${part.name} >`;
  return isRoot ? `<?xml version="1.0"?>\n${noise()}${whole}\n${noise()}` : whole;
}

const readPart = (part: XmlPart): readonly (Meant | string)[] =>
  part.kind === "tag"
    ? [
        {
          name: part.name,
          attributes: [...part.attributes].map(([key, raw]) => [key, attributeValue(raw)] as const),
          inside: joined(part.children.flatMap(readPart)),
        },
      ]
    : [textOf({ kind: "tag", name: "", line: 0, attributes: new Map(), children: [part] })];

/** Text that stands beside text is one text. */
function joined(parts: readonly (Meant | string)[]): readonly (Meant | string)[] {
  const found: (Meant | string)[] = [];
  for (const part of parts) {
    const last = found.at(-1);
    if (typeof part === "string" && typeof last === "string") found[found.length - 1] = last + part;
    else found.push(typeof part === "string" ? part : { ...part, inside: joined(part.inside) });
  }
  return found.filter((part) => part !== "");
}

test("definition-comes-out-as-it-went-in: whatever is well-formed", () => {
  for (let seed = 1; seed <= rounds; seed++) {
    const draw = chance(seed);
    const document = meant(draw);
    const text = written(draw, document);
    const { root, before, behind } = parseXml(text);
    assert.deepEqual(joined(readPart(root)), joined([document]), `seed ${seed}: ${text}`);
    const element = Element.parse(text);
    assert.ok(element !== undefined, `seed ${seed}: ${text}`);
    const again = parseXml(element.toString());
    assert.deepEqual(joined(readPart(again.root)), joined([document]), `seed ${seed}: ${text}`);
    const others = (parts: readonly XmlPart[]): readonly string[] =>
      parts.flatMap((part) =>
        part.kind === "tag" ? others(part.children) : part.kind === "other" ? [part.raw] : [],
      );
    assert.deepEqual(
      others([...again.before, again.root, ...again.behind]),
      others([...before, root, ...behind]),
    );
    assert.equal(element.copy().toString(), element.toString());
  }
});

test("settings-come-out-as-they-went-in: every value that can be written", () => {
  for (let seed = 1; seed <= rounds; seed++) {
    const draw = chance(seed);
    const node = ({ name, attributes, inside }: Meant): XmlNode => ({
      name,
      attributes: Object.fromEntries(attributes),
      children: inside.flatMap((one) => (typeof one === "string" ? [] : [node(one)])),
    });
    const wanted = node(meant(draw));
    const seen = ({ name, attributes, children }: XmlElement): XmlNode => ({
      name,
      attributes: Object.fromEntries(attributes),
      children: children.map(seen),
    });
    assert.deepEqual(seen(parseSettings(writeXml(wanted), wanted.name)), wanted, `seed ${seed}`);
  }
});

test("definition-touched: what is set is read back, in attributes and in text", () => {
  const value = ` a\n\t"b" 'c' <d> & &amp; ]]> 😀 `;
  const element = Element.create("constructor");
  element.set("__proto__", value);
  element.ensure("description").setText(value);
  const again = Element.parse(element.toString());
  assert.equal(again?.get("__proto__"), value);
  assert.equal(again.find("description")?.text(), value.trim());
});

test("not-well-formed: refused with its line", () => {
  const wrong: readonly (readonly [string, number])[] = [
    ["", 1],
    ["<a>", 1],
    ["<a>\n<b></a>", 2],
    ["<a/>\n<b/>", 2],
    ["<a b='1' b='2'/>", 1],
    ["<a\n b=1/>", 2],
    ["<a/>\ntext", 2],
    ["<a/><!DOCTYPE a>", 1],
    ["<a>\n<![CDATA[</a>", 2],
    ["<a b='<'/>", 1],
    ["<a>\n&nbsp;</a>", 2],
    ["<a>&#0;</a>", 1],
    ["<a>&#xD800;</a>", 1],
    ["<a>\u0001</a>", 1],
    ["<a>]]></a>", 1],
    ["<a><!-- -- --></a>", 1],
    ["<a><?xml version='1.0'?></a>", 1],
    ["<1/>", 1],
    ['<!DOCTYPE a [<!ENTITY b "c">]>\n<a>&b;</a>', 1],
    ["<a>".repeat(400) + "</a>".repeat(400), 1],
  ];
  for (const [text, line] of wrong) {
    assert.throws(
      () => parseXml(text),
      (error) => error instanceof XmlFault && error.line === line,
      text.slice(0, 60),
    );
  }
  assert.equal(renderXml(parseXml('<!DOCTYPE a SYSTEM "a.dtd"><a/>').root), "<a/>");
});

// SPDX-License-Identifier: Apache-2.0
// Settings as the field writes them (SafeKit's userconfig.xml), made into what this version reads: macros are
// put in, units are counted, checkers come out of their <check>, and what cannot be carried out is taken out
// and named, attribute by attribute, with its line. What stands in no row here is left for the strict reader,
// which refuses it: nothing is passed over in silence.

import { heartbeatTimeout, pulse } from "../../base/limits.js";
import type { XmlElement } from "./xml.js";

/** Of one attribute or element: with what value it counts, or why it does not. */
export interface FieldNote {
  readonly line: number;
  readonly kind: "carried" | "named" | "refused";
  /** As it is written: `<heart timeout="30000">`. */
  readonly what: string;
  readonly why: string;
}

/** Carried out as it is; carried out as something else; not carried out, because … */
type Treatment =
  | { readonly kind: "as-it-is" }
  | { readonly kind: "as"; readonly value: (text: string) => string; readonly why?: string }
  | { readonly kind: "no"; readonly why: string | ((value: string) => string) };

interface Row {
  /** The element itself goes, with all that is in it, each part named. */
  readonly gone?: string;
  readonly attributes?: Readonly<Record<string, Treatment>>;
  readonly children?: readonly string[];
}

const asItIs: Treatment = { kind: "as-it-is" };
const no = (why: string | ((value: string) => string)): Treatment => ({ kind: "no", why });
const kept = (...names: readonly string[]): Readonly<Record<string, Treatment>> =>
  Object.fromEntries(names.map((name) => [name, asItIs]));

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3 };

/** "300s" is 300 where seconds are meant; what is no such time is left to the strict reader. */
const time = (unit: "s" | "h"): Treatment => ({
  kind: "as",
  value: (text) => {
    const [, count = "", written = ""] = /^(\d{1,12})\s*(ms|s|m|h|d)$/.exec(text.trim()) ?? [];
    const factor = unitMs[written];
    return factor === undefined ? text : String(Math.ceil((Number(count) * factor) / (unitMs[unit] ?? 1)));
  },
});

const checks =
  "Gemel watches the VM by itself (hypervisor, disks, both copies); what runs inside it is not watched";
const address = "a VM keeps its own addresses and takes them along; no virtual address is set";
const oursPulse = "heartbeats belong to the cluster, not to a module";

const checkers = ["errd", "tcp", "ping", "intf", "ip", "custom", "module", "splitbrain"];
const inService = ["vm", "nodes", "rfs", "user", "placement", "exclude", "heart", "vip", "farm", "check"];

const rows: Readonly<Record<string, Row>> = {
  safe: { attributes: kept("format"), children: ["service", "macro"] },
  macro: { gone: "its value is put in where it is named", attributes: kept("name", "value") },
  var: { gone: "it is for scripts, and a VM module has none" },
  service: {
    attributes: {
      ...kept("mode", "uuid", "revision", "index", "defaultprim", "failover", "maxloop"),
      loop_interval: time("h"),
      boot: {
        kind: "as",
        value: (text) => (text === "auto" || text === "ignore" ? "on" : text),
        why: "a module that ran, or was to run, when its host went down comes back with it: on",
      },
      boot_delay: no("a module starts as soon as its host can run it"),
    },
    children: [...inService, ...checkers, "failover", "macro", "var"],
  },
  heart: {
    gone: oursPulse,
    attributes: {
      pulse: no(`${oursPulse}: ${pulse} ms in cluster.xml, unless it says otherwise`),
      timeout: no((value) => slower(value)),
    },
  },
  heartbeat: {
    gone: "the networks are those of cluster.xml",
    attributes: {
      ident: no('the data link takes the networks that have data="on" in cluster.xml'),
    },
  },
  vip: { gone: address },
  virtual_addr: {
    gone: address,
    attributes: {
      addr: no((value) => (/^[0-9.]+$|:/.test(value) ? address : `${address}; and it is a name, no address`)),
    },
  },
  interface: {
    gone: address,
    attributes: { arpreroute: no("the VM itself announces its addresses where it starts") },
  },
  farm: { gone: "farm modules are not in this version" },
  check: { children: checkers },
  ...Object.fromEntries(checkers.map((name) => [name, { gone: checks }])),
  failover: { gone: "rules over checkers have nothing to judge here; what leads to a failover is fixed" },
  rfs: {
    attributes: {
      ...kept("async", "resync_cap"),
      acl: no((value) => (value === "on" ? "it is always on" : "ACLs are always replicated")),
      nbrei: no("reintegration always has several regions under way"),
    },
    children: ["replicated"],
  },
  replicated: { attributes: kept("dir", "mode"), children: ["notreplicated", "tocheck"] },
  notreplicated: { gone: "the folder is replicated as a whole" },
  tocheck: { gone: "every file of the folder is looked after" },
  user: {
    attributes: {
      stop: asItIs,
      poweroff: asItIs,
      nicestoptimeout: time("s"),
      forcestoptimeout: time("s"),
      logging: no("what happens is in the history: gemel events"),
      userlogsize: no("the history is bounded by itself"),
    },
    children: ["var"],
  },
};

function slower(value: string): string {
  const times = Number(value) / heartbeatTimeout;
  const ours = `${oursPulse}: ${heartbeatTimeout} ms in cluster.xml, unless it says otherwise`;
  return times > 1
    ? `${ours}; with this one a dead host were noticed ${Math.round(times)} times later`
    : ours;
}

/** A replicated folder that is not the VM's, where the VM's is there as well. */
export const otherFolder = "a VM module replicates its own folder alone";

export interface FieldReading {
  /** What the strict reader gets. */
  readonly element: XmlElement;
  readonly notes: readonly FieldNote[];
}

export function readField(safe: XmlElement): FieldReading {
  const macros = new Map(
    every(safe, "macro").map(({ attributes }) => [
      attributes.get("name") ?? "",
      attributes.get("value") ?? "",
    ]),
  );
  const notes: FieldNote[] = [];
  const [element = safe] = taken(safe, macros, notes);
  return { element, notes: notes.sort((a, b) => a.line - b.line) };
}

const every = (element: XmlElement, name: string): readonly XmlElement[] =>
  element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...every(child, name)]);

/** What is left of an element: itself, what it wrapped, or nothing. */
function taken(given: XmlElement, macros: ReadonlyMap<string, string>, notes: FieldNote[]): XmlElement[] {
  const element = filled(given, macros, notes);
  const row = rows[element.name];
  // Ours, or nobody's: the strict reader knows.
  if (row === undefined) return [element];
  if (row.gone !== undefined) {
    nameAll(element, row.gone, notes);
    return [];
  }
  const attributes = new Map(
    [...element.attributes].flatMap(([name, value]) => treated(element, row, name, value, notes)),
  );
  const children = element.children.flatMap((child) =>
    row.children?.includes(child.name) === true ? taken(child, macros, notes) : unknown(child, notes),
  );
  return element.name === "check" ? children : [{ ...element, attributes, children }];
}

/** Left to the strict reader, which refuses the first of them; here are all. */
function unknown(element: XmlElement, notes: FieldNote[]): readonly XmlElement[] {
  notes.push({ line: element.line, kind: "refused", what: `<${element.name}>`, why: "unknown element" });
  return [element];
}

function treated(
  { name: element, line }: XmlElement,
  row: Row,
  name: string,
  value: string,
  notes: FieldNote[],
): readonly (readonly [string, string])[] {
  const what = `<${element} ${name}="${value}">`;
  const treatment = row.attributes?.[name];
  if (treatment === undefined) {
    notes.push({ line, kind: "refused", what, why: "unknown attribute" });
    return [[name, value]];
  }
  if (treatment.kind === "no") {
    notes.push({ line, kind: "named", what, why: whyOf(treatment, value) });
    return [];
  }
  const read = treatment.kind === "as" ? treatment.value(value) : value;
  const why = read === value || treatment.kind !== "as" ? "" : (treatment.why ?? `read as ${read}`);
  notes.push({ line, kind: "carried", what, why });
  return [[name, read]];
}

const whyOf = ({ why }: { readonly why: string | ((value: string) => string) }, value: string): string =>
  typeof why === "string" ? why : why(value);

/** It and all in it: whoever wrote an attribute wants to know what becomes of it. */
function nameAll(element: XmlElement, why: string, notes: FieldNote[]): void {
  const { name, line, attributes, children } = element;
  const own = rows[name];
  const kind = name === "macro" ? ("carried" as const) : ("named" as const);
  const because = own?.gone ?? why;
  if (attributes.size === 0) notes.push({ line, kind, what: `<${name}>`, why: because });
  for (const [key, value] of attributes) {
    const treatment = own?.attributes?.[key];
    const said = treatment?.kind === "no" ? whyOf(treatment, value) : because;
    notes.push({ line, kind, what: `<${name} ${key}="${value}">`, why: said });
  }
  for (const child of children) nameAll(child, because, notes);
}

function filled(element: XmlElement, macros: ReadonlyMap<string, string>, notes: FieldNote[]): XmlElement {
  const fill = (value: string): string =>
    value.replace(/%([A-Za-z_][A-Za-z0-9_]*)%/g, (whole, name: string) => {
      const found = macros.get(name);
      if (found === undefined && element.name !== "var")
        notes.push({
          line: element.line,
          kind: "named",
          what: `<${element.name}> ${whole}`,
          why: "no macro has this name; it is left as it is",
        });
      return found ?? whole;
    });
  return {
    ...element,
    attributes: new Map([...element.attributes].map(([name, value]) => [name, fill(value)])),
  };
}

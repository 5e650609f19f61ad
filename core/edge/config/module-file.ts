// SPDX-License-Identifier: Apache-2.0
// /etc/gemel/modules/ID/userconfig.xml: one module, in element names that operators of such products know,
// plus <vm>, <nodes> and the module's identity. Written by people, by the API and by `protect`; the same
// reader judges all. What of the field's settings this version cannot carry out is accepted and named in a
// warning, attribute by attribute (module-field.ts); anything unknown is refused.

import { forceStopTimeout, loopInterval, maxLoop, modulesMax, niceStopTimeout } from "../../base/limits.js";
import { bytes, nodeName, seconds, type Bytes, type Milliseconds, type NodeName } from "../../base/units.js";
import type { PowerOff } from "../../decide/mirror/module-config.js";
import { rootOf, type ElementReader } from "./fields.js";
import { nodeNamePattern } from "./cluster-file.js";
import { otherFolder, readField, type FieldNote } from "./module-field.js";
import { ConfigFault, parseSettings, writeXml, type XmlElement, type XmlNode } from "./xml.js";

export const moduleFormat = 1;
export const moduleIdPattern = /^[a-z][a-z0-9-]{0,30}$/;
/** Of modules that shall not share a host: chosen by people, so as plain as a module's name. */
const groupPattern = /^[a-z][a-z0-9-]{0,30}$/;

export type DefaultPrim =
  | { readonly kind: "alone" }
  | { readonly kind: "lastprim" }
  | { readonly kind: "node"; readonly node: NodeName };

export interface ModuleSettings {
  readonly uuid: string;
  /** Counts up with every change by API or CLI: the higher one is the newer one on both nodes. */
  readonly revision: number;
  /** Its data link's port is the cluster's data port plus this. */
  readonly index: number;
  readonly nodes: readonly NodeName[];
  readonly vm: { readonly id: string; readonly name: string; readonly folder: string };
  readonly defaultPrim: DefaultPrim;
  readonly failover: boolean;
  readonly boot: boolean;
  readonly maxLoop: number;
  readonly loopInterval: Milliseconds;
  readonly acknowledge: "written" | "received";
  /** Cap of reintegration, bytes per second; 0 = none. */
  readonly resyncCap: Bytes;
  readonly stop: {
    readonly how: "shutdown" | "save" | "off";
    readonly nice: Milliseconds;
    readonly force: Milliseconds;
  };
  /** What follows when those inside have switched the VM off. */
  readonly powerOff: PowerOff;
  readonly placement: PlacementWishes;
  /** Disks left out by `protect --exclude`: the module is *partly protected* (issue wording). */
  readonly excluded: readonly { readonly target: string; readonly how: "detach" | "empty" }[];
}

/** What `balance` must respect: the node where the VM stays, and the group of which no two share a host. */
export interface PlacementWishes {
  readonly pin: NodeName | null;
  readonly apart: string | null;
}

export interface ParsedModule {
  readonly config: ModuleSettings;
  /** Settings of the field that this version accepts but cannot carry out. */
  readonly warnings: readonly string[];
}

const folderPattern = /^\/[^\0]+$/;
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function parseModule(text: string): ParsedModule {
  const element = parseSettings(text, "safe");
  return readModule(element);
}

/** All that is to be said of a file at once, also of one of the field, which names no VM and no nodes. */
export function checkModule(text: string): readonly FieldNote[] {
  try {
    const safe = parseSettings(text, "safe");
    const { element, notes } = readField(safe);
    const others = [...foldersBeside(element, folderOf(element)), ...faultsIn(element, notes)];
    // What is refused, or named, is not carried out.
    const isOther = ({ line, what }: FieldNote): boolean => {
      const attribute = / (.+)>$/.exec(what)?.[1] ?? what;
      return others.some((one) => one.line === line && `${one.what} ${one.why}`.includes(attribute));
    };
    return [...notes.filter((note) => note.kind !== "carried" || !isOther(note)), ...others].sort(
      (a, b) => a.line - b.line,
    );
  } catch (error) {
    return [refusal(error)];
  }
}

function refusal(error: unknown): FieldNote {
  if (!(error instanceof ConfigFault)) throw error;
  return { line: error.line, kind: "refused", what: "", why: error.reason };
}

/** The strict reader stops at the first fault: it gets each attribute alone, then the whole. */
function faultsIn(safe: XmlElement, notes: readonly FieldNote[]): readonly FieldNote[] {
  const known = new Set(notes.filter(({ kind }) => kind === "refused").map(({ line }) => line));
  const service = safe.children.find(({ name }) => name === "service");
  if (service === undefined)
    return [{ line: safe.line, kind: "refused", what: "<safe>", why: "no <service>" }];
  const alone = [
    service,
    ...service.children.filter(({ name }) => name === "rfs" || name === "user"),
  ].flatMap((element) =>
    [...element.attributes].map((attribute) => {
      const one = { ...element, attributes: new Map([attribute]), children: [] };
      return element === service ? one : { ...service, attributes: new Map(), children: [one] };
    }),
  );
  const found = new Map<string, FieldNote>();
  for (const one of [...alone, service]) {
    try {
      readStrictly({ ...safe, children: [completed(one, service)] });
    } catch (error) {
      const fault = refusal(error);
      if (!known.has(fault.line)) found.set(`${fault.line} ${fault.why}`, fault);
    }
  }
  return [...found.values()];
}

/** The VM's, or what a file without a VM replicates first. */
function folderOf(safe: XmlElement): string {
  const service = safe.children.find(({ name }) => name === "service");
  const vm = service?.children.find(({ name }) => name === "vm");
  const rfs = service?.children.find(({ name }) => name === "rfs");
  const folder = vm?.attributes.get("folder") ?? rfs?.children[0]?.attributes.get("dir") ?? "";
  return folderPattern.test(folder) ? folder : "/vm";
}

/** With what `protect` adds: the VM, its nodes, the module's identity. */
function completed(part: XmlElement, service: XmlElement): XmlElement {
  const { line } = service;
  const made = (name: string, attributes: Readonly<Record<string, string>>, children: XmlElement[] = []) => ({
    name,
    line,
    attributes: new Map(Object.entries(attributes)),
    children,
    text: "",
  });
  const folder = folderOf({ ...service, children: [service] });
  const prim = service.attributes.get("defaultprim") ?? "";
  const first = nodeNamePattern.test(prim) && prim !== "alone" && prim !== "lastprim" ? prim : "first";
  const own = [
    made("vm", { id: "vm", name: "vm", folder }),
    made("nodes", {}, [
      made("node", { name: first }),
      made("node", { name: `other-than-${first}`.slice(0, 63) }),
    ]),
  ].filter(({ name }) => !part.children.some((child) => child.name === name));
  const identity = { mode: "mirror", uuid: "00000000-0000-0000-0000-000000000000", index: "0" };
  return {
    ...part,
    attributes: new Map([...Object.entries(identity), ...part.attributes]),
    children: [...own, ...part.children],
  };
}

function readModule(safe: XmlElement): ParsedModule {
  const { element, notes } = readField(safe);
  const config = readStrictly(element);
  const others = foldersBeside(element, config.vm.folder);
  return {
    config,
    warnings: [...notes.filter(({ kind }) => kind === "named"), ...others]
      .sort((a, b) => a.line - b.line)
      .map(({ line, what, why }) => `line ${line}: ${what} is not carried out: ${why}`),
  };
}

function readStrictly(safe: XmlElement): ModuleSettings {
  return rootOf(safe, moduleFormat)
    .whole((root) => root.child("service"))
    .whole(readService);
}

function readService(service: ElementReader): ModuleSettings {
  service.oneOf("mode", ["mirror"]);
  const user = service.optionalChild("user");
  const vm = service.child("vm").whole(readVm);
  const nodes = service.child("nodes").whole(readNodes);
  const config: ModuleSettings = {
    uuid: service.matching("uuid", uuidPattern, "a UUID"),
    revision: service.integer("revision", 0, 1e12, 0),
    index: service.integer("index", 0, modulesMax - 1),
    nodes,
    vm,
    defaultPrim: readDefaultPrim(service),
    failover: service.oneOf("failover", ["on", "off"], "on") === "on",
    boot: service.oneOf("boot", ["on", "off"], "on") === "on",
    maxLoop: service.integer("maxloop", 0, 1000, maxLoop),
    loopInterval: seconds(service.integer("loop_interval", 1, 24 * 365, loopInterval / 3_600_000) * 3600),
    ...(service.optionalChild("rfs")?.whole((rfs) => readReplication(rfs, vm.folder)) ?? plainReplication),
    powerOff: user?.oneOf("poweroff", ["stop", "restart"], "stop") ?? "stop",
    stop: user?.whole(readStop) ?? plainStop,
    placement: service.optionalChild("placement")?.whole((item) => readPlacement(item, nodes)) ?? noWishes,
    excluded: service.children("exclude").map((item) => item.whole(readExcluded)),
  };
  const { defaultPrim } = config;
  if (defaultPrim.kind === "node" && !config.nodes.includes(defaultPrim.node)) {
    service.refuse(`defaultprim="${defaultPrim.node}" is not one of the module's nodes`);
  }
  return config;
}

function readVm(item: ElementReader): ModuleSettings["vm"] {
  const vm = { id: item.text("id"), name: item.text("name"), folder: item.text("folder") };
  if (!folderPattern.test(vm.folder) || vm.folder.split("/").some((part) => part === ".." || part === ".")) {
    item.refuse(`folder="${vm.folder}" must be an absolute path without . and ..`);
  }
  return vm;
}

function readNodes(list: ElementReader): readonly NodeName[] {
  const read = (item: ElementReader): NodeName =>
    nodeName(item.matching("name", nodeNamePattern, "a node name"));
  const nodes = list.children("node").map((item) => item.whole(read));
  if (nodes.length !== 2 || nodes[0] === nodes[1]) list.refuse("a mirror module names two different nodes");
  return nodes;
}

function readDefaultPrim(service: ElementReader): DefaultPrim {
  const value = service.optional("defaultprim") ?? "alone";
  if (!nodeNamePattern.test(value))
    service.refuse(`defaultprim="${value}" must be alone, lastprim or a node's name`);
  return defaultPrimOf(value);
}

/** As it is written, and back. */
export const defaultPrimOf = (text: string): DefaultPrim =>
  text === "alone" || text === "lastprim" ? { kind: text } : { kind: "node", node: nodeName(text) };
export const defaultPrimText = (prim: DefaultPrim): string => (prim.kind === "node" ? prim.node : prim.kind);

type Replication = Pick<ModuleSettings, "acknowledge" | "resyncCap">;
const plainReplication: Replication = { acknowledge: "written", resyncCap: bytes(0) };
const plainStop = { how: "shutdown", nice: niceStopTimeout, force: forceStopTimeout } as const;
const noWishes: PlacementWishes = { pin: null, apart: null };

function readReplication(rfs: ElementReader, folder: string): Replication {
  const acknowledge = rfs.oneOf("async", ["none", "second"], "none") === "second" ? "received" : "written";
  // Bytes per second.
  const resyncCap = bytes(rfs.integer("resync_cap", 0, 1e12, 0));
  const folders = rfs.children("replicated");
  if (folders.length > 0 && folders.every((replicated) => replicated.text("dir") !== folder))
    folders[0]?.refuse(`a VM module replicates its folder ${folder}, nothing else`);
  for (const replicated of folders) {
    replicated.text("dir");
    replicated.oneOf("mode", ["read_only"], "read_only");
    replicated.done();
  }
  return { acknowledge, resyncCap };
}

function readStop(user: ElementReader): ModuleSettings["stop"] {
  return {
    how: user.oneOf("stop", ["shutdown", "save", "off"], "shutdown"),
    nice: seconds(user.integer("nicestoptimeout", 1, 86_400, niceStopTimeout / 1000)),
    force: seconds(user.integer("forcestoptimeout", 1, 86_400, forceStopTimeout / 1000)),
  };
}

function readPlacement(item: ElementReader, nodes: readonly NodeName[]): PlacementWishes {
  const wanted = item.optional("pin");
  const pin = nodes.find((node) => node === wanted) ?? null;
  if (wanted !== undefined && pin === null) {
    item.refuse(`pin="${wanted}" is not one of the module's nodes (${nodes.join(", ")})`);
  }
  const apart =
    item.optional("apart") === undefined ? null : item.matching("apart", groupPattern, "a group's name");
  return { pin, apart };
}

const readExcluded = (item: ElementReader): ModuleSettings["excluded"][number] => ({
  target: item.text("disk"),
  how: item.oneOf("how", ["detach", "empty"]),
});

/** More folders than the VM's: each is named. */
function foldersBeside(safe: XmlElement, folder: string): readonly FieldNote[] {
  const below = (element: XmlElement, name: string): readonly XmlElement[] =>
    element.children.filter((child) => child.name === name);
  return below(safe, "service")
    .flatMap((service) => below(service, "rfs"))
    .flatMap((rfs) => below(rfs, "replicated"))
    .flatMap(({ line, attributes }) => {
      const dir = attributes.get("dir") ?? "";
      const what = `<replicated dir="${dir}">`;
      return dir === folder ? [] : [{ line, kind: "named" as const, what, why: otherFolder }];
    });
}

export function writeModule(config: ModuleSettings): string {
  const { vm, stop, placement } = config;
  const service: XmlNode = {
    name: "service",
    attributes: {
      mode: "mirror",
      uuid: config.uuid,
      revision: config.revision,
      index: config.index,
      defaultprim: defaultPrimText(config.defaultPrim),
      failover: config.failover ? "on" : "off",
      boot: config.boot ? "on" : "off",
      maxloop: config.maxLoop,
      loop_interval: config.loopInterval / 3_600_000,
    },
    children: [
      { name: "vm", attributes: { ...vm } },
      { name: "nodes", children: config.nodes.map((name) => ({ name: "node", attributes: { name } })) },
      {
        name: "rfs",
        attributes: {
          async: config.acknowledge === "received" ? "second" : "none",
          resync_cap: config.resyncCap === 0 ? undefined : config.resyncCap,
        },
        children: [{ name: "replicated", attributes: { dir: vm.folder, mode: "read_only" } }],
      },
      {
        name: "user",
        attributes: {
          stop: stop.how,
          nicestoptimeout: stop.nice / 1000,
          forcestoptimeout: stop.force / 1000,
          // Nothing is written where it is as usual: older readers do not know it.
          poweroff: config.powerOff === "stop" ? undefined : config.powerOff,
        },
      },
      ...placementNode(placement),
      ...config.excluded.map(({ target, how }) => ({ name: "exclude", attributes: { disk: target, how } })),
    ],
  };
  return writeXml({ name: "safe", attributes: { format: moduleFormat }, children: [service] });
}

/** Nothing is written where nothing is wished for: older readers do not know the element. */
function placementNode({ pin, apart }: PlacementWishes): XmlNode[] {
  if (pin === null && apart === null) return [];
  return [{ name: "placement", attributes: { pin: pin ?? undefined, apart: apart ?? undefined } }];
}

// SPDX-License-Identifier: Apache-2.0
// /etc/gemel/modules/ID/userconfig.xml: one module, in element names that operators of such products know,
// plus <vm>, <nodes> and the module's identity. Written by people, by the API and by `protect`; the same
// reader judges all. Elements of the field that this version cannot carry out are accepted and reported as
// warnings, never passed over in silence; anything unknown is refused.

import { forceStopTimeout, loopInterval, maxLoop, modulesMax, niceStopTimeout } from "../../base/limits.js";
import { bytes, nodeName, seconds, type Bytes, type Milliseconds, type NodeName } from "../../base/units.js";
import type { PowerOff } from "../../decide/mirror/module-config.js";
import { readRoot, type ElementReader } from "./fields.js";
import { nodeNamePattern } from "./cluster-file.js";
import { writeXml, type XmlNode } from "./xml.js";

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

/** Accepted, named in a warning: what a VM module of this version does not do. */
const notCarriedOut = ["heart", "vip", "errd", "tcp", "ping", "intf", "ip", "custom", "module", "splitbrain"];
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function parseModule(text: string): ParsedModule {
  const service = readRoot(text, "safe", moduleFormat).whole((root) => root.child("service"));
  const lines = notCarriedOut.flatMap((name) => service.children(name).map(({ line }) => ({ name, line })));
  const warnings = lines
    .sort((a, b) => a.line - b.line)
    .map(({ name, line }) => `line ${line}: <${name}> is not carried out by this version`);
  return { config: service.whole(readService), warnings };
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
  if (!/^\/[^\0]+$/.test(vm.folder) || vm.folder.split("/").some((part) => part === ".." || part === ".")) {
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
  // Bytes per second; nbrei and acl are the field's: several regions are always in flight, ACLs always
  // replicated.
  const resyncCap = bytes(rfs.integer("resync_cap", 0, 1e12, 0));
  rfs.optional("acl");
  rfs.optional("nbrei");
  for (const replicated of rfs.children("replicated")) {
    if (replicated.text("dir") !== folder)
      replicated.refuse(`a VM module replicates its folder ${folder}, nothing else`);
    replicated.oneOf("mode", ["read_only"], "read_only");
    replicated.done();
  }
  return { acknowledge, resyncCap };
}

function readStop(user: ElementReader): ModuleSettings["stop"] {
  user.optional("logging");
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

// SPDX-License-Identifier: Apache-2.0
// /etc/gemel/cluster.xml: who belongs to the cluster and over which networks they reach each other. The same
// file on every node; which of its nodes this host is stands in the node's own certificate. Format version by
// R30: a newer one is refused and untouched.

import { GemelError } from "../../base/errors.js";
import { freezeDeadlineWithoutLease, heartbeatTimeout, pulse } from "../../base/limits.js";
import { nodeServerName } from "../../base/vocabulary.js";
import { milliseconds, nodeName, type Milliseconds, type NodeName } from "../../base/units.js";
import type { ShownCluster } from "../../describe/status/status.js";
import { readRoot, type ElementReader } from "./fields.js";
import { writeXml } from "./xml.js";
import { networksMax } from "../../base/limits/edge.js";

export const clusterFormat = 1;

export interface ClusterPorts {
  readonly api: number;
  readonly heartbeat: number;
  /** Data link of module index i: `data + i`. */
  readonly data: number;
}

export const defaultPorts: ClusterPorts = { api: 7410, heartbeat: 7411, data: 7420 };

export interface Network {
  readonly name: string;
  readonly cidr: string;
  readonly pulse: Milliseconds;
  readonly timeout: Milliseconds;
  /**
   * Whether the data links may run here. Only in the first network unless told otherwise: what replicates
   * fills a wire, and the heartbeats of a network that is kept apart must not wait behind it.
   */
  readonly data: "on" | "off";
}

export interface NodeEntry {
  readonly name: NodeName;
  /** Network name → this node's address in it. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Where people's browsers find this node's console, if it is not an address of its networks. */
  readonly console?: string;
}

export interface ClusterConfig {
  readonly name: string;
  readonly uuid: string;
  /** In order of preference. */
  readonly networks: readonly Network[];
  readonly nodes: readonly NodeEntry[];
  readonly ports: ClusterPorts;
  /** Where the API listens: on every address of the host or only in the cluster's networks. */
  readonly listen: "all" | "networks";
}

export const nodeNamePattern = /^[a-z0-9][a-z0-9-]{0,62}$/;
const plainName = /^[a-z0-9][a-z0-9._-]{0,62}$/i;
const networkName = /^[a-z][a-z0-9-]{0,14}$/;
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** A host, perhaps a port, perhaps the path below which a reverse proxy shows the console. */
const consolePattern =
  /^https:\/\/[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?(:[0-9]{1,5})?(\/[a-z0-9_~-][a-z0-9._~-]{0,62}){0,8}$/i;

/** As it is kept: without a slash at its end; undefined: no such address. */
export function consoleAddress(text: string): string | undefined {
  const address = text.replace(/\/$/, "");
  return consolePattern.test(address) ? address : undefined;
}

export function parseCluster(text: string): ClusterConfig {
  return readRoot(text, "cluster", clusterFormat).whole((root) => {
    const networks = readNetworks(root.child("networks"));
    return {
      name: root.matching("name", plainName, "a cluster name"),
      uuid: root.matching("uuid", uuidPattern, "a UUID"),
      networks,
      nodes: readNodes(root.child("nodes"), networks),
      ports: root.optionalChild("ports")?.whole(readPorts) ?? defaultPorts,
      listen: root.oneOf("listen", ["all", "networks"], "all"),
    };
  });
}

function readNetworks(list: ElementReader): readonly Network[] {
  const read = (item: ElementReader, isFirst: boolean): Network => ({
    name: item.matching("name", networkName, "a network name"),
    cidr: item.matching("cidr", /^\d+\.\d+\.\d+\.\d+\/\d+$/, "a network such as 10.0.0.0/24"),
    pulse: milliseconds(item.integer("pulse", 100, 10_000, pulse)),
    timeout: milliseconds(item.integer("timeout", 1_000, 120_000, heartbeatTimeout)),
    data: item.oneOf("data", ["on", "off"], isFirst ? "on" : "off"),
  });
  const networks = list.children("network").map((item, index) => {
    const network = item.whole(() => read(item, index === 0));
    if (network.pulse * 3 >= network.timeout) item.refuse("timeout must be more than three pulses");
    return network;
  });
  list.done();
  unique(list, networks, "network");
  if (networks.length === 0 || networks.length > networksMax)
    list.refuse(`1 to ${networksMax} networks are expected`);
  if (networks.every(({ data }) => data === "off")) list.refuse('one network at least must have data="on"');
  return networks;
}

function readNodes(list: ElementReader, networks: readonly Network[]): readonly NodeEntry[] {
  const read = (item: ElementReader): NodeEntry => {
    const addresses = new Map<string, string>();
    for (const address of item.children("address")) {
      const network = address.text("network");
      if (!networks.some(({ name }) => name === network)) address.refuse(`there is no network ${network}`);
      if (addresses.has(network)) address.refuse(`a second address in ${network}`);
      addresses.set(network, address.address("ip"));
      address.done();
    }
    const name = nodeName(item.matching("name", nodeNamePattern, "a node name"));
    if (addresses.size === 0) item.refuse("a node needs an address in at least one network");
    if (item.optional("console") === undefined) return { name, addresses };
    const given = item.text("console");
    const such = "https://gemel-a.example:7410";
    const console =
      consoleAddress(given) ?? item.refuse(`console="${given}" is not an address such as ${such}`);
    return { name, addresses, console };
  };
  const nodes = list.children("node").map((item) => item.whole(read));
  list.done();
  unique(list, nodes, "node");
  if (nodes.length > 2) list.refuse("a cluster has two nodes in this version");
  return nodes;
}

const readPorts = (item: ElementReader): ClusterPorts => ({
  api: item.integer("api", 1, 65_535, defaultPorts.api),
  heartbeat: item.integer("heartbeat", 1, 65_535, defaultPorts.heartbeat),
  data: item.integer("data", 1, 65_535 - 31, defaultPorts.data),
});

function unique(list: ElementReader, items: readonly { readonly name: string }[], what: string): void {
  const names = items.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) list.refuse(`the ${what} ${twice} is there twice`);
}

export function writeCluster(config: ClusterConfig): string {
  return writeXml({
    name: "cluster",
    attributes: { name: config.name, uuid: config.uuid, format: clusterFormat, listen: config.listen },
    children: [
      {
        name: "networks",
        children: config.networks.map((network) => ({ name: "network", attributes: { ...network } })),
      },
      {
        name: "nodes",
        children: config.nodes.map(({ name, addresses, console }) => ({
          name: "node",
          attributes: { name, ...(console !== undefined && { console }) },
          children: [...addresses].map(([network, ip]) => ({ name: "address", attributes: { network, ip } })),
        })),
      },
      { name: "ports", attributes: { ...config.ports } },
    ],
  });
}

/** Where a node's console is: its own address for people first, then those of its networks in their order. */
export function consoleUrls({ networks, ports }: ClusterConfig, node: NodeEntry): string[] {
  const addresses = networks.flatMap(({ name }) => node.addresses.get(name) ?? []);
  const own = node.console === undefined ? [] : [node.console];
  return [...own, ...addresses.map((address) => `https://${address}:${ports.api}`)];
}

export const shownCluster = (config: ClusterConfig): ShownCluster => ({
  name: config.name,
  nodes: config.nodes.map((node) => ({ name: node.name, urls: consoleUrls(config, node) })),
  networks: config.networks,
});

/**
 * What the node's certificate must name, so that a browser which trusts the cluster asks nothing, and
 * neither does a script that has an administrator's certificate.
 */
export function certifiedNames({ addresses, console }: NodeEntry): string[] {
  const own = console === undefined ? [] : [new URL(console).hostname];
  return [...new Set([...own, nodeServerName, ...addresses.values()])];
}

/** R21: everything must have been silent this long; networks may differ, so the slowest one counts. */
export function silenceTimeout(config: ClusterConfig): Milliseconds {
  return milliseconds(Math.max(...config.networks.map(({ timeout }) => timeout)));
}

/** R17: how long a frozen engine waits before it pauses its guest by itself, with arbiter `none`. */
export function freezeDeadline(config: ClusterConfig): Milliseconds {
  const slowest = Math.max(...config.networks.map((network) => network.timeout + network.pulse));
  return milliseconds(Math.max(freezeDeadlineWithoutLease, slowest + 1000));
}

/** The cluster's other nodes, as this one sees them. */
export function peersOf(config: ClusterConfig, self: NodeName): readonly NodeEntry[] {
  return config.nodes.filter(({ name }) => name !== self);
}

/** One of them, by a name that a person gave. */
export function peerNamed(config: ClusterConfig, self: NodeName, name: string): NodeName {
  const peer = peersOf(config, self).find((one) => one.name === name);
  if (peer === undefined) throw new GemelError("GEMEL-4012", name);
  return peer.name;
}

export function nodeOf(config: ClusterConfig, name: NodeName): NodeEntry | undefined {
  return config.nodes.find((node) => node.name === name);
}

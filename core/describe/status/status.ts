// SPDX-License-Identifier: Apache-2.0
// The status that API, CLI and console show: what a node knows of itself, and what it last heard of the other
// one, marked as such. Values in, values out: the edge gathers them, sentences, colours and permissions come
// from the neighbours; here they are only put together.

import type { NodeStatus, ModuleStatus, ProcedureStatus, Status } from "../../api/contract.js";
import { conflictWords } from "../../base/conflict-words.js";
import type { Failure } from "../../base/errors.js";
import type { Instant, Milliseconds, NodeName } from "../../base/units.js";
import { daemonAnswers, networkView, silentSince, verdict } from "../../decide/liveness/liveness.js";
import type { Peer } from "../../decide/liveness/liveness.js";
import type { ArbiterKind } from "../../ports/arbiter.js";
import { viewsOf } from "../../decide/mirror/views.js";
import { moduleStatus, type ModuleSources } from "./module-status.js";
import { wallAt } from "./times.js";

/** The cluster as far as it is shown. */
export interface ShownCluster {
  readonly name: string;
  readonly nodes: readonly { readonly name: NodeName; readonly urls: readonly string[] }[];
  readonly networks: readonly { readonly name: string; readonly timeout: Milliseconds }[];
}

export interface StatusSources extends Omit<ModuleSources, "timeouts"> {
  readonly startedAt: Instant;
  readonly version: string;
  readonly arbiter: ArbiterKind;
  readonly cluster: ShownCluster | undefined;
  readonly procedures: readonly ProcedureStatus[];
  readonly troubles: readonly Failure[];
  readonly reachableSince: (peer: string, reachable: boolean) => Instant;
  /** Of the other node's Gemel, as it last said. */
  readonly versionOf: (peer: string) => string | undefined;
}

export function statusOf(sources: StatusSources): Status {
  const { state, cluster, times } = sources;
  const views = viewsOf(state, times.now);
  const timeouts = cluster?.networks.map(({ timeout }) => timeout) ?? [];
  const modules = Object.values(state.modules).map((module) => {
    const view = views.find((one) => one.module === module.config.id);
    return moduleStatus({ ...sources, timeouts }, module, view);
  });
  return {
    format: 1,
    answeredBy: state.self,
    at: times.wall,
    version: sources.version,
    cluster: cluster?.name ?? null,
    arbiter: sources.arbiter,
    nodes: cluster === undefined ? [] : nodesOf(sources, cluster),
    modules: modules.sort((a, b) => (a.id < b.id ? -1 : 1)),
    procedures: sources.procedures,
    warnings: warningsOf(sources, modules),
    alarms: [],
    pause: state.pause ?? null,
    sentence: summary(cluster, modules),
  };
}

function nodesOf(sources: StatusSources, { nodes, networks }: ShownCluster): NodeStatus[] {
  const { state, times, startedAt, version } = sources;
  const since = wallAt(times, startedAt);
  return nodes.map(({ name, urls }) => {
    if (name === state.self) {
      const heard = networks.map((network) => ({ name: network.name, heard: true }));
      return { name, reachable: true, since, networks: heard, daemon: "answers", version, urls };
    }
    const peer = state.peers[name];
    return peer === undefined
      ? { name, reachable: false, since, networks: [], daemon: "silent", version: null, urls }
      : { ...otherNode(sources, networks, peer), urls };
  });
}

function otherNode(
  { times, reachableSince, versionOf }: StatusSources,
  networks: ShownCluster["networks"],
  peer: Peer,
): Omit<NodeStatus, "urls"> {
  const { now } = times;
  const { name } = peer;
  const reachable = verdict(peer, now) === "alive";
  const begun = reachableSince(name, reachable);
  return {
    name,
    reachable,
    // A silent one: since its last sign of life, which is earlier than the moment at which that was noticed.
    since: wallAt(times, reachable ? begun : silentSince(peer)),
    networks: networks.map((network) => ({
      name: network.name,
      heard: networkView(peer, network.name, now) === "up",
    })),
    daemon: daemonAnswers(peer, now) ? "answers" : "silent",
    version: versionOf(name) ?? null,
  };
}

function warningsOf(
  { state, times, cluster, arbiter, troubles }: StatusSources,
  modules: readonly ModuleStatus[],
): string[] {
  const split = "No arbiter is configured: when every network between the nodes is cut, both run the VMs.";
  const silent = Object.values(state.peers)
    .filter((peer) => verdict(peer, times.now) === "dead")
    .map(({ name }) => `${name} is silent on every network.`);
  return [
    ...(arbiter === "none" && cluster !== undefined && modules.length > 0 ? [split] : []),
    ...(state.hypervisor === "lost"
      ? [`The hypervisor does not answer on ${state.self}; gemel doctor says why.`]
      : []),
    ...silent,
    ...modules
      .filter(({ conflict }) => conflict)
      .map(({ id }) => `${id}: ${conflictWords.inBrief}; gemel resolve ${id}`),
    ...troubles.map(({ where, message }) => `${where}: ${message}`),
  ];
}

function summary(cluster: ShownCluster | undefined, modules: readonly ModuleStatus[]): string {
  if (cluster === undefined) {
    return "This node belongs to no cluster: gemel cluster init, or gemel cluster join TOKEN.";
  }
  if (cluster.nodes.length < 2)
    return "The cluster has one node; the other one joins with: gemel cluster token";
  if (modules.length === 0) return "No VM is protected yet: gemel protect --list";
  const safe = modules.filter((module) => module.protected && !module.partly).length;
  return safe === modules.length
    ? `All ${modules.length} modules are protected.`
    : `${modules.length - safe} of ${modules.length} modules are not fully protected.`;
}

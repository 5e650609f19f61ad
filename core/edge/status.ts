// SPDX-License-Identifier: Apache-2.0
// The status that API, CLI and console show: what this node knows of itself, and what it last heard of the
// other one, marked as such. Sentences, colours, permissions come from core/describe; here they are only
// put together.

import type { Failure } from "../base/errors.js";
import { milliseconds, type Instant, type Milliseconds, type NodeName } from "../base/units.js";
import { conflictWords } from "../base/conflict-words.js";
import { heartbeatTimeout } from "../base/limits.js";
import type {
  ModuleOnNode,
  ModuleStatus,
  NodeStatus,
  ProcedureStatus,
  Reintegration,
  Status,
} from "../api/contract.js";
import { momentText } from "../describe/words/words.js";
import { gemelVersion } from "./cluster/version.js";
import { consoleUrls } from "./config/cluster-file.js";
import type { ModuleSettings } from "./config/module-file.js";
import { moduleVerbs } from "../base/vocabulary.js";
import { describe, type Description } from "../describe/module/sentences.js";
import type { ModuleState, ModuleView, NodeState } from "../decide/mirror/types.js";
import { viewsOf } from "../decide/mirror/views.js";
import { daemonAnswers, networkView, silentSince, verdict, type Peer } from "../decide/liveness/liveness.js";
import { headline, type Seen } from "../describe/module/headline.js";
import { outlookOf } from "../describe/module/outlook.js";
import { wallClock, wallTimeOf } from "./clock.js";
import type { Member } from "./network/cluster-network.js";

export interface StatusInputs {
  readonly state: NodeState;
  readonly now: Instant;
  readonly startedAt: Instant;
  readonly member: Member | undefined;
  readonly settings: (module: string) => ModuleSettings | undefined;
  readonly procedures: readonly ProcedureStatus[];
  readonly copying: (module: string) => Reintegration | null;
  readonly troubles: readonly Failure[];
  /** R31: modules whose VM has a disk off the mount. */
  readonly unproven: ReadonlyMap<string, Failure>;
  readonly reachableSince: (peer: string, reachable: boolean) => Instant;
  /** Of the other node's Gemel, as it last said. */
  readonly versionOf: (peer: string) => string | undefined;
  /** How long the module's VM takes to start on a node, as last measured. */
  readonly startOf: (module: string, node: string) => Milliseconds | undefined;
  /** "03:12 UTC+1 by admin (maintenance)" while automatic failover is paused. */
  readonly pauseWords: string | undefined;
}

export function statusOf(inputs: StatusInputs): Status {
  const { state, member, now } = inputs;
  const views = viewsOf(state, now);
  const modules = Object.values(state.modules).map((module) => {
    const view = views.find((one) => one.module === module.config.id);
    return moduleStatus(inputs, module, view);
  });
  return {
    format: 1,
    answeredBy: state.self,
    at: wallClock(),
    version: gemelVersion,
    cluster: member?.config.name ?? null,
    arbiter: "none",
    nodes: member === undefined ? [] : nodesOf(inputs, member),
    modules: modules.sort((a, b) => (a.id < b.id ? -1 : 1)),
    procedures: inputs.procedures,
    warnings: warningsOf(inputs, modules),
    alarms: [],
    pause: state.pause ?? null,
    sentence: summary(member, modules),
  };
}

function nodesOf(inputs: StatusInputs, { config }: Member): NodeStatus[] {
  const { state, now, startedAt, reachableSince, versionOf } = inputs;
  return config.nodes.map((node) => {
    const { name } = node;
    const networks = config.networks.map((network) => network.name);
    const urls = consoleUrls(config, node);
    if (name === state.self) {
      const heard = networks.map((network) => ({ name: network, heard: true }));
      return {
        name,
        reachable: true,
        since: wallTimeOf(startedAt),
        networks: heard,
        daemon: "answers",
        version: gemelVersion,
        urls,
      };
    }
    const peer = state.peers[name];
    if (peer === undefined) {
      const since = wallTimeOf(startedAt);
      return { name, reachable: false, since, networks: [], daemon: "silent", version: null, urls };
    }
    const reachable = verdict(peer, now) === "alive";
    const begun = reachableSince(name, reachable);
    return {
      name,
      reachable,
      // A silent one: since its last sign of life, which is earlier than the moment at which that was
      // noticed.
      since: wallTimeOf(reachable ? begun : silentSince(peer)),
      networks: networks.map((network) => ({
        name: network,
        heard: networkView(peer, network, now) === "up",
      })),
      daemon: daemonAnswers(peer, now) ? "answers" : "silent",
      version: versionOf(name) ?? null,
      urls,
    };
  });
}

function moduleStatus(inputs: StatusInputs, module: ModuleState, view: ModuleView | undefined): ModuleStatus {
  const { state, now, settings } = inputs;
  const id = module.config.id;
  const own = describe(state, id, now);
  const nodes = module.config.nodes.map((node) =>
    node === state.self ? ownRow(node, view) : peerRow(node, module, state.peers[node], now),
  );
  const status = module.mirror.kind === "up" ? module.mirror.status : undefined;
  const conflict = view?.conflict === true || module.peer?.view.conflict === true;
  const isPartly = (settings(id)?.excluded.length ?? 0) > 0;
  const elsewhere = inputs.unproven.get(id);
  const isProtected = own?.protected === true && elsewhere === undefined;
  const isOffMirror = elsewhere !== undefined;
  const { freeze, diskFull, lastVerify, inSync = false } = status ?? {};
  const copying = inputs.copying(id);
  const pair = { ...seenPair(inputs, module, view), conflict, isOffMirror };
  return {
    id,
    vm: module.config.vm.name,
    sentence: headline({ ...pair, isPartly, isProtected, copying, pause: inputs.pauseWords }),
    protected: isProtected,
    partly: isPartly,
    colour: elsewhere === undefined ? colourOf(own, nodes, { conflict, isProtected }) : "red",
    active: activeOf(nodes),
    ifHostDied: outlookOf({
      ...pair,
      inSync,
      failover: module.config.failover,
      isPaused: state.pause !== undefined,
      timeout: silenceLimit(inputs.member),
      startOf: (node) => inputs.startOf(id, node),
    }),
    nodes,
    reintegration: copying,
    conflict,
    troubles: [...(elsewhere === undefined ? [] : [elsewhere]), ...troublesOf(module, own)],
    actions: moduleVerbs.map((verb) => {
      const permission = own?.actions[verb];
      if (permission?.allowed === true) return { verb, allowed: true, why: "" };
      return { verb, allowed: false, why: permission?.why.message ?? "" };
    }),
    ...(diskFull !== undefined && { diskFull }),
    ...(lastVerify !== undefined && { lastVerify }),
    ...(freeze !== undefined && {
      freeze: { reason: freeze.reason, ageMs: freeze.ageMs, guestPaused: freeze.guestPaused },
    }),
  };
}

/** What a silent node last said counts only when nobody who answers runs the VM. */
function activeOf(nodes: readonly ModuleOnNode[]): string | null {
  const running = nodes.filter(({ vm }) => vm === "on");
  return (running.find(({ live }) => live) ?? running[0])?.node ?? null;
}

export function seenPair(
  { state, now }: Pick<StatusInputs, "state" | "now">,
  module: ModuleState,
  view: ModuleView | undefined,
): { readonly self: Seen; readonly other: Seen } {
  const at = (moment: Instant): string => momentText(wallTimeOf(moment), wallClock());
  const name = module.config.nodes.find((node) => node !== state.self) ?? state.self;
  const peer = state.peers[name];
  const live = peer !== undefined && daemonAnswers(peer, now);
  const down = peer !== undefined && verdict(peer, now) === "dead";
  const silent = peer === undefined ? now : down ? silentSince(peer) : (module.peer?.at ?? now);
  return {
    self: { node: state.self, view, live: true, down: false, silentSince: "" },
    other: { node: name, view: module.peer?.view, live, down, silentSince: at(silent) },
  };
}

/** The host is silent only when each of its networks is. */
const silenceLimit = (member: Member | undefined): Milliseconds =>
  milliseconds(Math.max(...(member?.config.networks.map(({ timeout }) => timeout) ?? [heartbeatTimeout])));

function ownRow(node: NodeName, view: ModuleView | undefined): ModuleOnNode {
  return view === undefined ? silentRow(node) : { ...rowOf(node, view), live: true };
}

function peerRow(node: NodeName, module: ModuleState, peer: Peer | undefined, now: Instant): ModuleOnNode {
  const view = module.peer?.view;
  if (view === undefined) return silentRow(node);
  const live = peer !== undefined && daemonAnswers(peer, now);
  // A node that is silent is not ready for anything, whatever it was when it last spoke.
  return live ? { ...rowOf(node, view), live } : { ...rowOf(node, view), live, stability: "NotReady" };
}

function rowOf(node: NodeName, view: ModuleView): Omit<ModuleOnNode, "live"> {
  const { state, stability, upToDate, generation, session, reason, vm } = view;
  return { node, state, stability, upToDate, generation, session, reason, vm, since: wallTimeOf(view.since) };
}

function silentRow(node: NodeName): ModuleOnNode {
  return {
    node,
    state: "STOP",
    stability: "NotReady",
    upToDate: false,
    generation: "",
    session: 0,
    reason: "never-heard",
    since: wallClock(),
    vm: "unknown",
    live: false,
  };
}

function colourOf(
  own: Description | undefined,
  nodes: readonly ModuleOnNode[],
  { conflict, isProtected }: { readonly conflict: boolean; readonly isProtected: boolean },
): ModuleStatus["colour"] {
  if (conflict) return "red";
  if (isProtected) return "green";
  const runner = nodes.find(({ live, state }) => live && (state === "ALONE" || state === "PRIM"));
  if (runner !== undefined) return runner.stability === "NotReady" ? "red" : "amber";
  return own?.colour === "amber" ? "amber" : "red";
}

function troublesOf(module: ModuleState, own: Description | undefined): readonly Failure[] {
  const where = module.config.id;
  const problem = module.mirror.kind === "up" ? module.mirror.status.dataProblem : undefined;
  return [
    ...(own?.trouble === undefined ? [] : [own.trouble]),
    ...(problem === undefined ? [] : [{ ...problem, where }]),
  ];
}

function warningsOf(
  { state, now, member, troubles }: StatusInputs,
  modules: readonly ModuleStatus[],
): string[] {
  const split = "No arbiter is configured: when every network between the nodes is cut, both run the VMs.";
  const silent = Object.values(state.peers)
    .filter((peer) => verdict(peer, now) === "dead")
    .map(({ name }) => `${name} is silent on every network.`);
  return [
    ...(member !== undefined && modules.length > 0 ? [split] : []),
    ...(state.hypervisor === "lost" ? [`The hypervisor does not answer on ${state.self}.`] : []),
    ...silent,
    ...modules
      .filter(({ conflict }) => conflict)
      .map(({ id }) => `${id}: ${conflictWords.inBrief}; gemel resolve ${id}`),
    ...troubles.map(({ where, message }) => `${where}: ${message}`),
  ];
}

function summary(member: Member | undefined, modules: readonly ModuleStatus[]): string {
  if (member === undefined) {
    return "This node belongs to no cluster: gemel cluster init, or gemel cluster join TOKEN.";
  }
  if (member.config.nodes.length < 2)
    return "The cluster has one node; the other one joins with: gemel cluster token";
  if (modules.length === 0) return "No VM is protected yet: gemel protect --list";
  const safe = modules.filter((module) => module.protected && !module.partly).length;
  return safe === modules.length
    ? `All ${modules.length} modules are protected.`
    : `${modules.length - safe} of ${modules.length} modules are not fully protected.`;
}

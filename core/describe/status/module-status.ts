// SPDX-License-Identifier: Apache-2.0
// One module in the status: the row of each node, and what is said about both together.

import type { Action, ModuleOnNode, ModuleStatus, Reintegration } from "../../api/contract.js";
import { heartbeatTimeout } from "../../base/limits.js";
import type { Failure } from "../../base/errors.js";
import { milliseconds, type Milliseconds, type NodeName } from "../../base/units.js";
import { moduleVerbs, type ModuleVerb } from "../../base/vocabulary.js";
import { daemonAnswers, type Peer } from "../../decide/liveness/liveness.js";
import type { ModuleState, ModulePicture, NodeState } from "../../decide/mirror/types.js";
import { headline } from "../module/headline.js";
import { outlookOf } from "../module/outlook.js";
import { describe, type Description } from "../module/sentences.js";
import { seenPair } from "./pair.js";
import { pauseWords, wallAt, type Times } from "./times.js";

/** What the module's status rests on beside the state that is decided by. */
export interface ModuleSources {
  readonly state: NodeState;
  readonly times: Times;
  /** Each network's heartbeat timeout. */
  readonly timeouts: readonly Milliseconds[];
  /** Disks of the VM were left out when it was protected. */
  readonly isPartly: (module: string) => boolean;
  readonly copying: (module: string) => Reintegration | null;
  /** R31: modules whose VM has a disk off the mount. */
  readonly unproven: ReadonlyMap<string, Failure>;
  /** R103: its settings cannot be read; the last ones are in force. */
  readonly misread?: (module: string) => Failure | undefined;
  /** Modules whose VM the other host could not start, and why. */
  readonly standby: ReadonlyMap<string, Failure>;
  /** How long the module's VM takes to start on a node, as last measured. */
  readonly startOf: (module: string, node: string) => Milliseconds | undefined;
}

export function moduleStatus(
  sources: ModuleSources,
  module: ModuleState,
  view: ModulePicture | undefined,
): ModuleStatus {
  const { state, times } = sources;
  const id = module.config.id;
  const own = describe(state, id, times.now);
  const nodes = module.config.nodes.map((node) =>
    node === state.self ? ownRow(times, node, view) : peerRow(times, node, module, state.peers[node]),
  );
  const status = module.mirror.kind === "up" ? module.mirror.status : undefined;
  const conflict = view?.conflict === true || module.peer?.view.conflict === true;
  const isPartly = sources.isPartly(id);
  const elsewhere = sources.unproven.get(id);
  const misread = sources.misread?.(id);
  const isProtected = own?.protected === true && elsewhere === undefined;
  const standby = isProtected ? sources.standby.get(id) : undefined;
  const isOffMirror = elsewhere !== undefined;
  const { freeze, diskFull, lastVerify, inSync = false } = status ?? {};
  const copying = sources.copying(id);
  const pause = state.pause === undefined ? undefined : `since ${pauseWords(state.pause, times.wall)}`;
  const pair = { ...seenPair(state, times, module, view), conflict, isOffMirror };
  return {
    id,
    vm: module.config.vm.name,
    sentence: headline({
      ...pair,
      isPartly,
      isProtected,
      copying,
      pause,
      standby: standby?.message,
      misread: misread?.message,
    }),
    protected: isProtected,
    partly: isPartly,
    colour: colourOf(own, nodes, {
      isRed: conflict || isOffMirror || misread !== undefined,
      isProtected,
      mayNotStart: standby !== undefined,
    }),
    active: activeOf(nodes),
    ifHostDied: outlookOf({
      ...pair,
      inSync,
      failover: module.config.failover,
      isPaused: state.pause !== undefined,
      timeout: silenceLimit(sources.timeouts),
      startOf: (node) => sources.startOf(id, node),
    }),
    nodes,
    reintegration: copying,
    conflict,
    troubles: [misread, elsewhere, standby]
      .filter((one) => one !== undefined)
      .concat(troublesOf(module, own)),
    actions: moduleVerbs.map((verb) => actionOf(verb, own)),
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

/** The host is silent only when each of its networks is. */
const silenceLimit = (timeouts: readonly Milliseconds[]): Milliseconds =>
  timeouts.length === 0 ? heartbeatTimeout : milliseconds(Math.max(...timeouts));

function actionOf(verb: ModuleVerb, own: Description | undefined): Action {
  const permission = own?.actions[verb];
  if (permission?.allowed === true) return { verb, allowed: true, why: "" };
  return { verb, allowed: false, why: permission?.why.message ?? "" };
}

function ownRow(times: Times, node: NodeName, view: ModulePicture | undefined): ModuleOnNode {
  return view === undefined ? silentRow(times, node) : { ...rowOf(times, node, view), live: true };
}

function peerRow(times: Times, node: NodeName, module: ModuleState, peer: Peer | undefined): ModuleOnNode {
  const view = module.peer?.view;
  if (view === undefined) return silentRow(times, node);
  const row = rowOf(times, node, view);
  // A node that is silent is not ready for anything, whatever it was when it last spoke.
  const live = peer !== undefined && daemonAnswers(peer, times.now);
  return live ? { ...row, live } : { ...row, live, stability: "NotReady" };
}

function rowOf(times: Times, node: NodeName, view: ModulePicture): Omit<ModuleOnNode, "live"> {
  const { state, stability, upToDate, generation, session, reason, vm } = view;
  const since = wallAt(times, view.since);
  return { node, state, stability, upToDate, generation, session, reason, vm, since };
}

function silentRow({ wall }: Times, node: NodeName): ModuleOnNode {
  return {
    node,
    state: "STOP",
    stability: "NotReady",
    upToDate: false,
    generation: "",
    session: 0,
    reason: "never-heard",
    since: wall,
    vm: "unknown",
    live: false,
  };
}

function colourOf(
  own: Description | undefined,
  nodes: readonly ModuleOnNode[],
  { isRed, isProtected, mayNotStart }: Readonly<Record<"isRed" | "isProtected" | "mayNotStart", boolean>>,
): ModuleStatus["colour"] {
  if (isRed) return "red";
  if (isProtected) return mayNotStart ? "amber" : "green";
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

// SPDX-License-Identifier: Apache-2.0
// The two questions of docs/rules.md and what else states ask of the evidence: pure predicates over one case.
// "Is my copy current?" is answered here (R19); "is the other not running?" in
// decide/arbitration/not-running.ts (R20, R21).

import { elapsed } from "../../../base/units.js";
import { daemonAnswers, verdict, type Verdict } from "../../liveness/liveness.js";
import type { RunKind } from "../../../ports/workload.js";
import type { MirrorStatus } from "../../../../native/index.js";
import type { ModuleConfig, ModuleState, ModulePicture, NodeState } from "../types.js";
import { mirrorStatus, type Case } from "./turn.js";
import { mirrorSilentAfter, viewAgeMax } from "../../../base/limits/decision.js";

export function peerVerdict(c: Case): Verdict {
  const peer = c.turn.node.peers[c.other];
  return peer === undefined ? "dead" : verdict(peer, c.at);
}

/** Its daemon itself answers; a living data link alone is not enough to talk about modules. */
export function peerAnswers(c: Case): boolean {
  const peer = c.turn.node.peers[c.other];
  return peer !== undefined && daemonAnswers(peer, c.at);
}

/** What the peer says now about the module: young, and of its present run. */
export function peerView(c: Case): ModulePicture | undefined {
  const fact = c.m.peer;
  const peer = c.turn.node.peers[c.other];
  if (fact === undefined || peer?.incarnation !== fact.incarnation) return undefined;
  return elapsed(fact.at, c.at) <= viewAgeMax ? fact.view : undefined;
}

export const peerRuns = (c: Case): boolean => peerView(c)?.primary === true;

/** R19: the engine's proof, unless this daemon itself gave its word since (that outranks everything). */
export const isCurrent = (m: ModuleState, status: MirrorStatus): boolean =>
  status.current.kind !== "none" &&
  status.copy === "consistent" &&
  status.dataProblem === undefined &&
  m.durable.outdated === undefined;

export function isUpToDate(c: Case): boolean {
  const status = mirrorStatus(c);
  return status !== undefined && isCurrent(c.m, status);
}

/** No file of the module is here, or the volume is not: nothing to go on with. */
export const isNothing = (seen: { readonly copy: MirrorStatus["copy"] } | undefined): boolean =>
  seen?.copy === "empty" || seen?.copy === "absent";

/** Its last word is old: it may be hung, and what it said then is history (R36). */
export const isMirrorSilent = ({ m, at }: Pick<Case, "m" | "at">): boolean =>
  m.mirror.kind === "up" && elapsed(m.mirror.at, at) >= mirrorSilentAfter;

export const isPaired = (status: MirrorStatus): boolean => status.link.kind === "paired";

/** It exists here as a process. A held one counts as one that runs: it may be let run at any moment. */
export const exists = ({ run }: Pick<ModuleState, "run">): boolean =>
  run.kind === "on" || run.kind === "held";

/**
 * What runs here, by the best evidence (R36). Where the hypervisor does not answer the mirror process does:
 * it watches the guest's process, and nothing writes below a secondary's mount that has no descriptor open
 * for writing.
 */
export function runKind({ m, at, turn }: Case): RunKind {
  const { run, mirror } = m;
  const isAsked = run.kind === "unknown" && turn.node.hypervisor === "lost";
  if (!isAsked || mirror.kind !== "up" || isMirrorSilent({ m, at })) return run.kind;
  const { role, guest, openForWriting } = mirror.status;
  if (role === "secondary") return openForWriting === 0 ? "off" : "unknown";
  return guest === "running" || guest === "paused" ? "on" : "unknown";
}

/** The mirror is paired with a peer whose copy counts: losing it freezes the guest (R10, R13). */
export const linkRefused = (
  status: MirrorStatus,
): Extract<MirrorStatus["link"], { kind: "refused" }>["outcome"] | undefined =>
  status.link.kind === "refused" ? status.link.outcome : undefined;

/** This node has gone ahead, or is going: until its VM is off and its copy demoted. */
export function isPrimary(m: ModuleState): boolean {
  const { state } = m.phase;
  if (state === "ALONE" || state === "PRIM") return true;
  return m.mirror.kind === "up" && m.mirror.status.role === "primary" && m.run.kind !== "off";
}

/** Both copies ran alone, or both run now. Nothing happens until a person resolves it (P8). */
export function inConflict(c: Case): boolean {
  const status = mirrorStatus(c);
  if (status !== undefined && linkRefused(status) === "conflict") return true;
  const { state, work } = c.m.phase;
  const isActive = state === "ALONE" || state === "PRIM";
  if (!isActive || work.kind === "leaving") return false;
  // A frozen side is not running: it is granted or denied by its own rules, which come first.
  if (status !== undefined && (isPaired(status) || status.freeze !== undefined)) return false;
  const view = peerView(c);
  return view?.primary === true && view.vm === "on" && !isDenied(c);
}

/** The peer went ahead while this frozen side never got a grant: this one must die (R14, section 6). */
export function isDenied(c: Case): boolean {
  const status = mirrorStatus(c);
  // Who has the durable right to run alone is the one that went ahead.
  return status !== undefined && linkRefused(status) === "denied" && status.right !== "alone";
}

export const isWilling = (node: NodeState, m: ModuleState): boolean =>
  m.side.kind === "member" &&
  !node.leaving &&
  node.hypervisor !== "lost" &&
  m.durable.wish.kind === "run" &&
  m.durable.wish.as === "any" &&
  (m.durable.resolving === undefined || m.durable.resolving.keep === node.self);

/** Who should be primary when both could: home first, then a person's wish, then the last one. */
export function rankOf(
  config: ModuleConfig,
  self: string,
  { lastPrim, forced }: { readonly lastPrim: boolean; readonly forced: boolean },
): number {
  const isHome = config.defaultPrim.kind === "node" && config.defaultPrim.node === self;
  return (forced ? 8 : 0) + (isHome ? 4 : 0) + (lastPrim ? 2 : 0);
}

export const ownRank = (c: Case): number =>
  rankOf(c.m.config, c.self, { lastPrim: c.m.durable.lastPrim, forced: c.m.forced !== undefined });

/** Total order, so that two who ask at once agree: the higher rank, then the smaller name. */
export const outranks = (rank: number, name: string, otherRank: number, otherName: string): boolean =>
  rank === otherRank ? name < otherName : rank > otherRank;

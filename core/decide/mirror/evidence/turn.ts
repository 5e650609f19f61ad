// SPDX-License-Identifier: Apache-2.0
// One turn of the decision core: a draft of the state, and what the turn brings about. Nothing outside
// step() sees a draft; from outside a turn is a pure function. All changes of a module's phase go through
// `become` (one setter), all work for the outside through `begin` (at most one task per module in lane
// main), all messages through `send`.

import type { StateName } from "../../../base/vocabulary.js";
import { turnGapMax } from "../../../base/limits.js";
import { openPause } from "../../../base/limits/decision.js";
import { check } from "../../../base/check.js";
import { without } from "../../../base/fields.js";
import { failure, type Failure } from "../../../base/errors.js";
import {
  elapsed,
  later,
  type Instant,
  type Milliseconds,
  type ModuleId,
  type NodeName,
} from "../../../base/units.js";
import type { MirrorCommand, MirrorStatus } from "../../../../native/index.js";
import { linkGone } from "../../liveness/liveness.js";
import type {
  Decision,
  Durable,
  Effect,
  ModuleState,
  NodeState,
  PeerMessage,
  Phase,
  TaskKind,
} from "../types.js";
import { repeatInterval, failurePause } from "../../../base/limits/decision.js";

type Draft<T> = { -readonly [K in keyof T]: T[K] };

export interface Turn {
  readonly at: Instant;
  readonly node: Draft<NodeState>;
  readonly effects: Effect[];
  readonly decisions: Decision[];
}

/** A turn as one module sees it. */
export interface Case {
  readonly turn: Turn;
  readonly at: Instant;
  readonly id: ModuleId;
  readonly self: NodeName;
  readonly other: NodeName;
  readonly m: Draft<ModuleState>;
}

export type RecordInputs = Readonly<Record<string, string | number | boolean>>;

export const openTurn = (state: NodeState, at: Instant): Turn => ({
  at,
  node: { ...state, turn: at },
  effects: [],
  decisions: [],
});

export function openCase(turn: Turn, module: ModuleState): Case {
  const { id, nodes } = module.config;
  const { self } = turn.node;
  // A bystander only looks (views, sentences, refusals): at the first one of the pair.
  const other = module.side.kind === "member" ? module.side.other : nodes[0];
  return { turn, at: turn.at, id, self, other, m: { ...module } };
}

export function closeCase({ turn, id, m }: Case): void {
  turn.node.modules = { ...turn.node.modules, [id]: { ...m } };
}

/** Which state may follow which; a step outside this table is a bug and stops the daemon. */
const follows: Readonly<Record<StateName, readonly StateName[]>> = {
  STOP: ["STOP", "WAIT"],
  WAIT: ["WAIT", "STOP", "ALONE", "PRIM", "SECOND"],
  ALONE: ["ALONE", "WAIT", "PRIM"],
  PRIM: ["PRIM", "WAIT", "ALONE", "SECOND"],
  SECOND: ["SECOND", "WAIT", "ALONE", "PRIM"],
};

/** The one setter of a module's phase. `rule` and `evidence` become the decision record (P9). */
export function become(
  c: Case,
  phase: Phase,
  rule: string,
  sentence: string,
  evidence: RecordInputs = {},
): void {
  const before = c.m.phase;
  check(follows[before.state].includes(phase.state), `${before.state} is never followed by ${phase.state}`);
  c.m.phase = phase;
  if (before.state !== phase.state || before.work.kind !== phase.work.kind) c.m.since = c.at;
  record(c, rule, sentence, evidence, `${before.state} → ${phase.state} (${phase.work.kind})`);
}

/** A change of detail within the same work: not a decision, not recorded. */
export function refine(c: Case, phase: Phase): void {
  check(c.m.phase.state === phase.state, "a refinement keeps the state");
  c.m.phase = phase;
}

export function record(
  c: Case,
  rule: string,
  sentence: string,
  evidence: RecordInputs,
  outcome: string,
): void {
  const inputs = { ...picture(c), ...evidence };
  c.turn.decisions.push({ at: c.at, module: c.id, rule, sentence, inputs, outcome });
}

/** The evidence that goes into every record. */
function picture({ m }: Case): RecordInputs {
  const status = m.mirror.kind === "up" ? m.mirror.status : undefined;
  return {
    mirror: m.mirror.kind,
    vm: m.run.kind,
    ...(status !== undefined && {
      generation: status.generation,
      session: status.session,
      current: status.current.kind,
      link: status.link.kind,
      inSync: status.inSync,
    }),
    ...(m.peer !== undefined && { peerState: m.peer.view.state, peerUpToDate: m.peer.view.upToDate }),
  };
}

export function setDurable(c: Case, change: Partial<Durable>): void {
  c.m.durable = { ...c.m.durable, ...change };
}

export function clearOutdated(c: Case): void {
  c.m.durable = without(c.m.durable, "outdated");
}

export function clearVm(c: Case): void {
  c.m.durable = without(c.m.durable, "vm");
}

export function clearResolving(c: Case): void {
  c.m.durable = without(c.m.durable, "resolving");
}

/** It is closed, or verified dead: whatever it last said of the peer counts no more (R36). */
export function mirrorClosed(c: Case): void {
  c.m.mirror = { kind: "none" };
  const peer = c.turn.node.peers[c.other];
  if (peer !== undefined) c.turn.node.peers = { ...c.turn.node.peers, [c.other]: linkGone(peer, c.id) };
}

const number = (turn: Turn): number => (turn.node.counter += 1);

export const requestName = ({ turn }: Case): string => `${turn.node.incarnation}.${number(turn)}`;

/** Whether lane main is free: nothing outstanding, and the last failure is long enough ago. */
export const isFree = ({ m, at }: Case): boolean =>
  m.task === undefined && (m.notBefore === undefined || at >= m.notBefore);

/** Hands one effect of lane main to the loop. What follows is decided when its result is here. */
export function beginTask(c: Case, what: TaskKind, effect: (task: number) => Effect): void {
  check(c.m.task === undefined, "one task of lane main at a time");
  const id = number(c.turn);
  c.m.task = { id, what, since: c.at };
  c.turn.effects.push(effect(id));
}

/**
 * What is going on is given up: its late result will carry an old number. Only for burying and for stopping
 * a VM.
 */
export function abandonTask(c: Case): void {
  delete c.m.task;
  delete c.m.notBefore;
}

/** Taken up after `until`, it is void (R16). */
export function beginMirror(c: Case, what: TaskKind, command: MirrorCommand, until?: Instant): void {
  beginTask(c, what, (task) => ({
    do: "mirror",
    module: c.id,
    task,
    lane: "main",
    command,
    ...(until !== undefined && { validUntil: until }),
  }));
}

/** Lane answer: grant, deny, word. Returns the task's number. */
export function answerMirror(c: Case, command: MirrorCommand, until?: Instant): number {
  const task = number(c.turn);
  c.turn.effects.push({
    do: "mirror",
    module: c.id,
    task,
    lane: "answer",
    command,
    ...(until !== undefined && { validUntil: until }),
  });
  return task;
}

/** R16: decided before a gap of the daemon's own means void after it. */
export const validUntil = (c: Case): Instant => later(c.at, turnGapMax);

export function failed(c: Case, failure: Failure, pause: Milliseconds = failurePause): void {
  c.m.trouble = failure;
  c.m.notBefore = later(c.at, pause);
}

/** Killed, and the kernel holds it: nothing of it runs any more, and it is waited for. */
export function mirrorHangs(c: Case): void {
  const { mirror } = c.m;
  if (mirror.kind === "up") c.m.mirror = { kind: "dead", last: mirror.status, at: c.at };
  failed(c, failure("GEMEL-2036", c.id), openPause);
}

export function succeeded(c: Case): void {
  delete c.m.trouble;
  delete c.m.notBefore;
}

export function send(c: Case, message: PeerMessage): void {
  const atOnce = isUnwaiting(c, message);
  c.turn.effects.push({ do: "send", to: c.other, message, ...(atOnce && { atOnce }) });
}

/** R20: a word must be durable where a lease asks for it; else it is given at once, and written beside. */
const isUnwaiting = (c: Case, { kind }: PeerMessage): boolean =>
  kind === "word-request" || kind === "word-refused" || (kind === "word" && c.m.config.arbiter === "none");

/** Time to say it (again)? */
export const isDue = (c: Case, sent: Instant | undefined, every: Milliseconds = repeatInterval): boolean =>
  sent === undefined || elapsed(sent, c.at) >= every;

export const mirrorStatus = ({ m }: Case): MirrorStatus | undefined =>
  m.mirror.kind === "up" ? m.mirror.status : undefined;

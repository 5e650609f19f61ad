// SPDX-License-Identifier: Apache-2.0
// A module's state as a person reads it: one sentence, one colour, and for each verb whether it is allowed
// now and, when not, why. Everything that could be missing is a total Record, so the compiler finds what is
// forgotten.

import { moduleVerbs, type Colour, type ModuleVerb } from "../../base/vocabulary.js";
import type { Stability, StateName } from "../../base/vocabulary.js";
import type { Failure } from "../../base/errors.js";
import type { Instant, ModuleId } from "../../base/units.js";
import { reasons, type ReasonCode } from "../../base/reasons.js";
import { refusal } from "../../decide/mirror/commands.js";
import { isPrimary, peerVerdict, peerView } from "../../decide/mirror/evidence/proofs.js";
import { mirrorStatus, type Case } from "../../decide/mirror/evidence/turn.js";
import { reasonOf, stabilityOf } from "../../decide/mirror/reason.js";
import type { NodeState } from "../../decide/mirror/types.js";
import { lookAt } from "../../decide/mirror/views.js";

export const stabilityColours: Readonly<Record<Stability, Colour>> = {
  NotReady: "red",
  Transient: "amber",
  Ready: "green",
};

const stateWords: Readonly<Record<StateName, string>> = {
  STOP: "Stopped on {self}.",
  WAIT: "Waiting on {self}.",
  ALONE: "Runs on {self}.",
  PRIM: "Runs on {self}, {peer} holds the same copy.",
  SECOND: "{self} follows {peer}.",
};

export type Permission = { readonly allowed: true } | { readonly allowed: false; readonly why: Failure };

export interface Description {
  readonly state: StateName;
  readonly stability: Stability;
  readonly colour: Colour;
  readonly upToDate: boolean;
  readonly generation: string;
  readonly reason: ReasonCode;
  /** The whole sentence: state, reason, and what the last failure was. */
  readonly sentence: string;
  readonly next?: string;
  /** One complete copy stands behind the running VM, or two (P1). */
  readonly protected: boolean;
  readonly since: Instant;
  readonly trouble?: Failure;
  readonly actions: Readonly<Record<ModuleVerb, Permission>>;
}

export function describe(state: NodeState, id: ModuleId, at: Instant = state.turn): Description | undefined {
  const c = lookAt(state, id, at);
  return c === undefined ? undefined : describeCase(c);
}

function describeCase(c: Case): Description {
  const { state } = c.m.phase;
  const reason = reasonOf(c);
  const stability = stabilityOf(state, reason);
  const status = mirrorStatus(c);
  const { next } = reasons[reason];
  const trouble = troubleOf(c, reason);
  const isBothThere = state === "PRIM" || (state === "SECOND" && peerView(c)?.primary === true);
  return {
    state,
    stability,
    colour: stabilityColours[stability],
    upToDate: status !== undefined && status.current.kind !== "none" && c.m.durable.outdated === undefined,
    generation: status?.generation ?? "",
    reason,
    sentence: sentenceOf(c, reason, trouble),
    ...(next !== undefined && { next: fill(c, trouble?.next ?? next) }),
    protected: isBothThere && status?.inSync === true && stability === "Ready",
    since: c.m.since,
    ...(trouble !== undefined && { trouble }),
    actions: permissions(c),
  };
}

/** The last failure; of a node that could not start the VM that one, also after what has worked since. */
const troubleOf = ({ m }: Case, reason: ReasonCode): Failure | undefined =>
  m.trouble ?? m.givenUp ?? (reason === "unable" ? m.startTrouble?.failure : undefined);

function sentenceOf(c: Case, reason: ReasonCode, trouble: Failure | undefined): string {
  const { phase, run } = c.m;
  const parts = [fill(c, stateWords[phase.state]), fill(c, reasons[reason].long)];
  if (phase.state === "WAIT" && phase.work.kind === "waiting" && phase.work.detail !== undefined) {
    parts.push(`${phase.work.detail}.`);
  }
  if (isPrimary(c.m) && run.kind === "unknown") parts.push(`The VM's state is unknown: ${run.why}.`);
  if (c.turn.node.hypervisor === "lost" && reason !== "hypervisor-lost") {
    parts.push("The hypervisor does not answer here.");
  }
  if (peerVerdict(c) === "dead") parts.push(fill(c, "{peer} is silent on every network."));
  else if (peerVerdict(c) === "suspect") parts.push(fill(c, "{peer} does not answer just now."));
  parts.push(keptOut(c));
  if (trouble !== undefined) parts.push(trouble.message);
  return parts.filter((part) => part !== "").join(" ");
}

/** R18: a peer whose link stalls again and again is not filled anew each time. */
function keptOut(c: Case): string {
  const seconds = Math.ceil((mirrorStatus(c)?.peerKeptOutMs ?? 0) / 1000);
  return seconds === 0
    ? ""
    : fill(c, `{peer} stays out for ${seconds} s: its link has stalled again and again.`);
}

const fill = (c: Case, text: string): string =>
  text.replaceAll("{self}", c.self).replaceAll("{peer}", c.other).replaceAll("{module}", c.id);

function permissions(c: Case): Record<ModuleVerb, Permission> {
  const of = (verb: ModuleVerb): Permission => {
    const why = refusal(c, verb);
    return why === undefined ? { allowed: true } : { allowed: false, why };
  };
  return Object.fromEntries(moduleVerbs.map((verb) => [verb, of(verb)])) as Record<ModuleVerb, Permission>;
}

// SPDX-License-Identifier: Apache-2.0
// What a command would do right now, before it is given: whether the guest restarts and for how long it is
// away, what is protected meanwhile, what would be lost. Whether it is allowed is the same judgement that the
// command itself meets. Pure.

import type { Preview } from "../../api/contract.js";
import type { ModuleVerb } from "../../base/vocabulary.js";
import { durationText } from "../words/words.js";
import { conflictWords } from "../../base/conflict-words.js";
import { milliseconds, type Milliseconds } from "../../base/units.js";
import { isActive, type Seen } from "./headline.js";

export interface PreviewFacts {
  readonly module: string;
  readonly verb: ModuleVerb;
  /** The node that would carry the command out. */
  readonly self: Seen;
  readonly other: Seen;
  /** The command names no node: start and stop then mean both. */
  readonly both: boolean;
  /** resolve: whose copy goes on. */
  readonly keep: string | undefined;
  readonly permission: { readonly allowed: boolean; readonly why: string };
  /** Both copies are equal. */
  readonly inSync: boolean;
  readonly isProtected: boolean;
  readonly failover: boolean;
  readonly isPaused: boolean;
  /** A guest that does not end by itself is switched off after this. */
  readonly stopHow: "shutdown" | "save" | "off";
  readonly niceStop: Milliseconds;
  /** As last measured on that node, else on the other one. */
  readonly startOf: (node: string) => Milliseconds | undefined;
  readonly stopOf: (node: string) => Milliseconds | undefined;
  /** What the copies that differ would cost, in words, for prim, second and resolve: node → loss. */
  readonly lossOf: (node: string) => string;
}

interface Outcome {
  readonly guestRestarts: boolean;
  readonly downtime: Milliseconds | null;
  readonly sentences: readonly string[];
}

const tellers: Readonly<Record<ModuleVerb, (facts: PreviewFacts, pair: Pair) => Outcome>> = {
  start,
  stop,
  restart,
  stopstart,
  swap,
  prim,
  second,
  resolve,
};

interface Pair {
  /** Where the VM runs. */
  readonly runner: Seen | undefined;
  /** The other one. */
  readonly heir: Seen;
  /** The heir would take over by itself when the runner leaves. */
  readonly followed: boolean;
}

export function previewOf(facts: PreviewFacts): Preview {
  const { module, verb, permission } = facts;
  const { guestRestarts, downtime, sentences } = tellers[verb](facts, pairOf(facts));
  return {
    module,
    verb,
    ...permission,
    guestRestarts,
    downtimeSeconds: downtime === null ? null : Math.round(downtime / 1000),
    sentences: guestRestarts ? [...sentences, awaySentence(downtime)] : sentences,
  };
}

function pairOf({ self, other, inSync, failover, isPaused }: PreviewFacts): Pair {
  const runner = [self, other].find((one) => one.live && isActive(one));
  const heir = runner === other ? self : other;
  const isReady = heir.live && heir.view?.state === "SECOND" && heir.view.upToDate && heir.view.willing;
  return { runner, heir, followed: isReady && inSync && failover && !isPaused };
}

const awaySentence = (downtime: Milliseconds | null): string =>
  downtime === null
    ? "How long it is away is not known yet: it has not been measured."
    : `It is away for about ${durationText(downtime / 1000)}.`;

const untouched = (...sentences: string[]): Outcome => ({ guestRestarts: false, downtime: null, sentences });

/** The guest ends on one node and starts on another, or the same. */
function away(facts: PreviewFacts, from: Seen, to: Seen, ...sentences: string[]): Outcome {
  const stop = facts.stopOf(from.node);
  const begin = facts.startOf(to.node);
  const downtime = stop === undefined || begin === undefined ? null : milliseconds(stop + begin);
  return { guestRestarts: true, downtime, sentences };
}

const shutDown = ({ niceStop, stopHow }: PreviewFacts, node: Seen): string => {
  if (stopHow === "off") return `The guest on ${node.node} is switched off.`;
  const how = stopHow === "save" ? "The memory of the guest on" : "The guest on";
  const done = stopHow === "save" ? "is saved" : "is shut down";
  return (
    `${how} ${node.node} ${done}; if it has not ended after ` +
    `${durationText(niceStop / 1000)} it is switched off.`
  );
};

const meanwhile = ({ isProtected }: PreviewFacts): string =>
  isProtected
    ? "Both copies stay equal meanwhile: nothing is lost, whichever host dies."
    : "There is one up-to-date copy only, before and after: if its host dies meanwhile, the VM is gone " +
      "until that host is back.";

function start({ both, self, other }: PreviewFacts, { runner, heir }: Pair): Outcome {
  const away = other.live ? [] : [`${other.node} does not answer: start it there too when it is back.`];
  if (runner === undefined) {
    const where = both
      ? "the host whose copy is proven current"
      : `${self.node}, if its copy is proven current`;
    return untouched(`The VM starts on ${where}; the other host follows and catches up.`, ...away);
  }
  const waits = heir.view?.state === "STOP" || heir.view === undefined;
  return untouched(
    `The VM runs on ${runner.node} already and is not touched.`,
    ...(waits && heir.live ? [`${heir.node} starts as secondary and catches up.`] : away),
  );
}

function stop(facts: PreviewFacts, { runner, heir, followed }: Pair): Outcome {
  const { self, other, both } = facts;
  if (both) {
    const away = other.live ? [] : [`${other.node} does not answer and does not learn of it.`];
    return runner === undefined
      ? untouched("The VM does not run; the module stops on both hosts.", ...away)
      : untouched(
          shutDown(facts, runner),
          "Both copies are written out whole, and neither host takes over: the VM stays off.",
          ...away,
        );
  }
  if (runner !== self) {
    const left = `Until ${self.node} is started again there is one copy only: not protected.`;
    return runner === undefined
      ? untouched(`The module stops on ${self.node}.`)
      : untouched(`The VM on ${runner.node} is not touched.`, left);
  }
  if (!followed) {
    return untouched(shutDown(facts, self), `${heir.node} does not take over now: the VM stays off.`);
  }
  return away(
    facts,
    self,
    heir,
    shutDown(facts, self),
    `${heir.node} takes over and starts the VM.`,
    `Until ${self.node} is started again there is one copy only: not protected.`,
  );
}

function restart(facts: PreviewFacts, { runner }: Pair): Outcome {
  const node = runner ?? facts.self;
  return away(
    facts,
    node,
    node,
    shutDown(facts, node),
    `It starts again on ${node.node}; the other host is not touched.`,
    meanwhile(facts),
  );
}

function stopstart(facts: PreviewFacts, { runner, heir, followed }: Pair): Outcome {
  const { self } = facts;
  if (runner !== self) {
    return untouched(
      `${self.node} leaves and comes back; what is written meanwhile is caught up.`,
      "Until then there is one copy only: not protected.",
    );
  }
  const next = followed
    ? `${heir.node} takes over and starts the VM; ${self.node} comes back as secondary and catches up.`
    : `${heir.node} does not take over now: the VM starts again on ${self.node}.`;
  const end = followed ? "Until then there is one copy only: not protected." : meanwhile(facts);
  return away(facts, self, followed ? heir : self, shutDown(facts, self), next, end);
}

function swap(facts: PreviewFacts, { runner, heir }: Pair): Outcome {
  const from = runner ?? facts.self;
  return away(
    facts,
    from,
    heir,
    shutDown(facts, from),
    `It starts on ${heir.node}: the guest restarts, it is not moved while it runs.`,
    meanwhile(facts),
  );
}

function prim(facts: PreviewFacts, { runner }: Pair): Outcome {
  const { self, other, lossOf } = facts;
  if (runner === self) return untouched(`The VM runs on ${self.node} already: nothing changes.`);
  const begin = `${self.node} becomes primary with the copy it has and starts the VM.`;
  if (self.view?.upToDate === true) {
    return untouched(begin, "Its copy is proven current: nothing is lost.");
  }
  return untouched(
    begin,
    lossOf(self.node),
    `When ${other.node} comes back with changes of its own ${conflictWords.outcome}`,
  );
}

function second(facts: PreviewFacts): Outcome {
  const { self, other, inSync, lossOf } = facts;
  const follow = `${self.node} starts as secondary only: it follows ${other.node} and does not take over.`;
  const cost = inSync ? "Both copies are equal: nothing is lost." : lossOf(other.node);
  return untouched(follow, cost, "gemel start lets it be primary again.");
}

function resolve(facts: PreviewFacts, { runner }: Pair): Outcome {
  const { self, other, keep, lossOf } = facts;
  const winner = keep === other.node ? other : self;
  const loser = winner === self ? other : self;
  const loserRuns = loser.live && isActive(loser);
  const sentences = [
    `The copy of ${winner.node} goes on.`,
    lossOf(winner.node),
    ...(loserRuns ? [`The VM that runs on ${loser.node} is switched off.`] : []),
    keptSentence(facts.module, loser.node),
    `Then ${loser.node} is filled anew from ${winner.node}; until that is done there is one copy only.`,
  ];
  const isMoved = runner === loser && !(winner.live && isActive(winner));
  return isMoved ? away(facts, loser, winner, ...sentences) : untouched(...sentences);
}

export const keptSentence = (module: string, loser: string): string =>
  `The copy of ${loser} is kept whole beside its folder, as ${module}.kept-GENERATION, ` +
  "until a person removes it.";

// SPDX-License-Identifier: Apache-2.0
// The relations between the bounds on which safety and liveness rest (R16, R17, R21). They are asserted when
// this file is loaded: a daemon whose bounds contradict each other does not start.

import { check } from "../check.js";
import * as limits from "../limits.js";
import * as decision from "./decision.js";
import * as edge from "./edge.js";

export const bounds = { ...limits, ...decision, ...edge };
export type Bounds = { readonly [Name in keyof typeof bounds]: number };

/** Each sentence is what would be broken. */
export const relations: readonly (readonly [sentence: string, holds: (b: Bounds) => boolean])[] = [
  ["a ticket ends before an idle session", (b) => b.ticketLimit < b.sessionIdleLimit],
  ["an idle session ends before a busy one", (b) => b.sessionIdleLimit < b.sessionLimit],
  ["several heartbeats may be lost before the peer is suspected", (b) => b.pulse * 3 <= b.suspectAfter],
  ["a peer is suspected before it counts as silent", (b) => b.suspectAfter < b.heartbeatTimeout],
  [
    "silence is judged before the engine pauses its guest (R21)",
    (b) => b.freezeDeadlineWithoutLease > b.heartbeatTimeout + b.pulse,
  ],
  ["a frozen engine hears the arbiter's answer (R17)", (b) => b.freezeDeadlineWithLease >= b.askLimit],
  [
    "with a lease nobody starts before the other has stopped (R17)",
    (b) => b.leaseTakeoverWait >= b.stallLimit + b.askLimit + b.stopLimit,
  ],
  ["a held-up daemon judges nothing by old silence (R16)", (b) => b.turnGapMax <= b.stallLimit],
  ["a request is repeated several times before it is given up", (b) => b.repeatInterval * 5 < b.requestLimit],
  ["whoever ranks higher has claimed before the other stops deferring", (b) => b.deferLimit < b.requestLimit],
  ["a word owed is waited for longer than one repetition", (b) => b.repeatInterval * 3 < b.wordPatience],
  ["a word that nobody takes is given up before a request is", (b) => b.wordPatience < b.requestLimit],
  [
    "a silent peer is noticed before a goodbye to it is given up",
    (b) => b.heartbeatTimeout + b.pulse < b.goodbyeLimit,
  ],
  [
    "a hand-over is waited for until the other would have shown itself",
    (b) => b.primaryPatience < b.handOverLimit,
  ],
  ["a view is told several times before it is history", (b) => b.viewsEveryMs * 3 <= b.viewAgeMax],
  [
    "a mirror process says how it stands several times before it is silent",
    (b) => b.mirrorStatusEveryMs * 3 <= b.mirrorSilentAfter,
  ],
  [
    "a silent mirror process keeps no dead peer alive (R36)",
    (b) => b.mirrorSilentAfter <= b.heartbeatTimeout,
  ],
  ["a loop misses many ticks before it is silent", (b) => b.tickEvery * 5 <= b.stillMax],
  ["a loop that stands still is silent before it is void (R16)", (b) => b.stillMax + b.pulse < b.turnGapMax],
  ["a tick is finer than every repetition", (b) => b.tickEvery * 5 <= b.repeatInterval],
];

export function checkRelations(b: Bounds): void {
  for (const [sentence, holds] of relations) check(holds(b), sentence);
}

checkRelations(bounds);

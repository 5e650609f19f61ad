// SPDX-License-Identifier: Apache-2.0
// The receiving side of a goodbye (R22) or a word (R20): first the engine makes "left alone last" durable,
// then it is acknowledged and acted upon. A farewell for another generation or session than this copy's says
// nothing about it.

import { without } from "../../../base/fields.js";
import { isUpToDate, peerVerdict } from "../evidence/proofs.js";
import { answerMirror, mirrorStatus, record, send, setDurable, type Case } from "../evidence/turn.js";
import type { Farewell, PeerMessage } from "../types.js";
import { leave } from "./leaving.js";

export type Goodbye = Extract<PeerMessage, { kind: "goodbye" }>;
export type Word = Extract<PeerMessage, { kind: "word" }>;

export function hearGoodbye(c: Case, message: Goodbye): void {
  peerIsNotPrimary(c);
  if (message.both && c.m.phase.work.kind !== "leaving" && c.m.phase.state !== "STOP") {
    setDurable(c, { wish: { kind: "stop", by: "person" } });
    leave(c, { purpose: "stop", both: true }, "R22", "The other node stops the module on both nodes.");
  }
  hearFarewell(c, "goodbye", message.generation, message.session);
}

/** Unasked: the other node has killed its VM (R24). */
export const hearOwedWord = (c: Case, message: Word): void => {
  peerIsNotPrimary(c);
  hearFarewell(c, "word", message.generation, message.session);
};

function hearFarewell(c: Case, basis: Farewell["basis"], generation: string, session: number): void {
  const known = c.m.farewell;
  if (known?.generation === generation && known.session === session) {
    if (known.recorded) acknowledge(c, basis, generation);
    return;
  }
  const status = mirrorStatus(c);
  const isMine = status?.generation === generation && status.session === session;
  if (status === undefined || !isMine || !isUpToDate(c)) {
    const evidence = { basis, theirs: generation, upToDate: isUpToDate(c) };
    record(
      c,
      "R22",
      "The other node left; this copy cannot follow from it.",
      evidence,
      "acknowledged, no takeover",
    );
    acknowledge(c, basis, generation);
    return;
  }
  record(c, basis === "word" ? "R20" : "R22", "The other node left in order.", { basis }, "being recorded");
  const task = answerMirror(c, { do: "left-alone", basis, generation, session });
  c.m.farewell = { basis, generation, session, task, recorded: false, asked: false };
}

/** The answer to a request of this node: from the asker's own generation, whatever the giver's was. */
export function takeWord(c: Case): void {
  const status = mirrorStatus(c);
  if (status === undefined) return;
  const { generation, session } = status;
  // A frozen engine gets its right by the grant; a waiting one must first remember that it was left alone.
  if (status.freeze !== undefined) {
    c.m.farewell = { basis: "word", generation, session: status.freeze.session, recorded: true, asked: true };
    return;
  }
  // A forced start stands on a person's word, also on a copy that its engine does not call current: the
  // promotion itself is the record.
  if (c.m.forced !== undefined) {
    c.m.farewell = { basis: "word", generation, session, recorded: true, asked: true };
    return;
  }
  const task = answerMirror(c, { do: "left-alone", basis: "word", generation, session });
  c.m.farewell = { basis: "word", generation, session, task, recorded: false, asked: true };
}

/**
 * The engine has recorded it. A failure leaves it unacknowledged: the other repeats it, and it is tried
 * again.
 */
export function farewellRecorded(c: Case, ok: boolean): void {
  const { farewell } = c.m;
  if (farewell === undefined) return;
  const isActive = c.m.phase.state === "ALONE" || c.m.phase.state === "PRIM";
  if (!ok && !isActive) {
    delete c.m.farewell;
    return;
  }
  // For a running primary the grant that follows the loss of the link is the durable record.
  c.m.farewell = { ...without(farewell, "task"), recorded: true };
  acknowledge(c, farewell.basis, farewell.generation);
}

function acknowledge(c: Case, basis: Farewell["basis"], generation: string): void {
  send(c, { kind: basis === "goodbye" ? "goodbye-taken" : "word-taken", module: c.id, generation });
}

/** Its own message is younger than its last view. */
export function peerIsNotPrimary(c: Case): void {
  const fact = c.m.peer;
  if (fact?.view.primary !== true) return;
  c.m.peer = { ...fact, idleSince: c.at, view: { ...fact.view, primary: false, vm: "off" } };
}

/** A new session, or a peer that is back in this one, makes an old farewell meaningless. */
export function forgetOldFarewell(c: Case): void {
  const { farewell } = c.m;
  const status = mirrorStatus(c);
  if (farewell === undefined || status === undefined || farewell.task !== undefined) return;
  const isNewSession = status.link.kind === "paired" && status.session !== farewell.session;
  const isNewGeneration = status.generation !== farewell.generation;
  const isBack = status.link.kind === "paired" && status.inSync && status.freeze === undefined;
  if (isBack || ((isNewSession || isNewGeneration) && peerVerdict(c) === "alive")) delete c.m.farewell;
}

// SPDX-License-Identifier: Apache-2.0
// What is done with each message of the other node. Total over the message kinds; a message for another
// situation than the present one is answered with a refusal or passed over, never believed.

import { unreachable } from "../../base/check.js";
import { applyCommand } from "./commands.js";
import { exists, isPaired, isUpToDate, outranks, peerRuns } from "./evidence/proofs.js";
import { become, mirrorStatus, record, send, type Case } from "./evidence/turn.js";
import { farewellRecorded, hearGoodbye, hearOwedWord, peerIsNotPrimary, takeWord } from "./rules/farewell.js";
import { freezeAnswered } from "./rules/arbitration.js";
import { goodbyeTaken } from "./rules/leaving.js";
import { hearWordRequest, wordWritten } from "./rules/outdate.js";
import { agreeToClaim, hearHandOver } from "./states/second.js";
import { claimAgreed, otherIsAhead, waiting } from "./states/wait.js";
import type { PeerMessage, TaskOutcome } from "./types.js";

type Of<K extends PeerMessage["kind"]> = Extract<PeerMessage, { kind: K }>;

export function hear(c: Case, message: PeerMessage): void {
  switch (message.kind) {
    case "word-request": {
      hearWordRequest(c, message);
      return;
    }
    case "word": {
      hearWord(c, message);
      return;
    }
    case "word-refused": {
      hearWordRefused(c, message);
      return;
    }
    case "word-taken":
      if (c.m.owed?.generation === message.generation) delete c.m.owed;
      return;
    case "goodbye": {
      hearGoodbye(c, message);
      return;
    }
    case "goodbye-taken": {
      goodbyeTaken(c);
      return;
    }
    case "hand-over":
      peerIsNotPrimary(c);
      {
        hearHandOver(c, message.session);
        return;
      }
    case "claim": {
      hearClaim(c, message);
      return;
    }
    case "claim-agreed": {
      hearAgreed(c, message);
      return;
    }
    case "claim-refused": {
      hearClaimRefused(c, message);
      return;
    }
    case "command":
      applyCommand(c, { ...message.command, ...scopeHere(message.command) }, message.by);
      return;
    default:
      return unreachable(message);
  }
}

/**
 * A command that has travelled is not sent back, except that a stop of both stays one (who leaves last,
 * R22).
 */
const scopeHere = (command: Of<"command">["command"]): object =>
  command.do === "start" ? { scope: "node" } : {};

function hearWord(c: Case, message: Of<"word">): void {
  if (message.request === undefined) {
    hearOwedWord(c, message);
    return;
  }
  const { freeze, phase } = c.m;
  const isForFreeze = freeze?.request === message.request && freeze.answer === undefined;
  const isForStart =
    phase.state === "WAIT" && phase.work.kind === "asking-word" && phase.work.request === message.request;
  if ((!isForFreeze && !isForStart) || c.m.farewell?.task !== undefined) return;
  peerIsNotPrimary(c);
  takeWord(c);
}

function hearWordRefused(c: Case, { request, because, generation }: Of<"word-refused">): void {
  const { freeze, phase } = c.m;
  if (freeze?.request === request && because !== "busy" && freeze.answer === undefined) {
    // Its own view says so too, soon; here it is known at once (R14). One that has run alone since and stands
    // still now is as far ahead as one that runs.
    const why = `the other node ${because === "runs" ? "runs" : "has run"} generation ${generation}`;
    c.m.freeze = { ...freeze, answer: { kind: "deny", why } };
    record(c, "R14", "The other node refused its word: it has gone ahead.", { generation }, "denied");
  } else if (phase.state === "WAIT" && phase.work.kind === "asking-word" && phase.work.request === request) {
    if (because === "runs") become(c, waiting("peer-deciding"), "R20", "The other node runs or goes ahead.");
    else if (because === "current") otherIsAhead(c, phase.work.why, generation);
  }
}

function hearClaim(c: Case, { claim, session, rank }: Of<"claim">): void {
  const because = claimRefusal(c, session, rank);
  if (because !== undefined) {
    send(c, { kind: "claim-refused", module: c.id, claim, because });
    return;
  }
  agreeToClaim(c, claim);
  send(c, { kind: "claim-agreed", module: c.id, claim });
}

function claimRefusal(c: Case, session: number, rank: number): Of<"claim-refused">["because"] | undefined {
  const { phase } = c.m;
  if (phase.state === "ALONE" || phase.state === "PRIM") return "runs";
  const status = mirrorStatus(c);
  if (status === undefined || !isPaired(status) || status.session !== session) return "not-paired";
  const { kind } = phase.work;
  const mayAgree = kind === "waiting" || kind === "claiming" || kind === "following";
  if (!mayAgree || exists(c.m) || status.role === "primary" || c.m.task !== undefined) return "busy";
  if (phase.work.kind === "claiming" && isUpToDate(c) && !peerRuns(c)) {
    return outranks(phase.work.rank, c.self, rank, c.other) ? "prefers-itself" : undefined;
  }
  return undefined;
}

function hearAgreed(c: Case, { claim }: Of<"claim-agreed">): void {
  const { phase } = c.m;
  if (phase.state === "WAIT" && phase.work.kind === "claiming" && phase.work.claim === claim) {
    claimAgreed(c, phase.work);
  }
}

function hearClaimRefused(c: Case, { claim, because }: Of<"claim-refused">): void {
  const { phase } = c.m;
  if (phase.state !== "WAIT" || phase.work.kind !== "claiming" || phase.work.claim !== claim) return;
  // "busy" and "not-paired" pass: the claim is repeated until its limit. "runs" ends it as soon as the other
  // node's view says so, too: a claim begun anew before that would be refused anew, over and over.
  if (because === "prefers-itself") {
    become(c, waiting("peer-deciding"), "R23", "The other node goes ahead.", { because });
  }
}

/**
 * The end of a task of lane answer: grant, deny, word, left-alone. Returns false when it is none of this
 * module's.
 */
export function answerTaskDone(c: Case, task: number, outcome: TaskOutcome): boolean {
  if (c.m.freeze?.task === task) freezeAnswered(c, outcome.ok);
  else if (c.m.giving?.task === task) wordWritten(c, outcome.ok);
  else if (c.m.farewell?.task === task) farewellRecorded(c, outcome.ok);
  else return false;
  if (!outcome.ok) c.m.trouble = outcome.failure;
  return true;
}

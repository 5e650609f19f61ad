// SPDX-License-Identifier: Apache-2.0
// The peer's word "I am outdated at G" (R20): when this node may give it, and how it is given. Who has given
// it is not current before the next handshake, whatever a later mirror process says; the daemon's own record
// (durable.outdated) holds that from before the word leaves until the engine has it in its own slot.
//
//   asked while this node          │ answer
//   ───────────────────────────────┼──────────────────────────────────────────────────────
//   is or goes ahead as primary    │ refused: runs
//   still finds out, buries, stops │ refused: busy (ask again); but given when the VM is verified dead and
//     a VM                         │ only the kernel holds its killed mirror process
//   was itself left alone last     │ refused: current, whatever it is asked for: the asker is older
//   asks for the word itself and   │ refused: busy (the higher rank goes on asking)
//     outranks the asker
//   else                           │ given; with a lease only after it is durable in the mirror

import type { GenerationHex } from "../../../../native/index.js";
import { isCurrent, outranks, runKind } from "../evidence/proofs.js";
import {
  answerMirror,
  become,
  isDue,
  mirrorStatus,
  record,
  send,
  setDurable,
  type Case,
} from "../evidence/turn.js";
import type { PeerMessage, TaskKind } from "../types.js";

export type WordRequest = Extract<PeerMessage, { kind: "word-request" }>;
type Refusal = Extract<PeerMessage, { kind: "word-refused" }>["because"];

export function hearWordRequest(c: Case, message: WordRequest): void {
  const refusal = refusalOf(c, message);
  const generation = mirrorStatus(c)?.generation ?? c.m.durable.outdated?.generation ?? "";
  if (refusal !== undefined) {
    send(c, { kind: "word-refused", module: c.id, request: message.request, because: refusal, generation });
    return;
  }
  if (c.m.giving?.request === message.request) return;
  giveWord(c, message);
}

function refusalOf(c: Case, { why, rank }: WordRequest): Refusal | undefined {
  const { phase } = c.m;
  if (phase.state === "ALONE" || phase.state === "PRIM") return "runs";
  const { work } = phase;
  const isHeld = work.kind === "burying" && work.hangs === true;
  const isBusy = work.kind === "discovering" || (work.kind === "burying" && !isHeld);
  if (isBusy || runKind(c) !== "off") return "busy";
  const status = mirrorStatus(c);
  if (status?.role === "primary") return "busy";
  // It ran alone after the two were last together: its word would let an older copy go on. If the asker was
  // left alone, too, that is a conflict, and only a meeting can tell.
  if (wasLeftAlone(c)) return "current";
  // A mirror command of this moment (promote, give-up …) must have its end first.
  const harmless: readonly (TaskKind | undefined)[] = ["open", "link-on", isHeld ? "terminate" : undefined];
  if (c.m.task !== undefined && !harmless.includes(c.m.task.what)) return "busy";
  const isAsking = work.kind === "asking-word" || work.kind === "claiming";
  if (isAsking && why !== "frozen" && outranks(work.rank, c.self, rank, c.other)) return "busy";
  return undefined;
}

function wasLeftAlone(c: Case): boolean {
  const status = mirrorStatus(c);
  if (c.m.durable.outdated !== undefined) return false;
  return status === undefined ? c.m.durable.leftAlone : status.right === "alone" && isCurrent(c.m, status);
}

function giveWord(c: Case, message: WordRequest): void {
  const status = mirrorStatus(c);
  const generation = message.generation;
  record(
    c,
    "R20",
    "The other node asked for the word and may go on alone.",
    { why: message.why },
    "word given",
  );
  setDurable(c, { outdated: { generation, session: status?.session ?? 0 } });
  c.m.told = { ...c.m.told, word: false };
  dropOwnAsking(c);
  if (status === undefined) {
    send(c, { kind: "word", module: c.id, request: message.request, generation, session: 0 });
    return;
  }
  // The engine writes it into its preallocated slot; without a lease the word does not wait for that disk.
  const task = answerMirror(c, { do: "word", generation: status.generation });
  c.m.giving = { request: message.request, generation, task };
  if (c.m.config.arbiter === "none") sayWord(c, message.request, generation, status.session);
}

const sayWord = (c: Case, request: string, generation: GenerationHex, session: number): void =>
  send(c, { kind: "word", module: c.id, request, generation, session });

/** Who has given its word asks for nothing any more. */
function dropOwnAsking(c: Case): void {
  const { phase } = c.m;
  if (phase.state === "WAIT" && isOwnAsking(phase.work.kind)) {
    become(
      c,
      { state: "WAIT", work: { kind: "waiting", reason: "peer-deciding" } },
      "R20",
      "The other node goes ahead.",
    );
  } else if (phase.state === "SECOND" && phase.work.kind === "asking-arbiter") {
    become(c, { state: "SECOND", work: { kind: "following" } }, "R20", "The other node goes ahead.");
  }
}

const isOwnAsking = (kind: string): boolean =>
  kind === "asking-word" || kind === "claiming" || kind === "asking-arbiter";

/** The engine has the word in its slot, or could not write it. */
export function wordWritten(c: Case, ok: boolean): void {
  const giving = c.m.giving;
  if (giving === undefined) return;
  delete c.m.giving;
  const session = mirrorStatus(c)?.session ?? 0;
  // durable.outdated stays until the engine itself shows what it knows (see evidence of the next handshake).
  if (ok && c.m.config.arbiter !== "none") sayWord(c, giving.request, giving.generation, session);
}

/** R24: unasked, after this node's VM is verified dead; repeated until the other says that it has it. */
export function repeatOwedWord(c: Case): void {
  const owed = c.m.owed;
  if (owed === undefined || !isDue(c, owed.sent)) return;
  const { generation, session } = owed;
  send(c, { kind: "word", module: c.id, generation, session });
  c.m.owed = { ...owed, sent: c.at };
}

/** Before a new mirror process counts for anything it is told what this daemon has promised. */
export function mustTellMirror(c: Case): boolean {
  const status = mirrorStatus(c);
  if (c.m.durable.outdated === undefined || status === undefined || c.m.giving !== undefined) return false;
  // A copy that is not whole is not current anyway, and has no generation to refuse.
  if (status.copy !== "consistent") return false;
  return status.right !== "outdated" && status.right !== "gave-up";
}

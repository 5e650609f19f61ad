// SPDX-License-Identifier: Apache-2.0
// What this node knows about the question "is the other not running?" (decide/arbitration/not-running.ts),
// gathered from one case.

import { arbitrate, type Evidence } from "../../arbitration/not-running.js";
import type { ArbiterAnswer } from "../../../ports/arbiter.js";
import type { FenceAnswer } from "../../../ports/fence.js";
import { isDenied, peerAnswers, peerRuns, peerVerdict } from "./proofs.js";
import type { Case } from "./turn.js";

export interface RightQuestion {
  readonly occasion: Evidence["occasion"];
  /** What the other has said for the generation and session in question. */
  readonly farewell?: "word" | "goodbye" | undefined;
  /** What the arbiter has said to the request in question. */
  readonly answer?: ArbiterAnswer | undefined;
  /** What the fence has said to it, under the epoch of that answer. */
  readonly fence?: FenceAnswer | undefined;
}

export function rightOf(
  c: Case,
  { occasion, farewell, answer, fence }: RightQuestion,
): ReturnType<typeof arbitrate> {
  return arbitrate({
    occasion,
    farewell: farewell ?? "none",
    peerRuns: peerRuns(c) || (occasion === "frozen" && isDenied(c)) ? "yes" : "no",
    lease: leaseOf(c, answer),
    fence: c.m.config.arbiter !== "lease-and-fence" ? "none" : fence?.kind === "off" ? "off" : "unanswered",
    peer: peerVerdict(c) === "dead" ? "dead" : peerAnswers(c) ? "answers" : "quiet",
  });
}

function leaseOf(c: Case, answer: ArbiterAnswer | undefined): Evidence["lease"] {
  if (c.m.config.arbiter === "none") return "none";
  return answer === undefined || answer.kind === "silent" ? "unanswered" : answer.kind;
}

/** For the record: under which epoch an arbiter has answered. */
export const epochOf = (answer: ArbiterAnswer | undefined): { readonly epoch?: number } =>
  answer === undefined || answer.kind === "silent" ? {} : { epoch: answer.epoch };

// SPDX-License-Identifier: Apache-2.0
// Why a module is as it is: which one reason holds, and the colour that follows from it. The words of each
// reason stand in base/reasons.ts.

import type { Stability } from "../../base/vocabulary.js";
import { inConflict, isMirrorSilent, isPaired, peerVerdict, peerView } from "./evidence/proofs.js";
import { mirrorStatus, type Case } from "./evidence/turn.js";
import { isUnable } from "./rules/ability.js";
import { isMarked, reasons, type ReasonCode } from "../../base/reasons.js";
import type { MirrorStatus } from "../../../native/index.js";
import type { AskingArbiter } from "./types.js";

export function reasonOf(c: Case): ReasonCode {
  const { phase, durable } = c.m;
  if (inConflict(c)) return "conflict";
  if (durable.resolving !== undefined && phase.state !== "STOP") return "resolving";
  switch (phase.state) {
    case "STOP":
      return stopReason(c);
    case "WAIT":
      return waitReason(c);
    case "ALONE":
    case "PRIM":
      return activeReason(c);
    case "SECOND":
      return secondReason(c);
  }
}

function stopReason({ m }: Case): ReasonCode {
  if (m.phase.work.kind === "bystander") return "bystander";
  const { wish } = m.durable;
  if (wish.kind === "run") return "opening";
  const words = {
    person: "stopped-by-person",
    shutdown: "host-shutdown",
    maxloop: "maxloop",
    "never-started": "not-started",
    failed: "failed",
    guest: "switched-off-inside",
    "record-lost": "record-lost",
  } as const;
  return words[wish.by];
}

function waitReason({ m }: Case): ReasonCode {
  const { phase } = m;
  if (phase.state !== "WAIT") return "none";
  const { work } = phase;
  switch (work.kind) {
    case "waiting":
      return work.reason;
    case "leaving":
      return "stopping";
    case "claiming":
    case "asking-word":
      return "asking-peer";
    case "initialising":
      return "first-start";
    case "asking-arbiter":
      return askingReason(work);
    default:
      return work.kind;
  }
}

/** What the mirror itself complains of, on whichever side. */
function mirrorReason(status: MirrorStatus): ReasonCode | undefined {
  if (status.diskFull !== undefined) return "disk-full";
  if (status.diskError !== undefined) return "disk-error";
  if (status.dataProblem !== undefined) return "data-problem";
  return undefined;
}

function activeReason(c: Case): ReasonCode {
  const status = mirrorStatus(c);
  const { work } = c.m.phase;
  if (status === undefined) return "mirror-lost";
  if (isMirrorSilent(c)) return "mirror-silent";
  const complaint = mirrorReason(status);
  if (complaint !== undefined) return complaint;
  if (status.freeze !== undefined) return status.freeze.guestPaused ? "guest-paused" : "frozen";
  if (work.kind === "leaving") return work.purpose === "swap" ? "swapping" : "stopping";
  if (work.kind === "starting" && (work.attempt > 0 || c.turn.node.hypervisor === "lost"))
    return "vm-failing";
  if (work.kind !== "running") return "starting";
  if (c.m.trouble?.code === "GEMEL-3004") return "unprotected";
  if (c.m.phase.state === "PRIM") return peerView(c)?.willing === false ? "peer-unable" : "none";
  const isOnSilence = status.current.kind === "record" && status.current.basis === "silence";
  if (isOnSilence && peerVerdict(c) !== "alive") return "alone-on-silence";
  return isPaired(status) ? "reintegrating" : "alone";
}

function secondReason(c: Case): ReasonCode {
  const status = mirrorStatus(c);
  const { work } = c.m.phase;
  if (work.kind === "leaving") return "stopping";
  if (work.kind === "asking-arbiter") return askingReason(work);
  if (status === undefined) return "mirror-lost";
  if (isMirrorSilent(c)) return "mirror-silent";
  const complaint = mirrorReason(status);
  if (complaint !== undefined) return complaint;
  if (c.m.handOver !== undefined) return "swapping";
  if (!isPaired(status)) return "data-link-down";
  const view = peerView(c);
  if (view?.primary === false) return "peer-deciding";
  if (!status.inSync) return "reintegrating";
  // R39: green is what a pulled plug would leave running. What the primary says of itself counts here, too:
  // the VM is one, whichever node is asked.
  if (view?.stability === "NotReady") return "primary-failing";
  if (view?.vm === "off") return "starting";
  if (c.turn.node.hypervisor === "lost") return "hypervisor-lost";
  return isUnable(c.m, c.at) ? "unable" : "none";
}

/** Red, amber or green follows from state and reason: total, so that no combination is without a colour. */
export function stabilityOf(state: string, reason: ReasonCode): Stability {
  if (state === "STOP" || reasons[reason].colour === "red") return "NotReady";
  if (state === "WAIT") return isMarked(reason, "passing") ? "Transient" : "NotReady";
  if (state === "ALONE") return "Transient";
  return reason === "none" ? "Ready" : "Transient";
}

const askingReason = ({ fenceAsked }: AskingArbiter): ReasonCode =>
  fenceAsked === undefined ? "asking-arbiter" : "asking-fence";

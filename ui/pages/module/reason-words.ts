// SPDX-License-Identifier: Apache-2.0
// What a node gives as its reason, in the daemon's own sentences. They stand here once more because the
// console knows nothing of the core but its contract; test/ui/reason-words.test.ts holds both alike.

/** {peer}: the module's other node. */
export const reasonSentences: Readonly<Record<string, string>> = {
  none: "",
  "not-started": "It has not been started.",
  "stopped-by-person": "It was stopped by a person.",
  "host-shutdown": "It was stopped because the host shuts down.",
  maxloop: "The VM was restarted too often, so the module stopped here.",
  failed: "It stopped because something failed.",
  discovering: "The daemon has just started and finds out what runs.",
  opening: "The mirror is being opened.",
  starting: "The VM is being started.",
  stopping: "It is stopping.",
  burying: "The mirror process ended; the VM is ended and verified dead.",
  "first-start": "Neither copy has ever been chosen, or this one is empty.",
  "data-problem": "The data is not there.",
  "unknown-files": "The folder holds files without a record, or of another module.",
  "half-copied": "This copy is half filled and waits for {peer}.",
  "not-current": "This copy is not proven to be the latest one.",
  "peer-deciding": "{peer} is about to decide.",
  "peer-silent": "This copy alone is no proof, and {peer} is silent.",
  "peer-must-start": "The latest copy may be on {peer}, where the module is stopped.",
  "data-link-down": "{peer} runs the VM, but the data link to it is down.",
  "mirror-lost": "The mirror process ended and is started again.",
  "mirror-failing": "The mirror process ends again and again.",
  "failover-off": "Failover is switched off: a person decides.",
  paused: "Automatic failover is paused.",
  "hypervisor-lost": "The hypervisor does not answer on this node.",
  conflict: "Both copies have run alone. Nothing is overwritten before a person chooses.",
  "asking-peer": "{peer} is asked for its word that it does not run.",
  "asking-arbiter": "The arbiter is asked for the right to run alone.",
  "arbiter-denied": "The arbiter gave the right to {peer}.",
  reintegrating: "The copy is being brought up to date.",
  frozen: "Writes wait: {peer} does not answer, and who may go on is being asked.",
  "guest-paused": "The VM is paused: nobody has answered yet who may go on.",
  "disk-full": "The disk is full.",
  "disk-error": "The disk reported an error.",
  unprotected: "A disk of the VM is not on the mirror.",
  alone: "One complete copy: {peer} is not up to date.",
  "alone-on-silence": "One copy, and {peer} is silent: without an arbiter it may run the VM as well.",
  "vm-failing": "The VM does not start.",
  "second-only": "It is to be secondary only.",
  swapping: "The roles are being exchanged.",
  resolving: "The conflict is being resolved.",
  "never-heard": "It has never been heard of yet.",
};

/** A reason of a newer daemon is shown as it came. */
export function reasonText(reason: string, peer: string): string {
  if (reason === "none" || reason === "") return "All is as it should be.";
  const sentence = reasonSentences[reason] ?? `${reason.replaceAll("-", " ")}.`;
  return sentence.replaceAll("{peer}", peer);
}

// SPDX-License-Identifier: Apache-2.0
// The words of each reason: one sentence, one next step. Status, log, API and console take them from here;
// which reason holds is decided in decide/mirror/reason.ts.

import type { ReasonCode } from "../../decide/mirror/types.js";

export interface ReasonWords {
  /** {peer} and {module} are put in. */
  readonly sentence: string;
  readonly next?: string;
}

export const reasonWords: Readonly<Record<ReasonCode, ReasonWords>> = {
  none: { sentence: "" },
  "not-started": { sentence: "It has not been started.", next: "gemel start {module}" },
  "stopped-by-person": { sentence: "It was stopped by a person.", next: "gemel start {module}" },
  "host-shutdown": { sentence: "It was stopped because the host shuts down." },
  maxloop: {
    sentence: "The VM was restarted too often, so the module stopped here.",
    next: "gemel explain {module}, then gemel start {module}",
  },
  failed: { sentence: "It stopped because something failed.", next: "gemel explain {module}" },
  discovering: { sentence: "The daemon has just started and finds out what runs." },
  opening: { sentence: "The mirror is being opened." },
  starting: { sentence: "The VM is being started." },
  stopping: { sentence: "It is stopping." },
  burying: { sentence: "The mirror process ended; the VM is ended and verified dead." },
  "first-start": {
    sentence: "Neither copy has ever been chosen, or this one is empty.",
    next: "On the node with the good data: gemel prim {module}",
  },
  "data-problem": {
    sentence: "The data is not there.",
    next: "Mount the right volume, then gemel start {module}",
  },
  "unknown-files": {
    sentence: "The folder holds files without a record, or of another module.",
    next: "If they are the good ones: gemel prim {module} --force",
  },
  "half-copied": {
    sentence: "This copy is half filled and waits for {peer}.",
    next: "Start {peer}; or, accepting damage: gemel prim {module} --force",
  },
  "not-current": {
    sentence: "This copy is not proven to be the latest one.",
    next: "Start {peer}; or, accepting what would be lost: gemel prim {module}",
  },
  "peer-deciding": { sentence: "{peer} is about to decide." },
  "peer-silent": {
    sentence: "This copy alone is no proof, and {peer} is silent.",
    next: "Bring {peer} back; or, accepting what would be lost: gemel prim {module}",
  },
  "peer-must-start": {
    sentence: "The latest copy may be on {peer}, where the module is stopped.",
    next: "gemel start {module} --node {peer}",
  },
  "data-link-down": {
    sentence: "{peer} runs the VM, but the data link to it is down.",
    next: "gemel doctor",
  },
  "mirror-lost": { sentence: "The mirror process ended and is started again." },
  "mirror-failing": { sentence: "The mirror process ends again and again.", next: "gemel log {module}" },
  "failover-off": {
    sentence: "Failover is switched off: a person decides.",
    next: "gemel prim {module}",
  },
  paused: {
    sentence: "Automatic failover is paused.",
    next: "gemel resume; or only for this VM: gemel prim {module}",
  },
  "hypervisor-lost": {
    sentence: "The hypervisor does not answer on this node.",
    next: "systemctl start libvirtd",
  },
  conflict: {
    sentence: "Both copies have run alone. Nothing is overwritten before a person chooses.",
    next: "gemel resolve {module} --keep NODE",
  },
  "asking-peer": { sentence: "{peer} is asked for its word that it does not run." },
  "asking-arbiter": { sentence: "The arbiter is asked for the right to run alone." },
  "arbiter-denied": { sentence: "The arbiter gave the right to {peer}." },
  reintegrating: { sentence: "The copy is being brought up to date." },
  frozen: { sentence: "Writes wait: {peer} does not answer, and who may go on is being asked." },
  "guest-paused": {
    sentence: "The VM is paused: nobody has answered yet who may go on.",
    next: "gemel doctor",
  },
  "disk-full": { sentence: "The disk is full.", next: "Free space; the VM goes on by itself" },
  "disk-error": { sentence: "The disk reported an error.", next: "gemel swap {module}, then check the disk" },
  unprotected: { sentence: "A disk of the VM is not on the mirror.", next: "gemel explain {module}" },
  alone: { sentence: "One complete copy: {peer} is not up to date." },
  "alone-on-silence": {
    sentence: "One copy, and {peer} is silent: without an arbiter it may run the VM as well.",
    next: "Bring {peer} or the networks back; gemel doctor",
  },
  "vm-failing": { sentence: "The VM does not start.", next: "gemel explain {module}" },
  "second-only": {
    sentence: "It is to be secondary only.",
    next: "gemel start {module} to let it be primary too",
  },
  swapping: { sentence: "The roles are being exchanged." },
  resolving: { sentence: "The conflict is being resolved." },
};

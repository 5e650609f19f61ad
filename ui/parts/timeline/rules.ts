// SPDX-License-Identifier: Apache-2.0
// What a decision's rule says, in one sentence for a person who has not read the design. A rule that is
// missing here is shown by its name alone.

const rules: Readonly<Record<string, string>> = {
  R10: "That the other copy is no longer current is written down before anything is acknowledged without it.",
  R13: "When the other copy does not answer, writes wait until it is certain who may go on.",
  R14: "Who is denied the right to go on ends its VM before the guest sees an error.",
  R15: "Without an answer the VM is paused, not stopped.",
  R16: "A decision that came too late is void and taken anew.",
  R17: "The times of a failover are fixed and stand in one relation to each other.",
  R18: "A copy whose link stalls again and again is kept out for a while.",
  R19: "A copy starts by itself only when it is proven to be the latest one.",
  R20: "A node runs alone only when the other one has given its word, or cannot be running.",
  R21: "Without an arbiter, silence on every network counts as the other node's death.",
  R22: "Who stops says goodbye, so that the other one knows that it may go on.",
  R23: "After a cold start the latest copy starts; who cannot prove to be it waits.",
  R24: "A process that died does not mean that its VM has stopped: that is made certain first.",
  R25: "A copy takes over in a fixed order: refuse the old history, apply, write down, start.",
  R26: "A copy steps down in a fixed order, so that nothing is written twice.",
  R31: "A VM runs only when all its disks are proven to lie on the mirror.",
  R35: "A mirror process that ended is followed by another one.",
  P6: "The guest keeps running while the daemon restarts.",
  P8: "Nothing is overwritten before a person has chosen.",
  command: "A person asked for it.",
  start: "The module starts.",
  restart: "The VM is started again on the same host.",
  swap: "The roles are exchanged.",
  prim: "A person made this copy the one that counts.",
  promoting: "The copy is taking over.",
};

export const ruleSentence = (rule: string): string | undefined => rules[rule];

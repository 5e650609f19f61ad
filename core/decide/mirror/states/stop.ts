// SPDX-License-Identifier: Apache-2.0
// STOP: the module does not run here. No mirror process, no mount; the files lie in the folder. Leaves it
// only by a person's command or at the host's boot. It still gives its word when asked (rules/word.ts).

import { become, type Case } from "../evidence/turn.js";

export function decideStop(c: Case): boolean {
  if (c.m.run.kind === "held" && c.m.phase.work.kind === "idle") {
    const phase = { state: "WAIT", work: { kind: "burying", giveWord: false } } as const;
    become(c, phase, "R31", "A VM was started for this module and never let run: it is ended.");
    return true;
  }
  const { wish, resolving } = c.m.durable;
  const mustRun = wish.kind === "run" || resolving !== undefined;
  if (!mustRun || c.turn.node.leaving) return false;
  become(c, { state: "WAIT", work: { kind: "opening" } }, "start", "The module starts.", { wish: wish.kind });
  return true;
}

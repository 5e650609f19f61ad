// SPDX-License-Identifier: Apache-2.0
// STOP: the module does not run here. No mirror process, no mount; the files lie in the folder. Leaves it
// only by a person's command or at the host's boot. It still gives its word when asked (rules/word.ts).

import { become, type Case } from "../evidence/turn.js";

export function decideStop(c: Case): boolean {
  const { wish, resolving } = c.m.durable;
  const mustRun = wish.kind === "run" || resolving !== undefined;
  if (!mustRun || c.turn.node.leaving) return false;
  become(c, { state: "WAIT", work: { kind: "opening" } }, "start", "The module starts.", { wish: wish.kind });
  return true;
}

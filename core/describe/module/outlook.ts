// SPDX-License-Identifier: Apache-2.0
// What would happen if the host that runs the VM died now: back in about so many seconds on the other one, or
// nothing would run, and why. Seconds are the time to notice (heartbeat timeout, and what the arbiter adds),
// plus what this module's last start took. Pure.

import type { ModuleStatus } from "../../api/contract.js";
import { durationText } from "../words/words.js";
import { conflictWords } from "../../base/conflict-words.js";
import { arbiterMargin, startGuess } from "../../base/limits.js";
import { milliseconds, type Milliseconds } from "../../base/units.js";
import { isActive, type Seen } from "./headline.js";

export interface OutlookFacts {
  readonly self: Seen;
  readonly other: Seen;
  /** Both copies are equal, as the engine of the answering node knows it. */
  readonly inSync: boolean;
  readonly conflict: boolean;
  readonly isOffMirror: boolean;
  readonly failover: boolean;
  readonly isPaused: boolean;
  /** The longest heartbeat timeout of all networks. */
  readonly timeout: Milliseconds;
  /** From promotion to running guest, as last measured on `node`, else on the other one. */
  readonly startOf: (node: string) => Milliseconds | undefined;
}

export type Outlook = ModuleStatus["ifHostDied"];

export function outlookOf(facts: OutlookFacts): Outlook {
  const { self, other } = facts;
  const runner = [self, other].find((one) => one.live && isActive(one));
  if (runner === undefined) return { sentence: "The VM does not run now.", seconds: null, node: null };
  const heir = runner === self ? other : self;
  const obstacle = obstacleOf(facts, heir);
  const if_ = `If ${runner.node} died now`;
  if (obstacle !== undefined) {
    return { sentence: `${if_}: nothing would run, ${obstacle}.`, seconds: null, node: null };
  }
  const start = facts.startOf(heir.node) ?? startGuess;
  const seconds = Math.round(milliseconds(facts.timeout + arbiterMargin + start) / 1000);
  return {
    sentence: `${if_}: back in about ${durationText(seconds)} on ${heir.node}.`,
    seconds,
    node: heir.node,
  };
}

function obstacleOf(facts: OutlookFacts, heir: Seen): string | undefined {
  const { node, view } = heir;
  if (facts.conflict) return conflictWords.obstacle;
  if (heir.down) return `${node} is down`;
  if (!heir.live || view === undefined) return `${node} does not answer`;
  if (view.state === "STOP") return `the module is stopped on ${node}`;
  if (!view.upToDate || !facts.inSync) return `${node}'s copy is not up to date`;
  if (!view.willing) return `${node} cannot start VMs now`;
  if (facts.isPaused) return "automatic failover is paused";
  if (!facts.failover) return "failover is switched off for it, a person decides";
  return facts.isOffMirror ? "a disk of the VM is not on the mirror" : undefined;
}

// SPDX-License-Identifier: Apache-2.0
// The actions of a module as buttons and menu show them: label, and why not where not. Pure.

import type { ModuleStatus } from "../../../core/api/contract.js";
import type { ModuleVerb } from "../../../core/base/vocabulary.js";
import { verbWords } from "../../../core/describe/words/words.js";
import { runnerOf } from "../../parts/runner.js";

export interface Choice {
  readonly key: string;
  readonly verb: ModuleVerb;
  readonly label: string;
  readonly sentence: string;
  readonly icon: string;
  readonly node?: string;
  /** null: it may be done. */
  readonly why: string | null;
  /** A button, not only an entry of the menu. */
  readonly upFront: boolean;
  /** Leads to the page where both copies are compared. */
  readonly decides?: boolean;
}

/** `barred`: why this person may do none of it. */
export function choicesOf(module: ModuleStatus, barred: string | null): Choice[] {
  const { active, nodes, conflict } = module;
  const other = nodes.find(({ node }) => node !== active)?.node;
  const runs = runnerOf(module) !== null;
  const plain = (verb: ModuleVerb, upFront: boolean, label: string = verbWords[verb].label): Choice => ({
    key: verb,
    verb,
    label,
    sentence: verbWords[verb].sentence,
    icon: verbWords[verb].icon,
    why: barred ?? refusalOf(module, verb),
    upFront,
  });
  const swap = plain("swap", !conflict, runs && other !== undefined ? `Move to ${other}` : undefined);
  const start = plain("start", !runs && !conflict);
  const restart: Choice = {
    ...plain("restart", false),
    // Where the VM runs, whichever node answers.
    ...(active !== null && { node: active, why: barred }),
  };
  const seconds = nodes
    .filter(({ node }) => node !== active)
    .map(({ node }) => ({
      ...plain("second", false, `Start ${node} as secondary`),
      key: `second-${node}`,
      node,
      why: barred,
    }));
  const decide: Choice = {
    ...plain(conflict ? "resolve" : "prim", conflict),
    key: "decide",
    label: conflict ? verbWords.resolve.label : "Choose the copy that counts",
    icon: verbWords.resolve.icon,
    why: barred ?? (runs && !conflict ? "The VM runs: its copy is the one that counts." : null),
    decides: true,
  };
  const rest = [plain("stop", runs), restart, plain("stopstart", false), ...seconds];
  return conflict ? [decide, start, swap, ...rest] : [swap, start, ...rest, decide];
}

function refusalOf({ actions }: ModuleStatus, verb: ModuleVerb): string | null {
  const action = actions.find((one) => one.verb === verb);
  if (action === undefined || action.allowed) return null;
  return action.why === "" ? "Not possible in this state." : action.why;
}

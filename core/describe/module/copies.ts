// SPDX-License-Identifier: Apache-2.0
// Both copies of a module side by side, for who has to decide between them: what each node knows of its own,
// and what is lost when the other one goes on. Pure; a node that is silent is shown as it was last heard.

import type { Copies, CopyView } from "../../api/contract.js";
import { bytesText } from "../words/words.js";
import { keptSentence } from "./preview.js";

/** One copy as its own node knows it. */
export type OwnCopy = Omit<CopyView, "live" | "ifKept">;

/** A decision of that node, as its history has it. */
export interface PastDecision {
  readonly at: string;
  readonly outcome: string;
}

/**
 * From when to when this copy ran alone since both were last equal; oldest decision first. It begins when the
 * node goes ALONE, ends when it leaves that state, and is over for good when the other copy has caught up or
 * this one follows the other.
 */
export function aloneOf(decisions: readonly PastDecision[]): CopyView["alone"] {
  let alone: { readonly from: string; readonly to?: string } | undefined;
  for (const { at, outcome } of decisions) {
    const [, before = "", after = ""] = /^([A-Z]+) → ([A-Z]+)/.exec(outcome) ?? [];
    if (after === "PRIM" || after === "SECOND") alone = undefined;
    else if (after === "ALONE") {
      if (alone === undefined) alone = { from: at };
      else if (before !== "ALONE") alone = { from: alone.from };
    } else if (alone !== undefined && alone.to === undefined && after !== "") {
      alone = { from: alone.from, to: at };
    }
  }
  return alone;
}

export interface CopiesFacts {
  readonly module: string;
  readonly conflict: boolean;
  readonly copies: readonly (OwnCopy & { readonly live: boolean })[];
  /** In words, in the zone of the answering node. */
  readonly moment: (at: string) => string;
}

export function copiesOf(facts: CopiesFacts): Copies {
  const { module, conflict, copies } = facts;
  const loser = copies.length > 1 ? "the other host" : "it";
  return {
    module,
    conflict,
    copies: copies.map((copy) => ({ ...copy, ifKept: ifKept(facts, copy.node) })),
    afterwards: conflict
      ? `${keptSentence(module, loser)} Then it is filled anew from the one that goes on.`
      : "There is no conflict: nothing is set aside.",
  };
}

/** What is lost when the copy of `kept` is the one that goes on. */
export function ifKept({ copies, moment, conflict }: CopiesFacts, kept: string): string {
  const other = copies.find(({ node }) => node !== kept);
  const own = copies.find(({ node }) => node === kept);
  if (other === undefined || own === undefined) return "What the other copy holds is not known.";
  const { alone, differingBytes, node, live } = other;
  if (alone !== undefined) {
    const until = alone.to === undefined ? "until now" : `until ${moment(alone.to)}`;
    const much = differingBytes === null ? "" : ` (about ${bytesText(differingBytes)})`;
    return `Lost is what ${node} wrote alone from ${moment(alone.from)} ${until}${much}.`;
  }
  if (!live) {
    return own.upToDate
      ? `Nothing, as far as is known: this copy is proven current, and ${node} does not answer.`
      : `Not known: ${node} does not answer, and may have run alone since.`;
  }
  if (own.upToDate && !conflict) return "Nothing: this copy is proven current.";
  return `Lost is what only ${node} holds; it has not run alone since both copies were equal.`;
}

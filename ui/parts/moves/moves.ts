// SPDX-License-Identifier: Apache-2.0
// Several swaps, one after another: what has been done, what is under way, what follows. Pure: told what
// happened, it says what is next; MovesProvider carries it out.
//
// Invariant: a move begins only when the one before it is done; the first that fails ends the row.

import type { ModuleStatus } from "../../../core/api/contract.js";
import type { ApiFailure } from "../../api.js";

export interface RowMove {
  readonly module: string;
  readonly vm: string;
  readonly from: string;
  readonly to: string;
}

export type MoveState =
  | { readonly kind: "waiting" }
  | { readonly kind: "asked" }
  /** `left`: it was seen to have left its old host. */
  | { readonly kind: "under-way"; readonly left: boolean }
  | { readonly kind: "done" }
  | { readonly kind: "skipped" }
  | { readonly kind: "failed"; readonly why: ApiFailure };

export type MoveStep = RowMove & { readonly state: MoveState };

export type MoveEvent =
  | { readonly kind: "asked" }
  | { readonly kind: "accepted" }
  | { readonly kind: "refused"; readonly why: ApiFailure }
  | { readonly kind: "seen"; readonly module: ModuleStatus; readonly cameBack: ApiFailure }
  | { readonly kind: "stop" };

export const planned = (moves: readonly RowMove[]): MoveStep[] =>
  moves.map((move) => ({ ...move, state: { kind: "waiting" } }));

/** The one that is next or under way; undefined: nothing is left to do. */
export const current = (steps: readonly MoveStep[]): MoveStep | undefined =>
  steps.find(({ state: { kind } }) => kind === "asked" || kind === "under-way" || kind === "waiting");

export function told(steps: readonly MoveStep[], event: MoveEvent): readonly MoveStep[] {
  const now = current(steps);
  if (now === undefined) return steps;
  const state = next(now, event);
  if (state === now.state && event.kind !== "stop") return steps;
  const ends = state.kind === "failed" || event.kind === "stop";
  return steps.map((step) => {
    if (step === now) return { ...step, state };
    return ends && step.state.kind === "waiting" ? { ...step, state: { kind: "skipped" } } : step;
  });
}

function next(step: MoveStep, event: MoveEvent): MoveState {
  switch (event.kind) {
    case "asked":
      return { kind: "asked" };
    case "accepted":
      return { kind: "under-way", left: false };
    case "refused":
      return { kind: "failed", why: event.why };
    case "seen":
      return step.state.kind === "under-way" ? seen(step, step.state.left, event) : step.state;
    case "stop":
      return step.state.kind === "waiting" ? { kind: "skipped" } : step.state;
  }
}

function seen(step: MoveStep, left: boolean, event: Extract<MoveEvent, { kind: "seen" }>): MoveState {
  const { active, nodes } = event.module;
  const here = nodes.find(({ node }) => node === active);
  const settled = here !== undefined && here.stability !== "Transient" && here.vm === "on";
  if (active === step.to && settled) return { kind: "done" };
  if (active === step.from && left && settled) return { kind: "failed", why: event.cameBack };
  const hasLeft = left || active !== step.from;
  return hasLeft === left ? step.state : { kind: "under-way", left: hasLeft };
}

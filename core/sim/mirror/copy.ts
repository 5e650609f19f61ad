// SPDX-License-Identifier: Apache-2.0
// One copy of a module as it lies on a host's disk: survives crashes of process and host. Its data is the
// set of numbered records that the guest has written; a lineage is told by generations, as in the engine.

import type { Currency, GenerationHex } from "../../../native/index.js";

export interface Copy {
  state: "absent" | "empty" | "unknown" | "inconsistent" | "consistent";
  generation: GenerationHex;
  history: GenerationHex[];
  session: number;
  right: "none" | "paired" | "alone" | "outdated" | "gave-up";
  basis: Extract<Currency, { kind: "record" }>["basis"];
  records: Set<number>;
  /** The other node's volume, or none at all, is mounted here (R27). */
  isThere: boolean;
  /** `resolve` chose the other copy, and this one's files lie below as a clone. */
  yields: boolean;
  /** `resolve` chose this copy: it is the source against whatever it meets. */
  kept: boolean;
  freezeCounter: number;
  wasPrimary: boolean;
}

export const newCopy = (): Copy => ({
  state: "empty",
  generation: "0".repeat(16),
  history: [],
  session: 0,
  right: "none",
  basis: "first",
  records: new Set(),
  isThere: true,
  yields: false,
  kept: false,
  freezeCounter: 0,
  wasPrimary: false,
});

export const isAheadOf = (one: Copy, other: Copy): boolean => one.history.includes(other.generation);

export type Direction =
  | { readonly kind: "resume" }
  | { readonly kind: "fill"; readonly source: 0 | 1; readonly isEqual: boolean }
  | { readonly kind: "conflict" | "unknown" | "unrelated" | "refuse" }
  | { readonly kind: "denied"; readonly side: 0 | 1 };

export interface Side {
  readonly copy: Copy;
  readonly isPrimary: boolean;
  readonly isFrozen: boolean;
  /** In sync until the loss, and this process saw it. */
  readonly unbroken: number | undefined;
  readonly isElected: boolean;
}

/** A small version of the engine's table of two copies that meet: enough for decisions about roles. */
export function direction(sides: readonly [Side, Side]): Direction {
  const [a, b] = sides;
  if (a.copy.state === "absent" || b.copy.state === "absent") return { kind: "refuse" };
  if (a.copy.kept !== b.copy.kept && (a.copy.yields || b.copy.yields))
    return fill(a.copy.kept ? 0 : 1, sides);
  if (a.copy.state === "unknown" || b.copy.state === "unknown") return { kind: "unknown" };
  if (a.copy.state !== "consistent" && b.copy.state !== "consistent") return { kind: "refuse" };
  if (b.copy.state !== "consistent") return fill(0, sides);
  if (a.copy.state !== "consistent") return fill(1, sides);
  if (a.unbroken !== undefined && a.unbroken === b.unbroken) return { kind: "resume" };
  if (a.copy.generation === b.copy.generation) return sameGeneration(sides);
  if (isAheadOf(a.copy, b.copy)) return ahead(0, sides);
  if (isAheadOf(b.copy, a.copy)) return ahead(1, sides);
  return { kind: "conflict" };
}

function sameGeneration(sides: readonly [Side, Side]): Direction {
  const [a, b] = sides;
  if (a.isPrimary && b.isPrimary) return { kind: "conflict" };
  if (a.isPrimary !== b.isPrimary) return fill(a.isPrimary ? 0 : 1, sides);
  const lost = (side: Side): boolean => side.copy.right === "outdated" || side.copy.right === "gave-up";
  if (lost(a) !== lost(b)) return fill(lost(a) ? 1 : 0, sides);
  return fill(a.isElected ? 0 : 1, sides);
}

function ahead(side: 0 | 1, sides: readonly [Side, Side]): Direction {
  const behind = sides[side === 0 ? 1 : 0];
  if (behind.isPrimary && behind.isFrozen) return { kind: "denied", side: side === 0 ? 1 : 0 };
  return behind.isPrimary ? { kind: "conflict" } : fill(side, sides);
}

function fill(source: 0 | 1, [a, b]: readonly [Side, Side]): Direction {
  const isEqual =
    a.copy.state === b.copy.state &&
    a.copy.records.size === b.copy.records.size &&
    [...a.copy.records].every((record) => b.copy.records.has(record));
  return { kind: "fill", source, isEqual };
}

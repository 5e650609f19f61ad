// SPDX-License-Identifier: Apache-2.0
// What stands in the way of protecting a VM, in plain words: what, why, and what to do. A finding blocks or
// warns; the codes are those of the error registry, since each is a refusal in waiting.

import type { ErrorCode } from "../../core/base/errors.js";
import type { Finding } from "../../core/ports/hypervisor.js";

export type Unplaced = Omit<Finding, "node">;

export const blocks = (code: ErrorCode, message: string, next: string): Unplaced => ({
  severity: "blocks",
  code,
  message,
  next,
});

export const warns = (code: ErrorCode, message: string, next: string): Unplaced => ({
  severity: "warns",
  code,
  message,
  next,
});

/** A finding only if the condition holds. */
export const when = (condition: boolean, finding: () => Unplaced): readonly Unplaced[] =>
  condition ? [finding()] : [];

/** As one word of a shell's command line: what we tell people to type works when it is pasted. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

const units = ["bytes", "KiB", "MiB", "GiB", "TiB"] as const;

export function inWords(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  const value = bytes / 1024 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? ""}`;
}

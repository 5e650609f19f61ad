// SPDX-License-Identifier: Apache-2.0
// What kinds of entries are called and look like, and what happened in one line.

import type { HistoryEntry } from "../../core/api/contract.js";

export const kindWords: Readonly<
  Record<HistoryEntry["kind"], { readonly label: string; readonly colour: "blue" | "purple" | "grey" }>
> = {
  decision: { label: "Decision", colour: "blue" },
  audit: { label: "Audit", colour: "purple" },
  log: { label: "Log", colour: "grey" },
};

export const wasRefused = (outcome: string): boolean => /^(refused|failed)/.test(outcome);

export const personOf = ({ inputs }: HistoryEntry): string => String(inputs["by"] ?? "somebody");

/** What happened, for a person: of a request who made it, and what it asked for. */
export const happened = (entry: HistoryEntry): string =>
  entry.kind === "audit" ? `${personOf(entry)}: ${entry.sentence}` : entry.sentence;

// SPDX-License-Identifier: Apache-2.0
// The conflict, worded once: both copies ran alone since they were last equal, so each holds what the other
// lacks, and a person has to choose (P8). Status, refusals, previews, CLI and console say it with these
// words.

export const conflictWords = {
  /** A module in one sentence. */
  headline: "Conflict: both copies ran alone, a person chooses",
  /** A node's reason. */
  sentence: "Both copies have run alone. Nothing is overwritten before a person chooses.",
  /** Why a command is refused. */
  refusal: "Both copies have run alone: a conflict. Nothing happens before a person chooses.",
  /** Within a sentence: in a warning, above a table. */
  inBrief: "both copies ran alone",
  /** Why nothing would run if a host died. */
  obstacle: "both copies ran alone and a person has to choose",
  /** What may come of starting a copy that is not proven current. */
  outcome: "both copies have run alone: a conflict, in which nothing is overwritten before a person chooses.",
  /** On the module's page. */
  notice: "Both copies ran alone: a person has to decide which one goes on",
  /** On the page where it is decided. */
  histories: "Both copies have run alone, so they hold two different histories",
} as const;

// SPDX-License-Identifier: Apache-2.0
// What a person asked for, as the audit says it: the same words in the CLI, the console and history.db. Said
// as the wish it was ("swap on beta"), since what came of it stands beside it: accepted, or refused.
//
// Invariant: nothing that is secret is said (passwords, tokens, keys), and nothing at full length.

import { auditWordMax } from "../../base/limits/edge.js";

export type Fields = Readonly<Record<string, unknown>>;

export interface AskedFields {
  readonly params: Fields;
  readonly body: Fields;
}

/** null: no person asked for it, or it only looked; it is not recorded. */
export type Deed = (asked: AskedFields) => string | null;

export const deedWords = (words: string): Deed => {
  return () => words;
};
export const unsaid: Deed = () => null;

/** An object's fields, of whatever a stranger has sent. */
export const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};

/** One line, however it came. */
export function oneLine(value: unknown): string {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return "";
  return String(value)
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, auditWordMax);
}

export const listedWords = (begin: string, parts: readonly (readonly [boolean, string])[]): string =>
  [begin, ...parts.flatMap(([isWanted, words]) => (isWanted ? [words] : []))].join(", ");

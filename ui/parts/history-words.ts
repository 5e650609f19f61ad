// SPDX-License-Identifier: Apache-2.0
// What kinds of entries are called and look like, and what requests are called that people have made.

import type { HistoryEntry } from "../../core/api/contract.js";

export const kindWords: Readonly<
  Record<HistoryEntry["kind"], { readonly label: string; readonly colour: "blue" | "purple" | "grey" }>
> = {
  decision: { label: "Decision", colour: "blue" },
  audit: { label: "Audit", colour: "purple" },
  log: { label: "Log", colour: "grey" },
};

/** The daemon records a request by its route; people read what was done. */
const requests: Readonly<Record<string, string>> = {
  "POST /api/v1/login": "logged in",
  "POST /api/v1/logout": "logged out",
  "POST /api/v1/session/password": "changed the own password",
  "POST /api/v1/session/handover": "kept a way to the other host",
  "POST /handover": "moved over from the other host",
  "POST /api/v1/users": "added a user",
  "PATCH /api/v1/users/:user": "changed a user",
  "DELETE /api/v1/users/:user": "removed a user",
  "PUT /api/v1/certificates/console": "installed an own certificate",
  "DELETE /api/v1/certificates/console": "removed the own certificate",
  "POST /api/v1/cluster": "founded the cluster",
  "POST /api/v1/cluster/join": "joined the cluster",
  "POST /api/v1/cluster/tokens": "made a token for a further host",
  "POST /api/v1/cluster/admissions": "was admitted as a host",
  "PUT /api/v1/pause": "paused automatic failover",
  "DELETE /api/v1/pause": "resumed automatic failover",
  "POST /api/v1/alarms/:id/acknowledge": "acknowledged an alarm",
  "PATCH /api/v1/modules/:module": "changed settings",
  "PUT /api/v1/modules/:module/userconfig": "replaced userconfig.xml",
  "POST /api/v1/modules/:module/verify": "began to verify",
  "POST /api/v1/modules/:module/unprotect": "ended protection",
  "POST /api/v1/protect": "protected a VM",
  "POST /api/v1/shutdown": "shut the host's modules down",
  login: "logged in",
};

/** A module's verb is recorded as itself: "swap". */
export const deedOf = (sentence: string): string =>
  requests[sentence] ?? (/^[a-z]+$/.test(sentence) ? `asked for ${sentence}` : sentence);

export const wasRefused = (outcome: string): boolean => /^(refused|failed)/.test(outcome);

/** What happened, for a person: of a request who made it, and what it asked for. */
export function happened({ kind, sentence, inputs }: HistoryEntry): string {
  if (kind !== "audit") return sentence;
  const by = inputs["by"];
  return typeof by === "string" ? `${by} ${deedOf(sentence)}` : deedOf(sentence);
}

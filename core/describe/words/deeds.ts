// SPDX-License-Identifier: Apache-2.0
// What a person asked for, as the audit says it: the same words in the CLI, the console and history.db. One
// line per way in that changes something; a way without its line cannot be registered (admission.ts). Said as
// the wish it was ("swap on beta"), since what came of it stands beside it: accepted, or refused.
//
// Invariant: nothing that is secret is said (passwords, tokens, keys), and nothing at full length.

import { auditWordMax } from "../../base/limits/edge.js";

type Fields = Readonly<Record<string, unknown>>;

export interface Asked {
  readonly params: Fields;
  readonly body: Fields;
}

/** null: no person asked for it, or it only looked; it is not recorded. */
type Deed = (asked: Asked) => string | null;

const said = (words: string): Deed => {
  return () => words;
};
const unsaid: Deed = () => null;

export const deeds: Readonly<Record<string, Deed>> = {
  "POST /api/v1/login": said("log in"),
  "POST /api/v1/logout": said("log out"),
  "POST /api/v1/session/password": said("change the own password"),
  // A page keeps a ticket in hand every few minutes: nothing that a person did.
  "POST /api/v1/session/handover": unsaid,
  "POST /handover": said("move over from the other host"),
  "POST /api/v1/users": ({ body }) => `add the user ${word(body["name"])} as ${word(body["role"])}`,
  "PATCH /api/v1/users/:user": ({ params, body }) =>
    listed(`change the user ${word(params["user"])}`, [
      [body["role"] !== undefined, `role ${word(body["role"])}`],
      [body["password"] !== undefined, "a new password"],
    ]),
  "DELETE /api/v1/users/:user": ({ params }) => `remove the user ${word(params["user"])}`,
  "PUT /api/v1/certificates/console": said("install an own certificate for the console"),
  "DELETE /api/v1/certificates/console": said("remove the console's own certificate"),
  "POST /api/v1/cluster": ({ body }) => `found the cluster ${word(body["name"])}`,
  "POST /api/v1/cluster/join": said("join a cluster"),
  "POST /api/v1/cluster/tokens": said("make a token for a further host"),
  "POST /api/v1/cluster/admissions": ({ body }) => `admit the host ${word(body["node"])}`,
  "PUT /api/v1/pause": ({ body }) => {
    const why = word(body["why"]);
    return why === "" ? "pause automatic failover" : `pause automatic failover (${why})`;
  },
  "DELETE /api/v1/pause": said("resume automatic failover"),
  "POST /api/v1/alarms/:id/acknowledge": ({ params }) => `acknowledge the alarm ${word(params["id"])}`,
  "PATCH /api/v1/modules/:module": ({ body }) =>
    listed(
      "change settings",
      Object.entries(body).map(([name, value]) => [true, `${name} ${word(value)}`]),
    ),
  "PUT /api/v1/modules/:module/userconfig": said("replace userconfig.xml"),
  "POST /api/v1/modules/:module/commands": ({ body }) =>
    listed(word(body["verb"]), [
      [body["node"] !== undefined, `on ${word(body["node"])}`],
      [body["keep"] !== undefined, `the copy of ${word(body["keep"])} goes on`],
      [body["force"] === true, "forced"],
    ]),
  "POST /api/v1/modules/:module/verify": ({ body }) =>
    body["repair"] === true ? "compare both copies and repair what differs" : "compare both copies",
  "POST /api/v1/modules/:module/unprotect": ({ body }) =>
    listed("unprotect", [[body["stop"] === true, "shut the guest down for it"]]),
  "POST /api/v1/protect": ({ body }) =>
    body["dryRun"] === true
      ? null
      : listed(`protect the VM ${word(body["vm"])}`, [
          [body["module"] !== undefined, `as ${word(body["module"])}`],
          [body["node"] !== undefined, `on ${word(body["node"])}`],
          [body["stop"] === true, "shut the guest down for it"],
        ]),
  "POST /api/v1/shutdown": said("shut this host's modules down"),
  // What the other daemon asks is part of something that a person asked, and was recorded there.
  "POST /api/v1/peer/calls/:call": unsaid,
};

/** What to record of a request; null: nothing. A way that nobody knows is told as it came. */
export function deedOf(way: string, asked: Asked): string | null {
  const deed = deeds[way];
  return deed === undefined ? word(way) : deed(asked);
}

/** An object's fields, of whatever a stranger has sent. */
export const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};

/** One line, however it came. */
function word(value: unknown): string {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return "";
  return String(value)
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, auditWordMax);
}

const listed = (begin: string, parts: readonly (readonly [boolean, string])[]): string =>
  [begin, ...parts.flatMap(([isWanted, words]) => (isWanted ? [words] : []))].join(", ");

// SPDX-License-Identifier: Apache-2.0
// The ticket by which a browser that is logged in on one node comes in on another: made ahead of time, since
// it is needed when the node that made it is dead. Signed with that node's own key; its certificate travels
// inside, and counts because the cluster's authority signed it, as everywhere (cluster/authority.ts).
//
//   gemel1.BODY.SIGNATURE        BODY: base64url of JSON [user, mark, issuer, issued, expires, id, age, idle,
//                                certificate]
//
// Its expiry is by wall clocks of two nodes, which may differ. That is acceptable: it decides about a login,
// never about data; when the receiver's clock is ahead somebody types a password, when it lags by D the
// ticket is good for D longer, and D is bounded by refusing what was issued in the future. It is good once
// per node, never at its issuer, and void when the password was changed since.

import { createPrivateKey, randomBytes, sign, verify, X509Certificate } from "node:crypto";
import { Type, type Static } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { GemelError } from "../../base/errors.js";
import { ticketLimit } from "../../base/limits.js";
import { holderOf } from "../cluster/authority.js";
import { ticketBytesMax, ticketSkewMaxMs } from "../../base/limits/access.js";

const prefix = "gemel1";

const word = Type.String({ minLength: 1, maxLength: 4096 });
const bodySchema = Type.Tuple([
  word,
  word,
  word,
  Type.Integer(),
  Type.Integer(),
  word,
  Type.Integer({ minimum: 0 }),
  Type.Integer({ minimum: 0 }),
  word,
]);
type Body = Static<typeof bodySchema>;

export interface Ticket {
  readonly user: string;
  readonly mark: string;
  readonly issuer: string;
  /** Wall clock of the issuer. */
  readonly issuedMs: number;
  readonly expiresMs: number;
  readonly id: string;
  /** How old the session was, and how long nobody had touched it: both go on counting on the other node. */
  readonly ageMs: number;
  readonly idleMs: number;
}

export interface Issuer {
  readonly node: string;
  readonly certificate: string;
  readonly privateKey: string;
}

export type TicketOf = Pick<Ticket, "user" | "mark" | "ageMs" | "idleMs">;

export function issueTicket(
  issuer: Issuer,
  of: TicketOf,
  nowMs: number,
): { text: string; expiresMs: number } {
  const expiresMs = nowMs + ticketLimit;
  const leaf = new X509Certificate(issuer.certificate).raw.toString("base64url");
  const id = randomBytes(16).toString("base64url");
  const body: Body = [
    of.user,
    of.mark,
    issuer.node,
    nowMs,
    expiresMs,
    id,
    Math.round(of.ageMs),
    Math.round(of.idleMs),
    leaf,
  ];
  const text = Buffer.from(JSON.stringify(body)).toString("base64url");
  const signature = sign("sha256", signed(text), createPrivateKey(issuer.privateKey)).toString("base64url");
  return { text: `${prefix}.${text}.${signature}`, expiresMs };
}

export interface Receiver {
  readonly self: string;
  readonly nodes: readonly string[];
  readonly authority: string;
}

/** What the ticket says, once all that can be checked without memory has been checked. */
export function readTicket(text: string, receiver: Receiver, nowMs: number): Ticket {
  const [first, body = "", signature = "", ...rest] = text.length > ticketBytesMax ? [] : text.split(".");
  const value = first === prefix && rest.length === 0 ? parsed(body) : undefined;
  if (value === undefined) throw ticketRefused("It is not a ticket.");
  const [user, mark, issuer, issuedMs, expiresMs, id, ageMs, idleMs, certificate] = value;
  const leaf = certificateOf(certificate);
  const holder = leaf === undefined ? undefined : holderOf(leaf.raw, receiver.authority);
  if (leaf === undefined || holder?.kind !== "node" || holder.name !== issuer)
    throw ticketRefused("No node of this cluster has signed it.");
  if (!verify("sha256", signed(body), leaf.publicKey, Buffer.from(signature, "base64url")))
    throw ticketRefused("Its signature does not match.");
  if (issuer === receiver.self) throw ticketRefused("This node made it; it is for the others.");
  if (!receiver.nodes.includes(issuer)) throw ticketRefused(`${issuer} is no node of this cluster any more.`);
  if (expiresMs <= nowMs || expiresMs - issuedMs > ticketLimit) throw ticketRefused("It has expired.");
  if (issuedMs > nowMs + ticketSkewMaxMs) throw ticketRefused("The clocks of the two nodes differ too much.");
  return { user, mark, issuer, issuedMs, expiresMs, id, ageMs, idleMs };
}

export const ticketRefused = (why: string): GemelError => new GemelError("GEMEL-4021", "ticket", why);

/** Nothing else that a node signs with its key begins like this. */
const signed = (body: string): Buffer => Buffer.from(`gemel hand-over ticket\n${body}`);

function parsed(body: string): Body | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body, "base64url").toString("utf8"));
    return Value.Check(bodySchema, value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function certificateOf(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(Buffer.from(text, "base64url"));
  } catch {
    return undefined;
  }
}

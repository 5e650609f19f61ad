// SPDX-License-Identifier: Apache-2.0
// People: who may come in, as what, and how a browser moves from one node to the other without a second
// login. And the certificates by which browsers and nodes know whom they speak with.

import { Type } from "@sinclair/typebox";
import { closed, nodeQuery, oneOfPart, optionalPart, said } from "./parts.js";

/** What a person may do: look · and command and acknowledge · and configure, protect, manage users. */
export const role = oneOfPart("monitor", "control", "admin");

/** Its rules are in core/edge/access/password.ts: there the refusal has words. */
const password = Type.String({ maxLength: 4096 });
const pem = Type.String({ maxLength: 64 * 1024 });

export const loginRequest = Type.Object(
  {
    user: Type.String({ maxLength: 255 }),
    password: password,
  },
  closed,
);

/** GET /session, answer of /login. The cookie itself is http-only: no script sees it. */
export const session = Type.Object({
  user: Type.String(),
  role,
  /** The node that answers. */
  node: Type.String(),
  /** Goes back in the header `x-gemel-csrf` with everything but GET. */
  csrf: Type.String(),
  /** So long without a request by a person, and the session ends. */
  idleSecondsMax: Type.Number(),
});

/**
 * Good once, for any other node: POSTed by a form to `${url}/handover`, never in a URL. A page fetches a new
 * one at login and every five minutes, so that it has one when its node dies.
 */
export const handOver = Type.Object({
  ticket: Type.String(),
  expiresAt: Type.String(),
  /** Where the other nodes' consoles are. */
  nodes: Type.Array(
    Type.Object({
      name: Type.String(),
      urls: Type.Array(Type.String()),
    }),
  ),
});

export const userView = Type.Object({
  name: Type.String(),
  role,
  changedAt: Type.String(),
  changedBy: Type.String(),
});

export const userRequest = Type.Object(
  {
    name: Type.String({ maxLength: 255 }),
    role,
    password: password,
  },
  closed,
);

export const userChange = Type.Object(
  {
    role: optionalPart(role),
    password: optionalPart(password),
  },
  closed,
);

export const passwordChange = Type.Object(
  {
    old: password,
    new: password,
  },
  closed,
);

export const certificateView = Type.Object({
  node: Type.String(),
  /** cluster-ca: trust this one · node: between daemons, and the console's when no own one is installed. */
  use: oneOfPart("cluster-ca", "node", "console", "admin"),
  subject: Type.String(),
  issuer: Type.String(),
  notBefore: Type.String(),
  notAfter: Type.String(),
  daysLeft: Type.Number(),
  /** SHA-256, colon-separated hex: what a careful person compares. */
  fingerprint: Type.String(),
});

/** An own certificate for the console of the answering node, both PEM; the key stays on that node. */
export const certificateRequest = Type.Object(
  {
    certificate: pem,
    privateKey: pem,
  },
  closed,
);

const userParams = Type.Object({ user: Type.String({ minLength: 1, maxLength: 64 }) });
const certificates = Type.Array(certificateView);

export const accessSchemas = {
  "POST /login": { body: loginRequest, answer: session },
  "POST /logout": { answer: said },
  "GET /session": { answer: session },
  "POST /session/password": { body: passwordChange, answer: said },
  "POST /session/handover": { answer: handOver },
  "POST /handover": {
    body: Type.Object({ ticket: Type.String({ maxLength: 16 * 1024 }) }),
    answer: Type.String(),
  },
  "GET /users": { answer: Type.Array(userView) },
  "POST /users": { body: userRequest, answer: userView },
  "PATCH /users/:user": { params: userParams, body: userChange, answer: userView },
  "DELETE /users/:user": { params: userParams, answer: said },
  "GET /certificates": { query: nodeQuery, answer: certificates },
  "PUT /certificates/console": { body: certificateRequest, answer: certificates },
  "DELETE /certificates/console": { answer: certificates },
  "GET /cluster/ca": { answer: Type.String() },
} as const;

// SPDX-License-Identifier: Apache-2.0
// The contract's requests as JSON schemas: fastify validates by them, OpenAPI is generated from them. The
// comparisons at the end do not compile when a schema and its type in contract.ts are not the same. Answers
// are described for readers of OpenAPI only; they are never filtered by their schema, so a forgotten field
// cannot get lost.

import { Optional as optional, Type, type Static, type TSchema } from "@sinclair/typebox";
import { moduleVerbs } from "../base/vocabulary.js";
import type * as contract from "./contract.js";

const closed = { additionalProperties: false } as const;
const text = Type.String({ minLength: 1, maxLength: 4096 });
const word = Type.String({ minLength: 1, maxLength: 255 });

export const moduleParams = Type.Object({ module: Type.String({ pattern: "^[a-z][a-z0-9-]{0,30}$" }) });
export const procedureParams = Type.Object({ id: Type.String({ pattern: "^[a-z0-9-]{1,64}$" }) });
export const peerCallParams = Type.Object({ call: Type.String({ pattern: "^[a-z-]{1,40}$" }) });

export const verb = Type.Union(moduleVerbs.map((one) => Type.Literal(one)));

export const commandRequest = Type.Object(
  { verb, node: optional(word), force: optional(Type.Boolean()), keep: optional(word) },
  closed,
);

const network = Type.Object({ name: word, cidr: word, address: optional(word) }, closed);

export const initRequest = Type.Object(
  {
    name: word,
    networks: Type.Array(network, { minItems: 1, maxItems: 4 }),
    node: optional(word),
    listen: optional(Type.Union([Type.Literal("all"), Type.Literal("networks")])),
    console: optional(word),
    password: optional(word),
  },
  closed,
);

export const joinRequest = Type.Object(
  {
    token: text,
    node: optional(word),
    addresses: optional(Type.Record(word, word)),
    console: optional(word),
  },
  closed,
);

export const admissionRequest = Type.Object(
  {
    secret: text,
    node: word,
    addresses: Type.Record(word, word),
    publicKey: text,
    version: word,
    protocol: Type.Integer({ minimum: 0 }),
    wallTimeMs: Type.Number(),
    console: optional(word),
  },
  closed,
);

const exclusion = Type.Object(
  { target: word, how: Type.Union([Type.Literal("detach"), Type.Literal("empty")]) },
  closed,
);

export const protectRequest = Type.Object(
  {
    vm: text,
    node: optional(word),
    module: optional(Type.String({ pattern: "^[a-z][a-z0-9-]{0,30}$" })),
    folder: optional(text),
    stop: optional(Type.Boolean()),
    dryRun: optional(Type.Boolean()),
    eject: optional(Type.Boolean()),
    exclude: optional(Type.Array(exclusion, { maxItems: 64 })),
  },
  closed,
);

export const vmsQuery = Type.Object({ node: optional(word) }, closed);
export const certificatesQuery = Type.Object({ node: optional(word) }, closed);

export const unprotectRequest = Type.Object({ stop: optional(Type.Boolean()) }, closed);
export const verifyRequest = Type.Object({ repair: optional(Type.Boolean()) }, closed);

export const moduleChange = Type.Object(
  {
    defaultPrim: optional(word),
    failover: optional(Type.Boolean()),
    boot: optional(Type.Boolean()),
    maxLoop: optional(Type.Integer({ minimum: 0, maximum: 1000 })),
    loopIntervalHours: optional(Type.Integer({ minimum: 1, maximum: 24 * 365 })),
    acknowledge: optional(Type.Union([Type.Literal("written"), Type.Literal("received")])),
    resyncCap: optional(Type.Integer({ minimum: 0, maximum: 1e12 })),
    stop: optional(Type.Union([Type.Literal("shutdown"), Type.Literal("save"), Type.Literal("off")])),
    niceStopSeconds: optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
    pin: optional(Type.String({ maxLength: 255 })),
    apart: optional(Type.String({ pattern: "^([a-z][a-z0-9-]{0,30})?$" })),
  },
  closed,
);

export const historyQuery = Type.Object(
  {
    module: optional(Type.String({ pattern: "^[a-z][a-z0-9-]{0,30}$" })),
    kind: optional(Type.Union((["decision", "audit", "log"] as const).map((one) => Type.Literal(one)))),
    node: optional(word),
    search: optional(Type.String({ minLength: 1, maxLength: 200 })),
    from: optional(Type.String({ maxLength: 40 })),
    to: optional(Type.String({ maxLength: 40 })),
    after: optional(Type.Integer({ minimum: 0 })),
    before: optional(Type.Integer({ minimum: 1 })),
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
  },
  closed,
);

const roles = Type.Union((["monitor", "control", "admin"] as const).map((one) => Type.Literal(one)));
/** Its rules are in core/edge/access/password.ts: there the refusal has words. */
const password = Type.String({ maxLength: 4096 });
const pem = Type.String({ maxLength: 64 * 1024 });

export const userParams = Type.Object({ user: Type.String({ minLength: 1, maxLength: 64 }) });
export const loginRequest = Type.Object({ user: Type.String({ maxLength: 255 }), password }, closed);
export const passwordChange = Type.Object({ old: password, new: password }, closed);
export const handOverForm = Type.Object({ ticket: Type.String({ maxLength: 16 * 1024 }) });
export const userRequest = Type.Object(
  { name: Type.String({ maxLength: 255 }), role: roles, password },
  closed,
);
export const userChange = Type.Object({ role: optional(roles), password: optional(password) }, closed);
export const certificateRequest = Type.Object({ certificate: pem, privateKey: pem }, closed);

export const figuresQuery = Type.Object({ node: optional(word) }, closed);

export const seriesQuery = Type.Object(
  {
    module: optional(Type.String({ pattern: "^[a-z][a-z0-9-]{0,30}$" })),
    host: optional(word),
    range: Type.Union((["1h", "24h", "30d"] as const).map((one) => Type.Literal(one))),
  },
  closed,
);

export const apiError = Type.Object({ code: word, message: text, where: Type.String(), next: Type.String() });

/** Described in words: contract.ts is the exact form. */
export const described = (description: string): TSchema => Type.Unknown({ description });

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
/** Schemas have no `readonly`: both sides are compared without it. */
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Plain<T[Key]> }
    : T;
type Agrees<Schema extends TSchema, Contract> = Same<Static<Schema>, Plain<Contract>>;

export const schemasAgree: readonly [
  Agrees<typeof commandRequest, contract.CommandRequest>,
  Agrees<typeof initRequest, contract.InitRequest>,
  Agrees<typeof joinRequest, contract.JoinRequest>,
  Agrees<typeof admissionRequest, contract.AdmissionRequest>,
  Agrees<typeof protectRequest, contract.ProtectRequest>,
  Agrees<typeof unprotectRequest, contract.UnprotectRequest>,
  Agrees<typeof verifyRequest, contract.VerifyRequest>,
  Agrees<typeof moduleChange, contract.ModuleChange>,
  Agrees<typeof loginRequest, contract.LoginRequest>,
  Agrees<typeof passwordChange, contract.PasswordChange>,
  Agrees<typeof userRequest, contract.UserRequest>,
  Agrees<typeof userChange, contract.UserChange>,
  Agrees<typeof certificateRequest, contract.CertificateRequest>,
] = [true, true, true, true, true, true, true, true, true, true, true, true, true];

// SPDX-License-Identifier: Apache-2.0
// What the API needs of the daemon, as one interface: an answer to each call of the table, and what it needs
// to know who asks. A refusal is a thrown GemelError or an ApiFailure that came from the other node.

import type { Access } from "../edge/access/access.js";
import { GemelError } from "../base/errors.js";
import type { Answer, Body, Params, Query, CallWay } from "./calls/ask.js";
import type { HttpWay } from "./calls/table.js";
import type { Caller } from "./caller.js";
import type { ApiError } from "./contract.js";
import type { LiveListener } from "./live.js";

export type PersonCaller = Extract<Caller, { readonly kind: "user" }>;

export function expectPerson(caller: Caller): PersonCaller {
  if (caller.kind === "user") return caller;
  throw new GemelError("GEMEL-4009", caller.name, "Only a person who is logged in has a session.");
}

/** A call as it reaches its answer: judged by its schemas, and the caller admitted. */
export interface AskedCall<W extends CallWay> {
  readonly params: Params<W>;
  readonly query: Query<W>;
  readonly body: Body<W>;
  readonly caller: Caller;
}

export type Answerer<W extends CallWay> = (asked: AskedCall<W>) => Answer<W> | Promise<Answer<W>>;
/** The calls that the daemon answers; the others are about HTTP itself (routes). */
export type DoorWay = Exclude<CallWay, HttpWay>;
export type Answers<W extends DoorWay = DoorWay> = { readonly [Each in W]: Answerer<Each> };
/** Of one file of rows. */
export type AnswersTo<Rows> = Answers<Extract<keyof Rows, DoorWay>>;

/** An error answer of the other node, passed on as it is. */
export class PeerRefusal extends Error {
  constructor(
    readonly status: number,
    readonly error: ApiError,
  ) {
    super(error.message);
    this.name = "ApiFailure";
  }
}

export interface ApiDoor {
  judge(certificate: Buffer): { readonly kind: "node" | "admin"; readonly name: string } | undefined;
  /** People coming in; before there is a cluster nobody can. */
  access(): Access | undefined;
  audit(caller: Caller, what: string, module: string | null, outcome: string): void;
  /** Events after `lastId`, then live ones; returns how to stop. */
  subscribe(lastId: number | undefined, listener: LiveListener): () => void;
  /** The module's VM runs here. */
  ready(module: string): boolean;
  readonly answers: Answers;
}

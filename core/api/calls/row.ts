// SPDX-License-Identifier: Apache-2.0
// One call of the API is one row, under its way: method and path. Whom it admits, where it is carried out,
// how the audit says it, how long another node may take for it, how the command line may end. Routes,
// OpenAPI, admission, audit, the command line, the console, its mock and forwarding are all made of the
// rows. Plain data: what a request and its answer look like is beside it in core/api/schemas, which a
// browser never loads.

import type { Milliseconds } from "../../base/units.js";
import type { Role } from "../contract.js";
import { deedWords, type Deed } from "./deed.js";

/** Which callers a call admits: a role · other nodes · root on this host · whoever comes. */
export type Admits = Role | "nodes" | "local" | "everybody";

/**
 * Where it is carried out, whichever node is asked.
 *
 *     here      the node that was asked
 *     node      the one that `node` names, in query or body; absent: the one that was asked
 *     module    `node` in query or body; absent: where the command belongs (edge/calls/commands.ts)
 *     primary   the one that runs the module
 *     cluster   the node that was asked, for all: the other one learns of it
 */
export type CallPlace = "here" | "node" | "module" | "primary" | "cluster";

/** How the command line may end beside done, refused, usage and unreachable (core/cli/outcome.ts). */
export type LateExit = "notFinished" | "unprotected" | "notReady";

export interface CallRow {
  /** For readers of OpenAPI. */
  readonly does: string;
  readonly admits: Admits;
  readonly place: CallPlace;
  /** Of what changes something. */
  readonly deed?: Deed;
  /** How long the node that carries it out may take, when another one was asked. */
  readonly limit?: Milliseconds;
  readonly exits?: readonly LateExit[];
  /** So many a minute from one address. */
  readonly perMinute?: number;
  /** About HTTP itself (cookies, a stream, a form, a status): answered in core/api/routes. */
  readonly http?: true;
  /** What it answers is of this kind; absent: JSON. */
  readonly type?: string;
  /** Beside 200 it answers the same form with this status. */
  readonly status?: number;
  /** Between nodes: not for readers of OpenAPI. */
  readonly hidden?: true;
  /** Why neither the command line nor the console asks for it. */
  readonly unused?: string;
}

export interface ChangingRow extends CallRow {
  readonly deed: Deed;
}

/** A row for every way that has schemas, and no other; what is no GET has words for the audit. */
export type CallRows<Schemas> = {
  readonly [CallWay in keyof Schemas]: CallWay extends `GET ${string}` ? CallRow : ChangingRow;
};

export const look = (does: string, more: Partial<CallRow> = {}): CallRow => ({
  does,
  admits: "monitor",
  place: "here",
  ...more,
});

/** `deed` as words, or made of what was asked. */
export const change = (
  does: string,
  admits: Admits,
  deed: string | Deed,
  more: Partial<CallRow> = {},
): ChangingRow => ({
  does,
  admits,
  place: "here",
  ...more,
  deed: typeof deed === "string" ? deedWords(deed) : deed,
});

export const overHttp = <One extends CallRow>(row: One): One & { readonly http: true } => ({
  ...row,
  http: true,
});

// SPDX-License-Identifier: Apache-2.0
// The contract's part about people: who may come in, as what, and how a browser moves from one node to the
// other without a second login. Types alone, like contract.ts.

/** What a person may do: look · and command and acknowledge · and configure, protect, manage users. */
export type Role = "monitor" | "control" | "admin";

export interface LoginRequest {
  readonly user: string;
  readonly password: string;
}

/** GET /session, answer of /login. The cookie itself is http-only: no script sees it. */
export interface Session {
  readonly user: string;
  readonly role: Role;
  /** The node that answers. */
  readonly node: string;
  /** Goes back in the header `x-gemel-csrf` with everything but GET. */
  readonly csrf: string;
  /** So long without a request by a person, and the session ends. */
  readonly idleSecondsMax: number;
}

/**
 * Good once, for any other node: POSTed by a form to `${url}/handover`, never in a URL. A page fetches a new
 * one at login and every five minutes, so that it has one when its node dies.
 */
export interface HandOver {
  readonly ticket: string;
  readonly expiresAt: string;
  /** Where the other nodes' consoles are. */
  readonly nodes: readonly { readonly name: string; readonly urls: readonly string[] }[];
}

export interface UserView {
  readonly name: string;
  readonly role: Role;
  readonly changedAt: string;
  readonly changedBy: string;
}

export interface UserRequest {
  readonly name: string;
  readonly role: Role;
  readonly password: string;
}

export interface UserChange {
  readonly role?: Role;
  readonly password?: string;
}

export interface PasswordChange {
  readonly old: string;
  readonly new: string;
}

export interface CertificateView {
  readonly node: string;
  /** cluster-ca: trust this one · node: between daemons, and the console's when no own one is installed. */
  readonly use: "cluster-ca" | "node" | "console" | "admin";
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly daysLeft: number;
  /** SHA-256, colon-separated hex: what a careful person compares. */
  readonly fingerprint: string;
}

/** An own certificate for the console of the answering node, both PEM; the key stays on that node. */
export interface CertificateRequest {
  readonly certificate: string;
  readonly privateKey: string;
}

/** Automatic failover is paused on the whole cluster: nobody takes over, commands of a person still work. */
export interface Pause {
  readonly since: string;
  readonly by: string;
  readonly why: string;
}

export interface PauseRequest {
  readonly why: string;
}

/** What must not be missed: a red banner until it is over, its sound until somebody has acknowledged it. */
export interface Alarm {
  /** Stable while the cause lasts: code, and module, node or network. */
  readonly id: string;
  readonly severity: "red" | "amber";
  /** GEMEL-nnnn where an error code says the same, else a word. */
  readonly code: string;
  readonly sentence: string;
  readonly next: string;
  readonly module?: string;
  readonly node?: string;
  readonly since: string;
  readonly acknowledged?: { readonly by: string; readonly at: string };
}

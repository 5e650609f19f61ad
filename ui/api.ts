// SPDX-License-Identifier: Apache-2.0
// The console's only way to a cluster: ask and listen. Two transports implement it: transport.ts (HTTPS) and
// the mock cluster. No browser type stands here, so that tests can import it under Node.
//
// Invariant: whatever fails, fails as an ApiFailure, which says what, why, where and what now.

import type { ApiError, Ask, LiveEvent } from "../core/api/contract.js";

export interface StreamListener {
  readonly opened: () => void;
  readonly event: (event: LiveEvent) => void;
  /** It is gone or was refused; the transport tries again by itself until it is told to stop. */
  readonly lost: (failure: ApiFailure) => void;
}

export interface Transport {
  readonly ask: Ask;
  /** Returns what ends it. */
  events(listener: StreamListener): () => void;
}

/** HTTP status where there was one; 0: the node did not answer at all. */
export class ApiFailure extends Error implements ApiError {
  readonly code: string;
  readonly where: string;
  readonly next: string;

  constructor(
    readonly status: number,
    error: ApiError,
    /** So long the API wants to be left alone (429). */
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(error.message);
    this.name = "ApiFailure";
    this.code = error.code;
    this.where = error.where;
    this.next = error.next;
  }

  get isSilence(): boolean {
    return this.status === 0;
  }

  /** A wrong password is a 401 too, but about what was typed, not about the session. */
  get isLoggedOut(): boolean {
    return this.status === 401 && this.code !== "GEMEL-4015";
  }
}

export function silence(where: string): ApiFailure {
  return new ApiFailure(0, {
    code: "",
    message: "The node does not answer.",
    where,
    next: "Wait for the connection to come back; on the node itself, look with: gemel status",
  });
}

/** What a page shows for anything that was thrown at it. */
export function failureOf(thrown: unknown): ApiFailure {
  if (thrown instanceof ApiFailure) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ApiFailure(-1, {
    code: "",
    message: `The console itself failed: ${message}`,
    where: "console",
    next: "Load the page again; the cluster is not touched by this.",
  });
}

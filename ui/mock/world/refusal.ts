// SPDX-License-Identifier: Apache-2.0
// A refusal as the API gives it: HTTP status and body, with the registry's own codes and words.

import { failure, httpStatusOf, type ErrorCode } from "../../../core/base/errors.js";
import type { ApiError } from "../../../core/api/contract.js";

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: ApiError,
    /** As in the header Retry-After. */
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(body.message);
    this.name = "Refusal";
  }
}

/** `where`: module, node or the field of the request that is wrong. */
export function refuse(code: ErrorCode, where: string, detail?: string, next?: string): Refusal {
  return new Refusal(httpStatusOf(code), failure(code, where, detail, next));
}

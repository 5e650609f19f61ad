// SPDX-License-Identifier: Apache-2.0
// A refusal as the API gives it: HTTP status and body, with the registry's own codes and words.

import { failure, type ErrorCode } from "../../../core/base/errors.js";
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

/** As core/api/server.ts has them; what is not here is 409. */
const statuses: Readonly<Record<number, readonly string[]>> = {
  400: ["GEMEL-4006", "GEMEL-4008", "GEMEL-4018", "GEMEL-4020", "GEMEL-4022"],
  401: ["GEMEL-4003", "GEMEL-4004", "GEMEL-4013", "GEMEL-4015", "GEMEL-4021"],
  403: ["GEMEL-4009", "GEMEL-4016"],
  404: ["GEMEL-1001", "GEMEL-3005", "GEMEL-4012", "GEMEL-4017"],
  429: ["GEMEL-4014"],
};

export function statusOfCode(code: string): number {
  const found = Object.entries(statuses).find(([, codes]) => codes.includes(code));
  return found === undefined ? 409 : Number(found[0]);
}

/** `where`: module, node or the field of the request that is wrong. */
export function refuse(code: ErrorCode, where: string, detail?: string, next?: string): Refusal {
  return new Refusal(statusOfCode(code), failure(code, where, detail, next));
}

// SPDX-License-Identifier: Apache-2.0
// A refusal as the API gives it: HTTP status and body, with the registry's own codes and words.

import { failure, type ErrorCode } from "../../../core/base/errors.js";
import type { ApiError } from "../../../core/api/contract.js";

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: ApiError,
  ) {
    super(body.message);
    this.name = "Refusal";
  }
}

const statuses: Readonly<Record<string, number>> = {
  "GEMEL-1001": 404,
  "GEMEL-3005": 404,
  "GEMEL-4012": 404,
  "GEMEL-4003": 401,
  "GEMEL-4004": 401,
  "GEMEL-4013": 401,
  "GEMEL-4015": 401,
  "GEMEL-4009": 403,
  "GEMEL-4006": 400,
  "GEMEL-4008": 400,
};

export const statusOf = (code: string): number => statuses[code] ?? (code.startsWith("GEMEL-9") ? 500 : 409);

/** `where`: module, node or the field of the request that is wrong. */
export function refuse(code: ErrorCode, where: string, detail?: string, next?: string): Refusal {
  return new Refusal(statusOf(code), failure(code, where, detail, next));
}

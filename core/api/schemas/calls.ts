// SPDX-License-Identifier: Apache-2.0
// What each call is asked with and what it answers, by its way ("GET /status"). fastify judges requests by
// these, OpenAPI shows them, and the contract's types are made of them. Answers are never filtered by their
// schema: a field that was forgotten here is missed by the tests, not by whoever asked.
//
// The other half of each call, in plain data that a browser can have, is its row in core/api/calls.

import type { TSchema } from "@sinclair/typebox";
import { accessSchemas } from "./access.js";
import { clusterSchemas } from "./cluster.js";
import { historySchemas } from "./history.js";
import { loadSchemas } from "./load.js";
import { moduleSchemas } from "./modules.js";
import { protectSchemas } from "./protect.js";
import { statusSchemas } from "./status.js";

export interface CallSchemas {
  readonly params?: TSchema;
  readonly query?: TSchema;
  readonly body?: TSchema;
  readonly answer: TSchema;
}

export const schemas = {
  ...statusSchemas,
  ...historySchemas,
  ...moduleSchemas,
  ...protectSchemas,
  ...clusterSchemas,
  ...loadSchemas,
  ...accessSchemas,
} as const satisfies Readonly<Record<string, CallSchemas>>;

export type Schemas = typeof schemas;

// SPDX-License-Identifier: Apache-2.0
// The table of calls as fastify's routes: each row with its schemas and the answer that belongs to it.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { requestBytesMax, strangerBodyBytesMax } from "../../base/limits/access.js";
import type { Answer, CallWay } from "../calls/ask.js";
import { fieldsOf } from "../calls/deed.js";
import { rowOf, routeOf } from "../calls/table.js";
import type { AskedCall } from "../door.js";
import { schemas, type CallSchemas } from "../schemas/calls.js";
import { apiError } from "../schemas/parts.js";

export interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** What answers may go by: the call itself, or all that HTTP knows of it. */
export type HttpAnswerer<W extends CallWay> = (
  asked: AskedCall<W>,
  exchange: Exchange,
) => Answer<W> | FastifyReply | Promise<Answer<W> | FastifyReply>;
export type HttpAnswers<W extends CallWay> = { readonly [Each in W]: HttpAnswerer<Each> };

export function registerCalls<W extends CallWay>(app: FastifyInstance, answers: HttpAnswers<W>): void {
  for (const way of Object.keys(answers) as W[]) registerCall(app, way, answers[way]);
}

function registerCall<W extends CallWay>(app: FastifyInstance, way: W, answer: HttpAnswerer<W>): void {
  const { method, url } = routeOf(way);
  const { admits, perMinute } = rowOf(way);
  app.route({
    method,
    url,
    schema: describedBy(way),
    // Whom it admits is judged before the body is read (R90).
    bodyLimit: admits === "everybody" ? strangerBodyBytesMax : requestBytesMax,
    config: { admits, ...(perMinute !== undefined && { rateLimit: { max: perMinute, timeWindow: 60_000 } }) },
    handler: async (request, reply) => {
      const { params, query, body, caller } = request;
      // fastify has judged them by the call's own schemas.
      const asked = { params, query, body, caller } as AskedCall<W>;
      const answered = await answer(asked, { request, reply });
      const { module } = fieldsOf(reply.sent ? undefined : answered);
      if (typeof module === "string") request.made = module;
      return answered;
    },
  });
}

/** What fastify judges by and OpenAPI shows; `x-` are words of the row for whoever writes a client. */
function describedBy(way: CallWay): object {
  const { params, query, body, answer }: CallSchemas = schemas[way];
  const { does, hidden, type, status, admits, place, exits = [] } = rowOf(way);
  const answered = type === undefined ? answer : { content: { [type]: { schema: answer } } };
  return {
    summary: does,
    ...(hidden === true && { hide: true }),
    ...(params !== undefined && { params }),
    ...(query !== undefined && { querystring: query }),
    ...(body !== undefined && { body }),
    response: {
      200: answered,
      ...(status !== undefined && { [status]: answered }),
      "4xx": apiError,
      "5xx": apiError,
    },
    "x-admits": admits,
    "x-place": place,
    "x-exits": exits,
  };
}

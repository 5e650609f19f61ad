// SPDX-License-Identifier: Apache-2.0
// What HTTP itself has a say in beside people: the live stream, the question of load balancers, and the file
// that browsers are to trust.

import { liveKeepAliveMs, liveUnreadBytesMax } from "../../base/limits/access.js";
import { GemelError } from "../../base/errors.js";
import { isStillIn } from "../admission.js";
import type { ApiDoor } from "../door.js";
import type { Exchange, HttpAnswers } from "./calls.js";

export function liveAnswers(door: ApiDoor): HttpAnswers<"GET /events" | "GET /ready/:module"> {
  return {
    "GET /ready/:module": ({ params }, { reply }) => {
      const active = door.ready(params.module);
      return reply.code(active ? 200 : 404).send({ active });
    },
    "GET /events": (_asked, exchange) => {
      stream(door, exchange);
      return exchange.reply;
    },
  };
}

function stream(door: ApiDoor, { request, reply }: Exchange): void {
  const header = request.headers["last-event-id"];
  const last = typeof header === "string" && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
  if (header !== undefined && last === undefined) {
    throw new GemelError("GEMEL-4008", "Last-Event-ID", "It must be a number.");
  }
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    // A reverse proxy (nginx) would hold back what it has until there is more of it.
    "x-accel-buffering": "no",
  });
  const stop = door.subscribe(last, (id, event) => {
    const place = id === undefined ? "" : `id: ${id}\n`;
    if (raw.writableLength > liveUnreadBytesMax) raw.destroy();
    else raw.write(`${place}event: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
  });
  const alive = setInterval(() => {
    // Logged out, idle too long, removed: who may not ask any more need not be told either.
    if (isStillIn(request.caller, door)) raw.write(": alive\n\n");
    else raw.end();
  }, liveKeepAliveMs);
  raw.on("close", () => {
    clearInterval(alive);
    stop();
  });
}

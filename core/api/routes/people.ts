// SPDX-License-Identifier: Apache-2.0
// People over HTTP: coming in, going to the other node, and the certificate that their browser is to trust.
// What they do once they are in is answered like every other call (edge/calls/people.ts).

import cookies from "@fastify/cookie";
import forms from "@fastify/formbody";
import limits from "@fastify/rate-limit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Access, OpenedSession } from "../../edge/access/access.js";
import { TooManyTries } from "../../edge/access/login-guard.js";
import { GemelError } from "../../base/errors.js";
import { milliseconds } from "../../base/units.js";
import { cookieName } from "../admission.js";
import type { HttpWay } from "../calls/table.js";
import { expectPerson, type ApiDoor } from "../door.js";
import { registerCalls, type HttpAnswers } from "./calls.js";

/** Before any route: what the others need to know who asks. */
export async function readCookies(app: FastifyInstance): Promise<void> {
  await app.register(cookies);
  await app.register(limits, {
    global: false,
    errorResponseBuilder: (_request, { ttl }) => new TooManyTries(milliseconds(ttl)),
  });
}

type OfPeople = Exclude<HttpWay, "GET /events" | "GET /ready/:module" | "POST /handover">;

export function sessionAnswers(door: ApiDoor): HttpAnswers<OfPeople> {
  const access = (): Access => accessOf(door);
  return {
    "POST /login": async ({ body, caller: { address } }, { request, reply }) => {
      // In the audit: who tried, but only a name that exists. People type passwords into the wrong field.
      const isKnown = access().users.find(body.user) !== undefined;
      const name = isKnown ? body.user : "unknown user";
      request.caller = { kind: "nobody", name, address, isStranger: false };
      const entered = await access().login(body, address);
      return letIn(request, reply, access(), entered).session;
    },
    "POST /logout": ({ caller }, { reply }) => {
      if (caller.kind === "user") access().logout(caller.session);
      void reply.clearCookie(cookieName(access().node), { path: "/" });
      return { sentence: `${caller.name} is logged out.` };
    },
    "POST /session/handover": ({ caller }, { request }) =>
      access().handOver(expectPerson(caller), request.headers.host ?? ""),
    "GET /cluster/ca": (_asked, { reply }) =>
      reply
        .serializer(String)
        .type("application/x-pem-file")
        .header("content-disposition", 'attachment; filename="gemel-ca.pem"')
        .send(access().authority),
  };
}

/** A form's body is read here only: everywhere else a form, which any site can post, is refused. */
export function handOverRoute(app: FastifyInstance, door: ApiDoor): void {
  void app.register((child, _options, done) => {
    void child.register(forms);
    registerCalls(child, {
      "POST /handover": ({ body }, { request, reply }) => {
        try {
          const access = accessOf(door);
          letIn(request, reply, access, access.takeOver(body.ticket));
          // From where the form was posted: below a reverse proxy's path as well.
          return reply.redirect("./", 303);
        } catch (error) {
          if (!(error instanceof GemelError)) throw error;
          return reply.code(401).type("text/html; charset=utf-8").send(refusalPage(error));
        }
      },
    } satisfies HttpAnswers<"POST /handover">);
    done();
  });
}

function accessOf(door: ApiDoor): Access {
  const found = door.access();
  if (found === undefined) throw new GemelError("GEMEL-4001", "");
  return found;
}

function letIn(
  request: FastifyRequest,
  reply: FastifyReply,
  access: Access,
  entered: OpenedSession,
): OpenedSession {
  const { user: name, role } = entered.session;
  request.caller = { kind: "user", name, role, address: request.caller.address, session: entered.id };
  // Without an age: closing the browser ends it, too. Ports share cookies, hence the node's name in it.
  void reply.setCookie(cookieName(access.node), entered.id, {
    path: "/",
    httpOnly: true,
    secure: true,
    sameSite: "strict",
  });
  return entered;
}

/** Reached by a form, so a person reads it: a page of words, without a script. */
function refusalPage({ code, message, next }: GemelError): string {
  const safe = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Gemel</title>
<h1>You are not logged in on this node</h1><p>${safe(message)}</p><p>${safe(next)}</p>
<p><a href="./">To the login</a> <small>${safe(code)}</small></p></html>\n`;
}

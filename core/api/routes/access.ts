// SPDX-License-Identifier: Apache-2.0
// People: coming in, going to the other node, users, certificates.

import cookies from "@fastify/cookie";
import forms from "@fastify/formbody";
import limits from "@fastify/rate-limit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Static } from "@sinclair/typebox";
import type { Access, OpenedSession } from "../../edge/access/access.js";
import { TooManyTries } from "../../edge/access/login-guard.js";
import { GemelError } from "../../base/errors.js";
import { milliseconds } from "../../base/units.js";
import { cookieName } from "../admission.js";
import type { ApiDoor, Caller } from "../door.js";
import {
  certificateRequest,
  described,
  handOverForm,
  loginRequest,
  certificatesQuery,
  passwordChange,
  userChange,
  userParams,
  userRequest,
} from "../schemas.js";

/** Beside the back-off for wrong passwords: so many a minute from one address, right or wrong. */
const rateLimit = { max: 60, timeWindow: 60_000 };

/** Before any route: what the others need to know who asks. */
export async function readCookies(app: FastifyInstance): Promise<void> {
  await app.register(cookies);
  await app.register(limits, {
    global: false,
    errorResponseBuilder: (_request, { ttl }) => new TooManyTries(milliseconds(ttl)),
  });
}

export function accessRoutes(app: FastifyInstance, door: ApiDoor): void {
  const access = (): Access => {
    const found = door.access();
    if (found === undefined) throw new GemelError("GEMEL-4001", "");
    return found;
  };
  sessionRoutes(app, access);
  userRoutes(app, access);
  certificateRoutes(app, door, access);
  void app.register((child, _options, done) => {
    handOverRoute(child, access);
    done();
  });
}

function sessionRoutes(app: FastifyInstance, access: () => Access): void {
  app.post<{ Body: Static<typeof loginRequest> }>(
    "/api/v1/login",
    {
      schema: {
        summary: "A person comes in; the cookie is the session",
        body: loginRequest,
        response: { 200: described("Session") },
      },
      config: { admits: "everybody", rateLimit },
    },
    async (request, reply) => {
      const { address } = request.caller;
      // In the audit: who tried, but only a name that exists. People type passwords into the wrong field.
      const { user } = request.body;
      const isKnown = access().users.find(user) !== undefined;
      request.caller = { kind: "nobody", name: isKnown ? user : "unknown user", address, isStranger: false };
      const entered = await access().login(request.body, address);
      return letIn(request, reply, access(), entered).session;
    },
  );
  app.post(
    "/api/v1/logout",
    { schema: { summary: "The session ends" }, config: { admits: "monitor" } },
    (request, reply) => {
      const { caller } = request;
      if (caller.kind === "user") access().logout(caller.session);
      void reply.clearCookie(cookieName(access().node), { path: "/" });
      return reply.send({ sentence: `${caller.name} is logged out.` });
    },
  );
  app.get(
    "/api/v1/session",
    {
      schema: { summary: "Who asks, and as what", response: { 200: described("Session") } },
      config: { admits: "monitor" },
    },
    ({ caller }) =>
      caller.kind === "user"
        ? access().session(caller)
        : access().sessionOf(caller.name, caller.kind === "nobody" ? "monitor" : caller.role),
  );
  app.post<{ Body: Static<typeof passwordChange> }>(
    "/api/v1/session/password",
    {
      schema: { summary: "A person changes the own password; other sessions end", body: passwordChange },
      config: { admits: "monitor" },
    },
    async ({ caller, body }) => {
      await access().changeOwnPassword(personOf(caller), body, caller.address);
      return { sentence: "The password is changed. Sessions elsewhere have ended." };
    },
  );
  app.post(
    "/api/v1/session/handover",
    {
      schema: {
        summary: "A ticket, good once, to come in on another node without a login",
        response: { 200: described("HandOver") },
      },
      config: { admits: "monitor" },
    },
    ({ caller, headers }) => access().handOver(personOf(caller), headers.host ?? ""),
  );
}

/** A form's body is read here only: everywhere else a form, which any site can post, is refused. */
function handOverRoute(app: FastifyInstance, access: () => Access): void {
  void app.register(forms);
  app.post<{ Body: Static<typeof handOverForm> }>(
    "/handover",
    {
      schema: { summary: "A form's ticket of another node for a session here", body: handOverForm },
      config: { admits: "everybody", rateLimit },
    },
    (request, reply) => {
      try {
        letIn(request, reply, access(), access().takeOver(request.body.ticket));
        return reply.redirect("/", 303);
      } catch (error) {
        if (!(error instanceof GemelError)) throw error;
        return reply.code(401).type("text/html; charset=utf-8").send(refusalPage(error));
      }
    },
  );
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

function userRoutes(app: FastifyInstance, access: () => Access): void {
  app.get(
    "/api/v1/users",
    {
      schema: { summary: "Who may come in, as what", response: { 200: described("UserView[]") } },
      config: { admits: "admin" },
    },
    () => access().users.list(),
  );
  app.post<{ Body: Static<typeof userRequest> }>(
    "/api/v1/users",
    {
      schema: {
        summary: "A new user, on both nodes",
        body: userRequest,
        response: { 200: described("UserView") },
      },
      config: { admits: "admin" },
    },
    ({ body, caller }) => access().users.add(body, caller.name),
  );
  app.patch<{ Params: Static<typeof userParams>; Body: Static<typeof userChange> }>(
    "/api/v1/users/:user",
    {
      schema: {
        summary: "Another role or password; a new password ends the user's sessions",
        params: userParams,
        body: userChange,
        response: { 200: described("UserView") },
      },
      config: { admits: "admin" },
    },
    ({ params, body, caller }) => access().users.change(params.user, body, caller.name),
  );
  app.delete<{ Params: Static<typeof userParams> }>(
    "/api/v1/users/:user",
    {
      schema: { summary: "Remove a user; its sessions end", params: userParams },
      config: { admits: "admin" },
    },
    ({ params }) => {
      access().users.remove(params.user);
      return { sentence: `${params.user} is removed.` };
    },
  );
}

function certificateRoutes(app: FastifyInstance, door: ApiDoor, access: () => Access): void {
  const answers = { 200: described("CertificateView[]") };
  app.get<{ Querystring: Static<typeof certificatesQuery> }>(
    "/api/v1/certificates",
    {
      schema: {
        summary: "The certificates of a node (absent: of this one), and how long they last",
        querystring: certificatesQuery,
        response: answers,
      },
      config: { admits: "monitor" },
    },
    async ({ query: { node } }) =>
      node === undefined ? access().certificates() : await door.watch.certificates(node),
  );
  app.put<{ Body: Static<typeof certificateRequest> }>(
    "/api/v1/certificates/console",
    {
      schema: {
        summary: "An own certificate for this node's console, at once",
        body: certificateRequest,
        response: answers,
      },
      config: { admits: "admin" },
    },
    ({ body }) => access().installCertificate(body),
  );
  app.delete(
    "/api/v1/certificates/console",
    {
      schema: { summary: "The node's own certificate serves the console again", response: answers },
      config: { admits: "admin" },
    },
    () => access().removeCertificate(),
  );
  app.get(
    "/api/v1/cluster/ca",
    {
      schema: {
        summary: "The certificate (PEM) that browsers are to trust",
        response: { 200: described("PEM") },
      },
      config: { admits: "everybody" },
    },
    (_request, reply) =>
      reply
        .serializer(String)
        .type("application/x-pem-file")
        .header("content-disposition", 'attachment; filename="gemel-ca.pem"')
        .send(access().authority),
  );
}

type Person = Extract<Caller, { readonly kind: "user" }>;

function personOf(caller: Caller): Person {
  if (caller.kind === "user") return caller;
  throw new GemelError("GEMEL-4009", caller.name, "Only a person who is logged in has a session.");
}

/** Reached by a form, so a person reads it: a page of words, without a script. */
function refusalPage({ code, message, next }: GemelError): string {
  const safe = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Gemel</title>
<h1>You are not logged in on this node</h1><p>${safe(message)}</p><p>${safe(next)}</p>
<p><a href="/">To the login</a> <small>${safe(code)}</small></p></html>\n`;
}

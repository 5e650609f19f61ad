// SPDX-License-Identifier: Apache-2.0
// One fastify application, several ways in: the unix socket (always, also before there is a cluster) and
// HTTPS on the cluster's API port once there is one. The ways come and go while the application stays, so a
// daemon that founds or joins a cluster needs no restart. Whoever comes in is judged per request
// (admission.ts), by certificate, not by date.

import swagger from "@fastify/swagger";
import { Ajv } from "ajv";
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import {
  createServer as createHttp,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from "node:http";
import { dirname } from "node:path";
import type { Duplex } from "node:stream";
import { TooManyTries } from "../edge/access/login-guard.js";
import { failure, GemelError, httpStatusOf } from "../base/errors.js";
import { strangerBodyBytesMax } from "../base/limits/access.js";
import { admit, admitsOf, callerOf, demandCsrf, markLocal, noteWay, type Ways } from "./admission.js";
import { consoleFolder, consoleRoutes, guardBrowsers } from "./console/files.js";
import type { CallWay } from "./calls/ask.js";
import type { Caller } from "./caller.js";
import { fieldsOf } from "./calls/deed.js";
import { deedOf } from "./calls/table.js";
import { apiRoot, type ApiError } from "./contract.js";
import { PeerRefusal, type ApiDoor } from "./door.js";
import { registerCalls, type HttpAnswers } from "./routes/calls.js";
import { liveAnswers } from "./routes/live.js";
import { handOverRoute, sessionAnswers, readCookies } from "./routes/people.js";
import { listening, SecurePort, type SecureWay, type ServerIdentity } from "./secure/port.js";

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller;
    /** The module that came of it, where the address does not name one: for the audit. */
    made: string | null;
  }
}

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

type Routes = (app: FastifyInstance, door: ApiDoor) => void;

const allCalls: Routes = (app, door) => {
  const answers: HttpAnswers<Exclude<CallWay, "POST /handover">> = {
    ...door.answers,
    ...liveAnswers(door),
    ...sessionAnswers(door),
  };
  registerCalls(app, answers);
  handOverRoute(app, door);
};

export interface ApplicationParts {
  readonly routes?: readonly Routes[];
  readonly console?: string;
}

export async function buildApplication(
  door: ApiDoor,
  version: string,
  { routes: groups = [allCalls], console = consoleFolder }: ApplicationParts = {},
): Promise<FastifyInstance> {
  const app = Fastify({
    // What a call that knows its callers may bring is said where it is registered.
    bodyLimit: strangerBodyBytesMax,
    forceCloseConnections: true,
  });
  const exact = new Ajv({ useDefaults: true });
  const text = new Ajv({ useDefaults: true, coerceTypes: true });
  // In an address all is text. A body says what it means: by fastify 5's own way null would be 0 or false,
  // "false" false, and what no schema knows would be dropped in silence (findings/fastify-null-body.sh).
  app.setValidatorCompiler<object>(({ schema, httpPart }) =>
    (httpPart === "body" ? exact : text).compile(schema),
  );
  const ways: Ways = new Map();
  app.decorate("ways", ways);
  app.addHook("onRoute", (route) => noteWay(ways, route));
  await app.register(swagger, {
    openapi: {
      info: {
        title: "Gemel",
        version,
        description:
          "Keeps virtual machines running when a host dies. An error is {code, message, where, next}.",
      },
    },
  });
  // Answers are described for readers of OpenAPI, never filtered by their description.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.decorateRequest("caller");
  app.decorateRequest("made", null);
  await readCookies(app);
  await guardBrowsers(app, door);
  app.addHook("onRequest", (request, _reply, done) => {
    request.caller = callerOf(request, door);
    admit(admitsOf(request), request.caller);
    demandCsrf(request, door);
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    if (request.method !== "GET") record(door, request, reply);
    done();
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => {
    void reply.code(404).send(failure("GEMEL-4008", request.url, "There is no such address."));
  });
  await consoleRoutes(app, console);
  for (const routes of groups) routes(app, door);
  app.get(`${apiRoot}/openapi.json`, { schema: { hide: true }, config: { admits: "monitor" } }, () =>
    app.swagger(),
  );
  await app.ready();
  return app;
}

/** The ways in. `upgrade` gets what asks to leave HTTP: the control connection between nodes. */
export class ApiServer {
  private readonly local: Server;
  private secure: SecurePort | undefined;

  constructor(
    private readonly app: FastifyInstance,
    private readonly upgrade: Upgrade,
  ) {
    this.local = createHttp((request, response) => app.routing(request, response));
    this.local.on("connection", markLocal);
    // Once it listens: no descriptor for a command is that command's trouble (R91).
    this.local.on("error", () => undefined);
  }

  /** Only root may speak here: the folder's and the socket's mode say so. */
  async openLocal(path: string): Promise<void> {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    rmSync(path, { force: true });
    const before = process.umask(0o177);
    try {
      await listening(this.local, { path });
    } finally {
      process.umask(before);
    }
    chmodSync(path, 0o600);
  }

  async openSecure(way: SecureWay): Promise<void> {
    await this.secure?.close();
    const request: RequestListener = (asked, answer) => this.app.routing(asked, answer);
    this.secure = new SecurePort(way, { request, upgrade: this.upgrade });
    await this.secure.open();
  }

  showBrowsers(console: ServerIdentity | undefined): void {
    this.secure?.showBrowsers(console);
  }

  async close(): Promise<void> {
    await this.secure?.close();
    this.local.closeAllConnections();
    await new Promise((done) => this.local.close(done));
    await this.app.close();
  }
}

function record(door: ApiDoor, request: FastifyRequest, reply: FastifyReply): void {
  const { url } = request.routeOptions;
  // An address that leads nowhere: nothing was asked for.
  if (url === undefined) return;
  const params = fieldsOf(request.params);
  const what = deedOf(`${request.method} ${url}`, { params, body: fieldsOf(request.body) });
  if (what === null) return;
  const outcome = reply.statusCode < 400 ? "accepted" : `refused (${reply.statusCode})`;
  const module = typeof params["module"] === "string" ? params["module"] : request.made;
  door.audit(request.caller, what, module, outcome);
}

/** Refusals have their own status; whatever nobody foresaw is ours to explain, never the caller's fault. */
function answerError(error: FastifyError | Error, _request: FastifyRequest, reply: FastifyReply): void {
  const [status, body] = translate(error);
  if (error instanceof TooManyTries) void reply.header("retry-after", error.retryAfterSeconds);
  void reply.code(status).type("application/json").send(body);
}

function translate(error: FastifyError | Error): [number, ApiError] {
  if (error instanceof PeerRefusal) return [error.status, error.error];
  if (error instanceof GemelError) return [httpStatusOf(error.code), error.toJSON()];
  const { statusCode = 500, validation } = error as Partial<FastifyError>;
  const [fault] = validation ?? [];
  if (fault !== undefined) return [statusCode, refusedField(fault)];
  if (statusCode < 500) return [statusCode, failure("GEMEL-4008", "", error.message)];
  return [500, failure("GEMEL-9003", "", error.message)];
}

/** `where` is the field's own name, so that a form shows the message beside it. */
function refusedField({ instancePath, params, message = "is not valid" }: FastifyFault): ApiError {
  const named = params["missingProperty"] ?? params["additionalProperty"];
  const parts = [...instancePath.split("/"), typeof named === "string" ? named : ""];
  const field = parts.filter((part) => part !== "").join(".");
  return failure("GEMEL-4008", field, `${field}: ${message}.`);
}

type FastifyFault = NonNullable<FastifyError["validation"]>[number];

// SPDX-License-Identifier: Apache-2.0
// One fastify application, several ways in: the unix socket (always, also before there is a cluster) and
// HTTPS on the cluster's API port once there is one. The ways come and go while the application stays, so a
// daemon that founds or joins a cluster needs no restart. Whoever comes in is judged per request
// (admission.ts), by certificate, not by date.
//
// One port, two faces: nodes and the command line ask by name (SNI) for the node's certificate, browsers get
// the console's own one where an administrator installed it. Whom a certificate of a client must come from is
// said to browsers (`ca`), else they would offer their user every certificate they hold.

import swagger from "@fastify/swagger";
import { Ajv } from "ajv";
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { createServer as createHttp, type IncomingMessage, type Server } from "node:http";
import { createServer as createHttps, type Server as SecureServer } from "node:https";
import { dirname } from "node:path";
import type { Duplex } from "node:stream";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { TooManyTries } from "../edge/access/login-guard.js";
import { failure, GemelError, httpStatusOf } from "../base/errors.js";
import { nodeServerName } from "../edge/network/secure-socket.js";
import { requestBytesMax } from "../base/limits/access.js";
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

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller;
    /** The module that came of it, where the address does not name one: for the audit. */
    made: string | null;
  }
}

export interface SecureWay {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly node: ServerIdentity;
  readonly authority: string;
  /** What browsers get; undefined: the node's. */
  readonly console: ServerIdentity | undefined;
}

export interface ServerIdentity {
  readonly certificate: string;
  readonly privateKey: string;
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
    bodyLimit: requestBytesMax,
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
  private secure: SecureServer[] = [];
  private way: SecureWay | undefined;
  /** Connections that left HTTP: the server itself forgets them. */
  private readonly upgraded = new Set<Duplex>();

  constructor(
    private readonly app: FastifyInstance,
    private readonly upgrade: Upgrade,
  ) {
    this.local = createHttp((request, response) => app.routing(request, response));
    this.local.on("connection", markLocal);
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
    await this.closeSecure();
    this.way = way;
    const { addresses, port, node, authority } = way;
    const forNodes = createSecureContext(contextOf(node, authority));
    for (const host of addresses) {
      const server = createHttps(
        {
          ...contextOf(way.console ?? node, authority),
          SNICallback: (name, done) => done(null, name === nodeServerName ? forNodes : undefined),
          requestCert: true,
          rejectUnauthorized: false,
        },
        (request, response) => this.app.routing(request, response),
      );
      server.on("upgrade", (request, socket, head) => {
        this.upgraded.add(socket);
        socket.on("close", () => this.upgraded.delete(socket));
        this.upgrade(request, socket, head);
      });
      // Garbage on the port: refused by TLS, life goes on.
      server.on("tlsClientError", (_error, socket) => socket.destroy());
      server.on("clientError", (_error, socket) => socket.destroy());
      await listening(server, { host, port });
      this.secure.push(server);
    }
  }

  /** Connections that are open go on with the certificate they began with. */
  showBrowsers(console: ServerIdentity | undefined): void {
    const { way } = this;
    if (way === undefined) return;
    for (const server of this.secure) server.setSecureContext(contextOf(console ?? way.node, way.authority));
  }

  async close(): Promise<void> {
    await this.closeSecure();
    this.local.closeAllConnections();
    await new Promise((done) => this.local.close(done));
    await this.app.close();
  }

  private async closeSecure(): Promise<void> {
    const servers = this.secure;
    this.secure = [];
    for (const socket of this.upgraded) socket.destroy();
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }
}

const contextOf = (identity: ServerIdentity, authority: string): SecureContextOptions => ({
  cert: identity.certificate,
  key: identity.privateKey,
  ca: authority,
  minVersion: "TLSv1.3",
});

async function listening(
  server: Server,
  options: { path: string } | { host: string; port: number },
): Promise<void> {
  await new Promise<void>((done, failed) => {
    server.once("error", failed);
    server.listen(options, () => {
      server.off("error", failed);
      done();
    });
  });
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

// SPDX-License-Identifier: Apache-2.0
// The API's port: one address, two TLS servers behind it.
//
// Nodes and the command line show a certificate, and must be asked for it. Browsers must not be: Safari would
// show its user a list of certificates to choose from, iOS an error page (R116). Node asks per server and not
// per name, and who dials an address sends no name at all, so the first message of TLS is read here, before
// either server has the connection: whoever asks for the nodes' own name meets the one that asks back.
// Browsers also get the console's own certificate where an administrator installed one (decisions/0028).

import { createServer, type Server, type Socket } from "node:net";
import { createServer as createHttps, type Server as HttpsServer } from "node:https";
import type { IncomingMessage, RequestListener } from "node:http";
import type { Duplex } from "node:stream";
import type { SecureContextOptions } from "node:tls";
import {
  helloLimitMs,
  requestHeadersLimitMs,
  requestWholeLimitMs,
  tlsHandshakeLimitMs,
} from "../../base/limits/access.js";
import { nodeServerName } from "../../base/vocabulary.js";
import { readClientHello } from "./client-hello.js";
import { Places, type PlaceBounds } from "./places.js";

export interface ServerIdentity {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface SecureWay {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly node: ServerIdentity;
  readonly authority: string;
  /** What browsers get; undefined: the node's. */
  readonly console: ServerIdentity | undefined;
  /** Whether this is the address of another node, whose places nobody else can take. */
  readonly peers: (address: string) => boolean;
}

export interface SecureTaker {
  readonly request: RequestListener;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** For tests: bounds that end sooner. */
  readonly helloLimit?: number;
  readonly headersLimit?: number;
  readonly places?: PlaceBounds;
}

export class SecurePort {
  private readonly nodes: HttpsServer;
  private readonly browsers: HttpsServer;
  private readonly listeners: Server[] = [];
  private readonly places: Places;
  /** Connections that no server has yet, or that have left HTTP: nobody else would end them. */
  private readonly apart = new Set<Duplex>();

  constructor(
    private readonly way: SecureWay,
    private readonly taker: SecureTaker,
  ) {
    this.places = new Places(way.peers, taker.places);
    // Whom a certificate must come from is said to clients, else they would offer every one they hold.
    const asking = { ca: way.authority, requestCert: true, rejectUnauthorized: false };
    this.nodes = this.serverWith({ ...contextOf(way.node), ...asking });
    this.browsers = this.serverWith(contextOf(way.console ?? way.node));
  }

  async open(): Promise<void> {
    for (const host of this.way.addresses) {
      const listener = createServer({ noDelay: true }, (socket) => this.take(socket));
      await listening(listener, { host, port: this.way.port });
      // No descriptor for who comes next: he is not taken, whoever is here stays, and life goes on (R91).
      listener.on("error", () => undefined);
      this.listeners.push(listener);
    }
    // They have no address of their own; with this word they begin to hold requests to their time limits.
    for (const server of [this.nodes, this.browsers]) server.emit("listening");
  }

  /** Connections that are open go on with the certificate they began with. */
  showBrowsers(console: ServerIdentity | undefined): void {
    this.browsers.setSecureContext(contextOf(console ?? this.way.node));
  }

  async close(): Promise<void> {
    const closed = this.listeners.map((one) => new Promise((done) => one.close(done)));
    for (const socket of this.apart) socket.destroy();
    for (const server of [this.nodes, this.browsers]) {
      server.closeAllConnections();
      server.close();
    }
    await Promise.all(closed);
  }

  private serverWith(options: SecureContextOptions & { readonly requestCert?: boolean }): HttpsServer {
    const { headersLimit = requestHeadersLimitMs, request } = this.taker;
    const limits = {
      handshakeTimeout: tlsHandshakeLimitMs,
      headersTimeout: headersLimit,
      requestTimeout: requestWholeLimitMs,
      connectionsCheckingInterval: Math.min(headersLimit, 1_000),
    };
    const server = createHttps({ ...options, ...limits }, request);
    server.on("upgrade", (request, socket, head) => {
      this.keep(socket);
      this.taker.upgrade(request, socket, head);
    });
    // Garbage on the port: refused by TLS, life goes on.
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    server.on("clientError", (_error, socket) => socket.destroy());
    return server;
  }

  /** Whoever comes when his places are taken goes at once (R91). */
  private take(socket: Socket): void {
    const leave = this.places.enter(socket.remoteAddress ?? "");
    if (leave === undefined) return void socket.destroy();
    socket.on("close", leave);
    this.look(socket);
  }

  /** Bounded in bytes by the reader, in time here; nothing is answered before the message is whole. */
  private look(socket: Socket): void {
    const { helloLimit = helloLimitMs } = this.taker;
    let seen = Buffer.alloc(0);
    let wanted = 1;
    const late = setTimeout(() => socket.destroy(), helloLimit);
    const ignore = (): void => undefined;
    const read = (): void => {
      const part = socket.read() as Buffer | null;
      if (part === null) return;
      seen = Buffer.concat([seen, part]);
      if (seen.length < wanted) return;
      const hello = readClientHello(seen);
      if (hello.kind === "more") wanted = hello.bytes;
      else if (hello.kind === "refused") socket.destroy();
      else hand(hello.serverName === nodeServerName ? this.nodes : this.browsers);
    };
    const done = (): void => {
      clearTimeout(late);
      this.apart.delete(socket);
    };
    const hand = (server: HttpsServer): void => {
      done();
      socket.off("readable", read).off("close", done).off("error", ignore);
      socket.unshift(seen);
      server.emit("connection", socket);
    };
    this.apart.add(socket);
    socket.on("readable", read).on("close", done).on("error", ignore);
  }

  private keep(socket: Duplex): void {
    this.apart.add(socket);
    socket.on("close", () => this.apart.delete(socket));
  }
}

const contextOf = ({ certificate, privateKey }: ServerIdentity): SecureContextOptions => ({
  cert: certificate,
  key: privateKey,
  minVersion: "TLSv1.3",
});

export async function listening(
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

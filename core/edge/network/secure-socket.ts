// SPDX-License-Identifier: Apache-2.0
// TLS 1.3 between nodes, judged by us: a peer is who the cluster's authority says it is, whatever the dates
// in its certificate say (docs/rules.md). OpenSSL's own verdict would also count dates, so it is asked
// for the handshake only, and nothing is sent before the judge has agreed.

import { request } from "node:http";
import { connect, type TLSSocket } from "node:tls";
import { GemelError } from "../../base/errors.js";
import type { Milliseconds } from "../../base/units.js";
import { peerAnswerBytesMax } from "../../base/limits/edge.js";

/**
 * What a node asks for by name (SNI). On the same port browsers get the console's certificate, which may come
 * from somebody else's authority.
 */
export const nodeServerName = "gemel-node";

export interface Presented {
  /** DER of the peer's own certificate and of everything it sent above it. */
  readonly chain: readonly Buffer[];
}

export interface SecureTarget {
  readonly address: string;
  readonly port: number;
  /** Binds the connection to one network of this node. */
  readonly localAddress?: string;
  readonly identity?: { readonly certificate: string; readonly privateKey: string };
  /** Undefined: accepted. Else why not. */
  readonly judge: (presented: Presented) => string | undefined;
  readonly timeout: Milliseconds;
}

export async function secureSocket(target: SecureTarget): Promise<TLSSocket> {
  const { identity, localAddress } = target;
  const socket = connect({
    host: target.address,
    port: target.port,
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.privateKey }),
    servername: nodeServerName,
    minVersion: "TLSv1.3",
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  socket.setTimeout(target.timeout, () => socket.destroy(new Error("no answer in time")));
  await new Promise<void>((done, failed) => {
    socket.once("secureConnect", done);
    socket.once("error", failed);
    socket.once("close", () => failed(new Error("closed during the handshake")));
  });
  socket.setTimeout(0);
  const reason = target.judge({ chain: presentedChain(socket) });
  if (reason !== undefined) {
    socket.destroy();
    throw new GemelError("GEMEL-4004", `${target.address}:${target.port}`, reason);
  }
  return socket;
}

function presentedChain(socket: TLSSocket): Buffer[] {
  const chain: Buffer[] = [];
  // A certificate that is its own issuer points to itself for ever.
  for (let next = socket.getPeerCertificate(true); next.raw instanceof Buffer && chain.length < 4;) {
    if (chain.some((one) => one.equals(next.raw))) break;
    chain.push(next.raw);
    next = next.issuerCertificate;
    if ((next as unknown) === undefined) break;
  }
  return chain;
}

export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * One HTTP request with JSON both ways over a connection that was just opened; the connection ends with it.
 */
export async function jsonOver(
  socket: TLSSocket,
  method: string,
  path: string,
  body: unknown,
  timeout: Milliseconds,
  more: Readonly<Record<string, string>> = {},
): Promise<JsonAnswer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return await new Promise<JsonAnswer>((done, failed) => {
    const headers = {
      host: "gemel",
      connection: "close",
      ...more,
      ...(text === undefined
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
    };
    const sent = request({ method, path, headers, createConnection: () => socket }, (response) => {
      const parts: Buffer[] = [];
      let length = 0;
      response.on("data", (part: Buffer) => {
        length += part.length;
        if (length > peerAnswerBytesMax) sent.destroy(new Error("the answer is too long"));
        else parts.push(part);
      });
      response.on("end", () =>
        done({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(parts)) }),
      );
      response.on("error", failed);
    });
    sent.setTimeout(timeout, () => sent.destroy(new Error("no answer in time")));
    sent.on("error", failed);
    sent.end(text);
  }).finally(() => socket.destroy());
}

function parsed(data: Buffer): unknown {
  if (data.length === 0) return undefined;
  try {
    return JSON.parse(data.toString("utf8"));
  } catch {
    return undefined;
  }
}

// SPDX-License-Identifier: Apache-2.0
// TLS 1.3 between nodes, judged by us: a peer is who the cluster's authority says it is, whatever the dates
// in its certificate say (docs/rules.md). OpenSSL's own verdict would also count dates, so it is asked
// for the handshake only, and nothing is sent before the judge has agreed.

import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { connect, type TLSSocket } from "node:tls";
import { GemelError } from "../../base/errors.js";
import { nodeServerName } from "../../base/vocabulary.js";
import type { Milliseconds } from "../../base/units.js";
import { peerAnswerBytesMax } from "../../base/limits/edge.js";

/**
 * Undefined: accepted. Else why not. `chain`: DER of the peer's own certificate and of everything it sent
 * above it.
 */
export type Judge = (chain: readonly Buffer[]) => string | undefined;

/** Who we are there, and whom we accept. */
export interface Trust {
  readonly identity: { readonly certificate: string; readonly privateKey: string };
  readonly judge: Judge;
}

export interface SecureTarget extends Partial<Trust> {
  readonly address: string;
  readonly port: number;
  /** Binds the connection to one network of this node. */
  readonly localAddress?: string;
  readonly judge: Judge;
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
  const reason = target.judge(presentedChain(socket));
  if (reason !== undefined) {
    socket.destroy();
    throw new GemelError("GEMEL-4004", `${target.address}:${target.port}`, reason);
  }
  return socket;
}

function presentedChain(socket: TLSSocket): Buffer[] {
  const chain: Buffer[] = [];
  for (let next = socket.getPeerX509Certificate(); next && chain.length < 4; next = next.issuerCertificate)
    chain.push(next.raw);
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
  const content = text !== undefined && {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  };
  const headers = { host: "gemel", connection: "close", ...more, ...content };
  const sent = request({ method, path, headers, createConnection: () => socket });
  sent.setTimeout(timeout, () => sent.destroy(new Error("no answer in time")));
  // Whoever waits below hears of it.
  sent.on("error", () => undefined);
  sent.end(text);
  try {
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    const parts: Buffer[] = [];
    let length = 0;
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part);
      length += part.length;
      if (length > peerAnswerBytesMax) throw new Error("the answer is too long");
    }
    return { status: response.statusCode ?? 0, body: parsed(Buffer.concat(parts)) };
  } finally {
    socket.destroy();
  }
}

function parsed(data: Buffer): unknown {
  if (data.length === 0) return undefined;
  try {
    return JSON.parse(data.toString("utf8"));
  } catch {
    return undefined;
  }
}

// SPDX-License-Identifier: Apache-2.0
// The CLI's only power: the API, over the unix socket of this host or over HTTPS with an administrator's
// certificate (`--host`, `--cert`). A daemon that does not answer is exit code 4, never a hang.

import { readFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import {
  callAddress,
  type Address,
  type Answer,
  type Ask,
  type Asking,
  type CallWay,
} from "../api/calls/ask.js";
import { fieldsOf } from "../api/calls/deed.js";
import { rowOf } from "../api/calls/table.js";
import { apiRoot, defaultSocket, type ApiError } from "../api/contract.js";
import { commandRefused, daemonSilent, usage } from "./outcome.js";
import { cliAnswerLimitMs } from "../base/limits/access.js";

const defaultPort = 7410;

export interface Target {
  readonly socket?: string;
  readonly host?: string;
  readonly cert?: string;
}

export class Connection {
  private readonly options: RequestOptions;
  readonly name: string;

  constructor(target: Target) {
    const { host } = target;
    if (host === undefined) {
      const run = process.env["GEMEL_RUN"];
      this.name = target.socket ?? (run === undefined ? defaultSocket : `${run}/gemel.sock`);
      this.options = { socketPath: this.name };
    } else {
      this.name = host;
      this.options = remote(host, target.cert ?? "/etc/gemel/tls/admin.pem");
    }
  }

  /** The one way by which a command asks anything. */
  readonly ask: Ask = async <W extends CallWay>(way: W, ...asking: Asking<W>): Promise<Answer<W>> => {
    const [named, body]: readonly unknown[] = asking;
    const response = await this.open(callAddress(way, fieldsOf(named)), body);
    let text = "";
    response.setEncoding("utf8");
    for await (const part of response as AsyncIterable<string>) text += part;
    if (response.statusCode !== 200) throw commandRefused(JSON.parse(text) as ApiError);
    // The one place where what came gets the type that the table says.
    return (rowOf(way).type === undefined ? JSON.parse(text === "" ? "null" : text) : text) as Answer<W>;
  };

  /** Each event of the live stream until the listener returns true; a lost connection is unreachable. */
  async follow(listener: (event: Answer<"GET /events">) => boolean): Promise<void> {
    const response = await this.open(callAddress("GET /events"), undefined);
    let rest = "";
    response.setEncoding("utf8");
    for await (const part of response as AsyncIterable<string>) {
      const blocks = (rest + part).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = block.split("\n").find((line) => line.startsWith("data: "));
        if (data !== undefined && listener(JSON.parse(data.slice(6)) as Answer<"GET /events">)) {
          response.destroy();
          return;
        }
      }
    }
    throw daemonSilent(this.name, "the stream ended");
  }

  private async open({ method, path }: Address, body: unknown): Promise<IncomingMessage> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = text === undefined ? {} : { "content-type": "application/json" };
    const start = this.options.socketPath === undefined ? httpsRequest : httpRequest;
    return await new Promise<IncomingMessage>((done, failed) => {
      const sent = start({ ...this.options, method, path: apiRoot + path, headers }, done);
      sent.setTimeout(cliAnswerLimitMs, () => sent.destroy(new Error("no answer in time")));
      sent.on("error", (error: NodeJS.ErrnoException) => failed(daemonSilent(this.name, reasonOf(error))));
      sent.end(text);
    });
  }
}

function reasonOf(error: NodeJS.ErrnoException): string {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "its socket is not there",
    ECONNREFUSED: "nobody listens",
    EACCES: "only root may use its socket",
    ECONNRESET: "it ended while answering",
  };
  return reasons[error.code ?? ""] ?? error.message;
}

/** admin.pem holds certificate, authority and key; the other side must be a node of that authority. */
function remote(host: string, certFile: string): RequestOptions {
  const pem = readPem(certFile);
  const [, authority] = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (authority === undefined) throw usage(`${certFile} holds no certificate of a cluster.`);
  const [address = host, port] = host.split(":");
  const options = {
    host: address,
    // The node's certificate, whatever the console shows to browsers (core/edge/network/secure-socket.ts).
    servername: "gemel-node",
    port: port === undefined ? defaultPort : Number(port),
    cert: pem,
    key: pem,
    ca: authority,
    checkServerIdentity: (_name: string, peer: { readonly subject: { readonly OU?: string } }) =>
      peer.subject.OU === "node" ? undefined : new Error("the other side is not a node of the cluster"),
  };
  return options;
}

function readPem(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw usage(`${file} cannot be read: ${(error as Error).message}`);
  }
}

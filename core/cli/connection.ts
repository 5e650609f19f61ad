// SPDX-License-Identifier: Apache-2.0
// The CLI's only power: the API, over the unix socket of this host or over HTTPS with an administrator's
// certificate (`--host`, `--cert`). A daemon that does not answer is exit code 4, never a hang.

import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
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
import { readNamed } from "./options.js";
import { commandRefused, daemonSilent, usage } from "./outcome.js";
import { cliAnswerLimitMs } from "../base/limits/access.js";
import { nodeServerName } from "../base/vocabulary.js";

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
    const said = await text(response);
    if (response.statusCode !== 200) throw commandRefused(JSON.parse(said) as ApiError);
    // The one place where what came gets the type that the table says.
    return (rowOf(way).type === undefined ? JSON.parse(said === "" ? "null" : said) : said) as Answer<W>;
  };

  /** Each event of the live stream, for ever; a lost connection is unreachable. */
  async follow(listener: (event: Answer<"GET /events">) => void): Promise<never> {
    const response = await this.open(callAddress("GET /events"), undefined);
    for await (const line of createInterface({ input: response }))
      if (line.startsWith("data: ")) listener(JSON.parse(line.slice(6)) as Answer<"GET /events">);
    throw daemonSilent(this.name, "the stream ended");
  }

  private async open({ method, path }: Address, body: unknown): Promise<IncomingMessage> {
    const content = body === undefined ? undefined : JSON.stringify(body);
    const headers = content === undefined ? {} : { "content-type": "application/json" };
    const start = this.options.socketPath === undefined ? httpsRequest : httpRequest;
    return await new Promise<IncomingMessage>((done, failed) => {
      const sent = start({ ...this.options, method, path: apiRoot + path, headers }, done);
      sent.setTimeout(cliAnswerLimitMs, () => sent.destroy(new Error("no answer in time")));
      sent.on("error", (error: NodeJS.ErrnoException) => failed(daemonSilent(this.name, reasonOf(error))));
      sent.end(content);
    });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "its socket is not there",
  ECONNREFUSED: "nobody listens",
  EACCES: "only root may use its socket",
  ECONNRESET: "it ended while answering",
};

const reasonOf = ({ code = "", message }: NodeJS.ErrnoException): string => reasons[code] ?? message;

/** admin.pem holds certificate, authority and key; the other side must be a node of that authority. */
function remote(host: string, certFile: string): RequestOptions {
  const pem = readNamed(certFile);
  const [, authority] = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (authority === undefined) throw usage(`${certFile} holds no certificate of a cluster.`);
  const [address = host, port] = host.split(":");
  return {
    host: address,
    servername: nodeServerName,
    port: port === undefined ? defaultPort : Number(port),
    cert: pem,
    key: pem,
    ca: authority,
    checkServerIdentity: (_name, { subject }) =>
      subject.OU === "node" ? undefined : new Error("the other side is not a node of the cluster"),
  };
}

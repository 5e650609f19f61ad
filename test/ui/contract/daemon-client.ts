// SPDX-License-Identifier: Apache-2.0
// A person's browser before a real daemon: HTTPS, the session's cookie, the CSRF word, the live stream.

import { request } from "node:https";
import type { IncomingMessage } from "node:http";
import { ApiFailure } from "../../../ui/api.js";
import type { ApiError, LiveEvent, Session } from "../../../core/api/contract.js";

export class DaemonClient {
  private cookie = "";
  private csrf = "";

  constructor(
    private readonly host: string,
    private readonly port: number,
  ) {}

  async login(user: string, password: string): Promise<void> {
    const { csrf } = await this.ask<Session>("POST", "/login", { user, password });
    this.csrf = csrf;
  }

  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.send(method, path, body);
    const text = await textOf(answer);
    const [cookie] = answer.headers["set-cookie"] ?? [];
    if (cookie !== undefined) this.cookie = cookie.split(";")[0] ?? "";
    const isJson = answer.headers["content-type"]?.includes("json") === true;
    const value: unknown = isJson && text !== "" ? JSON.parse(text) : text === "" ? undefined : text;
    const { statusCode = 0 } = answer;
    if (statusCode >= 300) throw new ApiFailure(statusCode, value as ApiError);
    return value as T;
  }

  /** The first event of each kind. */
  async events(kinds: readonly LiveEvent["kind"][]): Promise<ReadonlyMap<string, LiveEvent>> {
    const answer = await this.send("GET", "/events");
    const found = new Map<string, LiveEvent>();
    let text = "";
    answer.setEncoding("utf8");
    for await (const part of answer) {
      text += String(part);
      for (const [, data = ""] of text.matchAll(/^data: (.*)\n\n/gm)) {
        const event = JSON.parse(data) as LiveEvent;
        found.set(event.kind, event);
      }
      if (kinds.every((kind) => found.has(kind))) break;
    }
    answer.destroy();
    return found;
  }

  private async send(method: string, path: string, body?: unknown): Promise<IncomingMessage> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...(this.cookie !== "" && { cookie: this.cookie }),
      ...(method !== "GET" && { "x-gemel-csrf": this.csrf }),
      ...(text !== undefined && { "content-type": "application/json" }),
    };
    return await new Promise((done, failed) => {
      const { host, port } = this;
      const options = { host, port, method, path: `/api/v1${path}`, headers, rejectUnauthorized: false };
      const sent = request(options, done);
      sent.on("error", failed);
      sent.end(text);
    });
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  answer.setEncoding("utf8");
  for await (const part of answer) text += String(part);
  return text;
}

// SPDX-License-Identifier: Apache-2.0
// The transport of the product: fetch and EventSource to the node that served the page. Keeps the CSRF word
// of the session and says with each request how long nobody has touched the page, so that polling does not
// keep an abandoned session alive.

import { callAddress, type Address, type Answer, type Asking, type CallWay } from "../core/api/calls/ask.js";
import { apiRoot, type ApiError, type LiveEvent, type Session } from "../core/api/contract.js";
import { base } from "./paths.js";
import { ApiFailure, silence, type StreamListener, type Transport } from "./api.js";

/** A dead host does not refuse, it is silent: so long is waited for an answer. */
const answerMsMax = 10_000;
const retryMs = [500, 1000, 2000, 4000, 8000] as const;
const liveKinds = ["status", "history", "figures"] as const;

export function httpTransport(idleSeconds: () => number): Transport {
  let csrf = "";
  return {
    async ask<W extends CallWay>(way: W, ...asking: Asking<W>): Promise<Answer<W>> {
      const [named, body]: readonly [named?: object, body?: unknown] = asking;
      const address = callAddress(way, named);
      const value = await send(address, body, {
        "x-gemel-idle": String(Math.round(idleSeconds())),
        ...(address.method === "GET" ? {} : { "x-gemel-csrf": csrf }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      });
      if (way === "POST /login" || way === "GET /session") csrf = (value as Session).csrf;
      // The one place where what came gets the type that the table says.
      return value as Answer<W>;
    },
    events: listen,
  };
}

async function send(
  { method, path }: Address,
  body: unknown,
  headers: Record<string, string>,
): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`${base}${apiRoot}${path}`, {
      method,
      headers,
      signal: AbortSignal.timeout(answerMsMax),
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw silence(location.host);
  }
  const text = await response.text().catch(() => "");
  if (response.ok) return isJson(response) && text !== "" ? (JSON.parse(text) as unknown) : text;
  throw refusal(response, text);
}

/** Everything but the authority's certificate, which is PEM, and answers without a word. */
const isJson = (response: Response): boolean =>
  response.headers.get("content-type")?.includes("json") === true;

function refusal(response: Response, text: string): ApiFailure {
  const wait = Number(response.headers.get("retry-after") ?? "");
  return new ApiFailure(response.status, errorIn(text, response.status), wait > 0 ? wait : null);
}

function errorIn(text: string, status: number): ApiError {
  try {
    const said = JSON.parse(text) as Partial<ApiError>;
    if (typeof said.message === "string")
      return {
        code: said.code ?? "",
        message: said.message,
        where: said.where ?? "",
        next: said.next ?? "",
      };
  } catch {
    // No JSON: something between browser and node answered in its stead.
  }
  return {
    code: "",
    message: `The node answered with HTTP ${status}.`,
    where: location.host,
    next: "See the daemon's log on that node: journalctl -u gemel",
  };
}

/**
 * The browser's own reconnecting covers a cut (and brings Last-Event-ID); an answer that is no stream (401,
 * 502) ends an EventSource for good, so it is opened anew, ever more slowly.
 */
function listen(listener: StreamListener): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let tries = 0;
  const open = (): void => {
    source = new EventSource(base + apiRoot + callAddress("GET /events").path);
    source.onopen = () => {
      tries = 0;
      listener.opened();
    };
    for (const kind of liveKinds)
      source.addEventListener(kind, (message: MessageEvent<string>) => {
        listener.event(JSON.parse(message.data) as LiveEvent);
      });
    source.onerror = () => {
      listener.lost(silence(location.host));
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(open, retryMs[Math.min(tries++, retryMs.length - 1)]);
    };
  };
  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}

// SPDX-License-Identifier: Apache-2.0
// The control connection: what two daemons say to each other (goodbye, word, claims, views), over TLS on the
// API's port, one connection per network and direction. It starts as an HTTP upgrade, so that one port and
// one certificate serve all; then it is JSON, one value per line. Who dials speaks, who listens answers:
// every ping and message gets an answer that names its number and the answerer's incarnation, which makes it
// an authenticated sign of life (R21).
//
// Lost is lost: nothing is queued for later, since whoever needs an answer repeats. A connection whose
// answers stay out is closed and dialled anew.

import { Type, type Static } from "@sinclair/typebox";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { anything, count, parse, text } from "../../base/shape.js";
import { type Instant, type NodeName } from "../../base/units.js";
import type { ModulePicture } from "../../decide/mirror/types.js";
import { readLines } from "./lines.js";
import { secureSocket, type Trust } from "./secure-socket.js";
import {
  controlLineBytesMax,
  controlPingEveryMs,
  controlAnswerLimitMs,
  controlDialAgainMs,
  controlDialLimit,
} from "../../base/limits/edge.js";

export const controlPath = "/api/v1/peer/connection";
const protocolName = "gemel-control-1";

export interface NetworkWay {
  readonly network: string;
  readonly localAddress: string;
  readonly address: string;
  readonly port: number;
}

/**
 * A line as it arrives: answer, ping, views, message, figures, or a kind of a newer daemon that is answered
 * and passed over. What it carries beside its number is looked at by whoever understands it.
 */
const controlLine = Type.Object({
  kind: text,
  id: count,
  incarnation: text,
  /** Views: the sender's clock, and what it does with each module. */
  now: Type.Optional(anything),
  views: Type.Optional(anything),
  /** With them, for people's eyes (core/edge/network/peer-progress.ts); an older daemon sends none. */
  news: Type.Optional(anything),
  message: Type.Optional(anything),
  /** For people's eyes, too (core/edge/metrics). */
  figures: Type.Optional(anything),
});
export type ControlLine = Readonly<Static<typeof controlLine>>;

/** What a node says of itself, to whoever listens. */
export interface SaidOfItself {
  /** This run of the daemon. */
  readonly incarnation: string;
  readonly now: () => Instant;
  /** Without it nothing is said: whatever this node says is a sign that it lives. */
  readonly turns: () => boolean;
  readonly views: () => readonly ModulePicture[];
  readonly progress: () => unknown;
}

export interface ControlOptions extends SaidOfItself, Trust {
  /** The peer answered: alive, in this incarnation. */
  readonly answered: (incarnation: string) => void;
  /**
   * An open connection was closed from the other end: its process ended, or its kernel says there is none.
   */
  readonly closed: () => void;
  /** It said something that is no line of ours. */
  readonly refused: (why: string) => void;
}

/** The dialling side over one network. */
class ControlWay {
  private socket: TLSSocket | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private counter = 0;
  private waiting: { readonly id: number; readonly since: bigint } | undefined;
  answeredAt = 0n;

  constructor(
    private readonly way: NetworkWay,
    private readonly options: ControlOptions,
  ) {}

  get open(): boolean {
    return this.socket !== undefined;
  }

  start(): void {
    void this.dial();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.socket?.destroy();
  }

  say(
    line:
      | { readonly kind: "message"; readonly message: unknown }
      | { readonly kind: "figures"; readonly figures: unknown }
      | { readonly kind: "views" | "ping" },
  ): boolean {
    if (this.socket === undefined || !this.options.turns()) return false;
    const id = ++this.counter;
    const { incarnation, now, views, progress } = this.options;
    const whole = line.kind === "views" ? { now: now(), views: views(), news: progress() } : {};
    this.socket.write(`${JSON.stringify({ ...line, ...whole, id, incarnation })}\n`);
    this.waiting ??= { id, since: process.hrtime.bigint() };
    return true;
  }

  private async dial(): Promise<void> {
    const { identity, judge } = this.options;
    try {
      const socket = await secureSocket({ ...this.way, identity, judge, timeout: controlDialLimit });
      const rest = await this.upgrade(socket);
      if (this.stopped) return void socket.destroy();
      this.begin(socket, rest);
    } catch {
      this.dialLater();
    }
  }

  /** Leaves HTTP: one request, one 101, then lines. */
  private async upgrade(socket: TLSSocket): Promise<Buffer> {
    const headers = { host: "gemel", connection: "Upgrade", upgrade: protocolName };
    const asked = request({ path: controlPath, headers, createConnection: () => socket });
    asked.setTimeout(controlDialLimit, () => asked.destroy(new Error("no answer in time")));
    asked.on("response", () => asked.destroy(new Error("the peer does not speak this protocol")));
    asked.end();
    const [, , rest] = (await once(asked, "upgrade")) as [IncomingMessage, Duplex, Buffer];
    socket.setTimeout(0);
    return rest;
  }

  private begin(socket: TLSSocket, rest: Buffer): void {
    this.socket = socket;
    this.waiting = undefined;
    socket.setNoDelay(true);
    readLines(socket, rest, controlLineBytesMax, (value) => this.hear(value));
    // Errors end in "close"; which error it was changes nothing.
    socket.on("error", () => undefined);
    const pings = setInterval(() => this.pulse(), controlPingEveryMs);
    let ownDoing = false;
    socket.once("gemel-own-close", () => (ownDoing = true));
    socket.once("close", () => {
      clearInterval(pings);
      this.socket = undefined;
      if (this.stopped) return;
      if (!ownDoing) this.options.closed();
      this.dialLater();
    });
    this.say({ kind: "views" });
  }

  private pulse(): void {
    const { waiting, socket } = this;
    if (socket === undefined) return;
    if (
      waiting !== undefined &&
      process.hrtime.bigint() - waiting.since > BigInt(controlAnswerLimitMs) * 1_000_000n
    ) {
      socket.emit("gemel-own-close");
      socket.destroy();
      return;
    }
    this.say({ kind: "ping" });
  }

  private hear(value: object): void {
    const said = parse(controlLine, value, "answer");
    if (!said.ok) return this.options.refused(said.why);
    const line = said.value;
    if (line.kind !== "answer") return;
    if (this.waiting !== undefined && line.id >= this.waiting.id) this.waiting = undefined;
    this.answeredAt = process.hrtime.bigint();
    this.options.answered(line.incarnation);
  }

  private dialLater(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.dial(), controlDialAgainMs);
  }
}

/** All ways to one peer. */
export class ControlConnection {
  private readonly ways: readonly ControlWay[];

  constructor(ways: readonly NetworkWay[], options: ControlOptions) {
    this.ways = ways.map((way) => new ControlWay(way, options));
  }

  start(): void {
    this.ways.forEach((way) => way.start());
  }

  stop(): void {
    this.ways.forEach((way) => way.stop());
  }

  get open(): boolean {
    return this.ways.some((way) => way.open);
  }

  /** Over the way that answered last; false when none is open. */
  send(message: unknown): boolean {
    return this.best()?.say({ kind: "message", message }) ?? false;
  }

  sendFigures(figures: unknown): void {
    this.best()?.say({ kind: "figures", figures });
  }

  sendViews(): void {
    this.best()?.say({ kind: "views" });
  }

  private best(): ControlWay | undefined {
    const open = this.ways.filter((way) => way.open);
    return open.sort((a, b) => Number(b.answeredAt / 1_000_000_000n - a.answeredAt / 1_000_000_000n))[0];
  }
}

export interface ControlListener {
  readonly incarnation: () => string | undefined;
  /** The node that this certificate belongs to, if it is a peer. */
  readonly peerOf: (certificate: Buffer) => NodeName | undefined;
  /** Whether the loop turns: it has the line, and works on it after it has said so. */
  readonly heard: (from: NodeName, line: ControlLine) => Promise<boolean>;
  readonly refused: (from: NodeName, why: string) => void;
}

/** The listening side: an upgrade request on the API's port. */
export function acceptControl(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  listener: ControlListener,
): void {
  const certificate =
    socket instanceof TLSSocket ? (socket.getPeerCertificate() as { readonly raw?: Buffer }).raw : undefined;
  const peer = certificate === undefined ? undefined : listener.peerOf(certificate);
  const incarnation = listener.incarnation();
  socket.on("error", () => undefined);
  const wanted = request.url === controlPath && request.headers.upgrade === protocolName;
  if (peer === undefined || incarnation === undefined || !wanted) {
    // Whoever does not hang up after that would keep the descriptor (R91).
    socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n", () => socket.destroy());
    return;
  }
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocolName}\r\n\r\n`);
  if (socket instanceof TLSSocket) socket.setNoDelay(true);
  readLines(socket, head, controlLineBytesMax, (value) => {
    const said = parse(controlLine, value, "line");
    if (!said.ok) return listener.refused(peer, said.why);
    const line = said.value;
    if (line.kind === "answer") return;
    // Answered when the loop has it: the answer says "I live and have it", not "I agree".
    void listener.heard(peer, line).then((turns) => {
      if (turns) socket.write(`${JSON.stringify({ kind: "answer", id: line.id, incarnation })}\n`);
    });
  });
}

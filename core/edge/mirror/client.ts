// SPDX-License-Identifier: Apache-2.0
// One connection to one mirror process (native/index.ts): requests with a limit each, replies by number,
// events as they come. A connection that closes fails whatever waits; what that means is the supervisor's
// question.

import { createConnection, type Socket } from "node:net";
import { GemelError } from "../../base/errors.js";
import type { Milliseconds } from "../../base/units.js";
import { LineReader } from "../network/lines.js";
import type {
  MirrorCommand,
  MirrorEvent,
  MirrorReply,
  MirrorRequest,
  MirrorStatus,
} from "../../../native/index.js";
import { mirrorLineBytesMax } from "../../base/limits/edge.js";

/** The mirror answered, and refused. */
export class MirrorRefusal extends Error {
  constructor(readonly failure: { readonly code: string; readonly message: string; readonly next: string }) {
    super(failure.message);
    this.name = "MirrorRefusal";
  }
}

interface Waiting {
  readonly isStatus: boolean;
  readonly done: (result: unknown) => void;
  readonly failed: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class MirrorClient {
  private readonly waiting = new Map<number, Waiting>();
  private counter = 0;

  private constructor(
    private readonly socket: Socket,
    private readonly module: string,
    private readonly onEvent: (event: MirrorEvent) => void,
    onClose: () => void,
  ) {
    const lines = new LineReader(mirrorLineBytesMax, (value) => {
      if ("event" in (value as object)) this.onEvent(value as MirrorEvent);
      else this.settle(value as MirrorReply);
    });
    socket.on("data", (part: Buffer) => {
      if (!lines.push(part)) socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      for (const { failed, timer } of this.waiting.values()) {
        clearTimeout(timer);
        failed(new GemelError("GEMEL-2004", module, "It closed its connection."));
      }
      this.waiting.clear();
      onClose();
    });
  }

  static async connect(
    path: string,
    module: string,
    onEvent: (event: MirrorEvent) => void,
    onClose: () => void,
  ): Promise<MirrorClient> {
    const socket = createConnection(path);
    await new Promise<void>((done, failed) => {
      socket.once("connect", done);
      socket.once("error", failed);
    });
    return new MirrorClient(socket, module, onEvent, onClose);
  }

  async ask(command: MirrorCommand, limit: Milliseconds): Promise<unknown> {
    const request: MirrorRequest = { id: ++this.counter, command };
    return await new Promise<unknown>((done, failed) => {
      const timer = setTimeout(() => {
        this.waiting.delete(request.id);
        failed(new GemelError("GEMEL-2005", this.module, `${command.do}: no answer within ${limit} ms.`));
      }, limit);
      this.waiting.set(request.id, { isStatus: command.do === "status", done, failed, timer });
      this.socket.write(`${JSON.stringify(request)}\n`);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private settle(reply: MirrorReply): void {
    const waiting = this.waiting.get(reply.id);
    if (waiting === undefined) return;
    this.waiting.delete(reply.id);
    clearTimeout(waiting.timer);
    if (reply.ok) {
      // At once, as the events are: the promise is served later than an event that came behind this reply,
      // and the older status would then be taken for the newer one.
      if (waiting.isStatus) this.onEvent({ event: "status", status: reply.result as MirrorStatus });
      waiting.done(reply.result);
    } else waiting.failed(new MirrorRefusal(reply.error));
  }
}

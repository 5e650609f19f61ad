// SPDX-License-Identifier: Apache-2.0
// One connection to one mirror process (native/index.ts): requests with a limit each, replies by number,
// events as they come. A connection that closes fails whatever waits; what that means is the supervisor's
// question.

import { mirrorLineBytesMax } from "../../base/limits/edge.js";
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { GemelError } from "../../base/errors.js";
import type { Milliseconds } from "../../base/units.js";
import { readLines } from "../network/lines.js";
import type { MirrorEvent, MirrorOrder, MirrorReply, MirrorRequest } from "../../../native/index.js";
import { arrivedEvent, arrivedReply, arrivedStatus } from "./arrived.js";

/** The mirror answered, and refused. */
export class MirrorRefusal extends Error {
  constructor(readonly failure: { readonly code: string; readonly message: string; readonly next: string }) {
    super(failure.message);
    this.name = "MirrorRefusal";
  }
}

export interface MirrorSaid {
  readonly event: (event: MirrorEvent) => void;
  /** Something that is no reply, event or status of ours: not believed, and this is why. */
  readonly refused: (why: string) => void;
  readonly closed: () => void;
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
    private readonly on: MirrorSaid,
  ) {
    readLines(socket, Buffer.alloc(0), mirrorLineBytesMax, (value) => this.hear(value));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      for (const { failed, timer } of this.waiting.values()) {
        clearTimeout(timer);
        failed(new GemelError("GEMEL-2004", module, "It closed its connection."));
      }
      this.waiting.clear();
      on.closed();
    });
  }

  static async connect(path: string, module: string, on: MirrorSaid): Promise<MirrorClient> {
    const socket = createConnection(path);
    await once(socket, "connect");
    return new MirrorClient(socket, module, on);
  }

  async ask(command: MirrorOrder, limit: Milliseconds): Promise<unknown> {
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

  private hear(value: object): void {
    const said = "event" in value ? arrivedEvent(value) : arrivedReply(value);
    if (!said.ok) this.on.refused(said.why);
    else if ("event" in said.value) this.on.event(said.value);
    else this.settle(said.value);
  }

  private settle(reply: MirrorReply): void {
    const waiting = this.waiting.get(reply.id);
    if (waiting === undefined) return;
    this.waiting.delete(reply.id);
    clearTimeout(waiting.timer);
    if (!reply.ok) return waiting.failed(new MirrorRefusal(reply.error));
    if (waiting.isStatus) {
      const status = arrivedStatus(reply.result);
      if (!status.ok) {
        this.on.refused(status.why);
        return waiting.failed(new GemelError("GEMEL-2005", this.module, status.why));
      }
      // At once, as the events are: the promise is served later than an event that came behind this reply,
      // and the older status would then be taken for the newer one.
      this.on.event({ event: "status", status: status.value });
    }
    waiting.done(reply.result);
  }
}

// SPDX-License-Identifier: Apache-2.0
// The mirror processes of a host as one daemon sees them (core/edge/mirror/supervisor.ts on fake time): their
// status comes once a second, after every event and after every command, and from nowhere else; one that
// hangs says nothing, and what is asked of it ends at its limit.

import { base64OfText } from "../base/base64.js";
import { GemelError, isErrorCode } from "../base/errors.js";
import type { Milliseconds, ModuleId } from "../base/units.js";
import type { MirrorConfig, MirrorOrder } from "../../native/index.js";
import type { MirrorHands } from "../loop/effects.js";
import type { Report } from "../loop/node-loop.js";
import type { MirrorCaller } from "./caller.js";
import { FakeMirror } from "./mirror/fake-mirror.js";
import type { Server } from "./server.js";

const statusEveryMs = 1000;

export interface SupervisorEdge {
  readonly post: (report: Report) => void;
  readonly peerOf: (module: ModuleId) => string;
  readonly definition: (module: ModuleId) => string;
  /** Before a copy goes ahead alone: the simulator looks whether it may. */
  readonly onRight: (mirror: FakeMirror, basis: Parameters<FakeMirror["onRight"]>[1]) => void;
}

type Answer =
  { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: GemelError };

export class FakeSupervisor implements MirrorHands {
  /** Whose end is wanted: not an event. */
  private readonly leaving = new Set<ModuleId>();
  private readonly connected = new Map<ModuleId, FakeMirror>();
  private readonly server: Server;

  constructor(
    private readonly caller: MirrorCaller,
    private readonly edge: SupervisorEdge,
  ) {
    this.server = caller.server;
    caller.every(statusEveryMs, () => {
      for (const id of this.connected.keys()) this.look(id);
    });
  }

  /** After a start of the daemon. */
  adopt(id: ModuleId): void {
    const mirror = this.server.mirrors.get(id);
    if (mirror === undefined) this.edge.post({ kind: "mirror-absent", module: id });
    else if (mirror.isDoomed) this.edge.post({ kind: "mirror-gone", module: id, why: "killed" });
    else this.connect(id, mirror);
  }

  /** An event of its own, or the time has come. */
  look(id: ModuleId): void {
    const mirror = this.connected.get(id);
    if (mirror?.isAlive !== true || mirror.isHung || this.leaving.has(id)) return;
    this.edge.post({ kind: "mirror-status", module: id, status: mirror.status() });
  }

  gone(id: ModuleId): void {
    if (!this.connected.delete(id) || this.leaving.delete(id)) return;
    this.edge.post({ kind: "mirror-gone", module: id, why: "its connection closed" });
  }

  async open(module: string, known: MirrorConfig["known"]): Promise<void> {
    const id = module as ModuleId;
    const mirror = await this.caller.perform("open", () => this.launch(id, known));
    this.leaving.delete(id);
    this.connect(id, mirror);
  }

  async ask(module: string, command: MirrorOrder, limit: Milliseconds): Promise<unknown> {
    const id = module as ModuleId;
    const mirror = this.connected.get(id);
    if (mirror === undefined) throw new GemelError("GEMEL-2004", module, "No mirror process runs.");
    if (command.do === "close") this.leaving.add(id);
    const answer = await this.caller.exchange("mirror", (done: (answer: Answer) => void) =>
      this.deliver(id, mirror, command, limit, done),
    );
    if (command.do === "close" && answer.ok) this.connected.delete(id);
    else this.leaving.delete(id);
    // Whatever it did, the facts after it are known before its result is.
    this.look(id);
    if (answer.ok) return answer.result;
    throw answer.error;
  }

  async terminate(module: string): Promise<"dead" | "hangs"> {
    const id = module as ModuleId;
    this.leaving.add(id);
    await this.caller.perform("kill", () => this.server.killMirror(id));
    if (this.server.mirrors.has(id)) return "hangs";
    this.connected.delete(id);
    this.leaving.delete(id);
    return "dead";
  }

  clearMount(): Promise<void> {
    return Promise.resolve();
  }

  private connect(id: ModuleId, mirror: FakeMirror): void {
    this.connected.set(id, mirror);
    this.look(id);
  }

  private launch(id: ModuleId, known: MirrorConfig["known"]): FakeMirror {
    const running = this.server.mirrors.get(id);
    if (running?.isDoomed === true) throw new GemelError("GEMEL-2036", id);
    if (running?.isAlive === true) return running;
    const copy = this.server.copyOf(id);
    if (known.kind === "initialised" && copy.state === "empty") copy.isThere = false;
    const { name, time } = this.server;
    const guest = this.server.machineOf(id);
    const mirror = new FakeMirror(name, this.edge.peerOf(id), id, copy, guest, () => time.now);
    mirror.onRight = this.edge.onRight;
    mirror.onGuest = () => this.server.onPower(id);
    this.server.mirrors.set(id, mirror);
    return mirror;
  }

  private deliver(
    id: ModuleId,
    mirror: FakeMirror,
    command: MirrorOrder,
    limit: Milliseconds,
    done: (answer: Answer) => void,
  ): void {
    const fail = (code: string, message: string): void =>
      done({ ok: false, error: new GemelError(isErrorCode(code) ? code : "GEMEL-2010", id, message) });
    const ms = this.caller.takes("mirror");
    const late = this.caller.now + limit;
    const hasEnded = (): boolean => !mirror.isAlive;
    const attempt = (): void => {
      if (hasEnded()) return fail("GEMEL-2004", "It closed its connection.");
      if (mirror.isHung || ms > limit) {
        if (this.caller.now >= late)
          return fail("GEMEL-2005", `${command.do}: no answer within ${limit} ms.`);
        return this.server.after(Math.min(500, late - this.caller.now), attempt);
      }
      if (command.do === "read-file") {
        return done({ ok: true, result: { base64: base64OfText(this.edge.definition(id)) } });
      }
      const result = mirror.do(command);
      // Whoever is connected sees it close; for the one that asked it is no event.
      if (hasEnded()) this.server.forgetMirror(id);
      if (result.ok) done({ ok: true, result: {} });
      else fail(result.code, result.message);
    };
    this.server.after(Math.min(ms, limit), attempt);
  }
}

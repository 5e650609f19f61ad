// SPDX-License-Identifier: Apache-2.0
// How a daemon on fake time asks something of what lives outside it (mirror process, hypervisor, disk). What
// was asked for is done whether or not the daemon lives to hear of it; it may die before it has asked, and
// before it has heard.

import type { NodeName } from "../base/units.js";
import type { Server } from "./server.js";

export type Operation =
  | "look"
  | "define"
  | "start"
  | "let-run"
  | "stop"
  | "undefine"
  | "kill"
  | "open"
  | "mirror"
  | "set-aside"
  | "flush";

export type CrashPoint = `before ${Operation}` | `after ${Operation}` | "before effect";

/** Fake milliseconds, where nobody says otherwise. */
export const usualTimes: Readonly<Record<Operation, number>> = {
  look: 10,
  define: 50,
  start: 800,
  "let-run": 50,
  stop: 2000,
  undefine: 50,
  kill: 50,
  open: 50,
  mirror: 50,
  "set-aside": 50,
  flush: 5,
};

export interface Faults {
  /** How long it takes this time. */
  readonly takes: (what: Operation, node: NodeName) => number;
  /** It is refused, whatever the state of things. */
  readonly fails: (what: Operation, node: NodeName) => boolean;
  /** Does the daemon die here? */
  readonly crashes: (node: NodeName, point: CrashPoint) => boolean;
}

/** Dead people do not hear: what they wait for never comes. */
const never = <T>(): Promise<T> => new Promise(() => undefined);

export class MirrorCaller {
  isAlive = true;

  constructor(
    readonly server: Server,
    private readonly faults: Faults,
    private readonly die: () => void,
  ) {}

  get now(): number {
    return this.server.time.now;
  }

  /** A timer of the daemon's own: it does not outlive it. */
  after(ms: number, act: () => void): void {
    this.server.after(ms, () => {
      if (this.isAlive) act();
    });
  }

  every(ms: number, act: () => void): () => void {
    let goesOn = true;
    const again = (): void =>
      this.after(ms, () => {
        if (!goesOn) return;
        act();
        again();
      });
    again();
    return () => (goesOn = false);
  }

  takes(what: Operation): number {
    return this.faults.takes(what, this.server.name);
  }

  fails(what: Operation): boolean {
    return this.faults.fails(what, this.server.name);
  }

  crashes(point: CrashPoint): boolean {
    if (!this.isAlive) return true;
    if (!this.faults.crashes(this.server.name, point)) return false;
    this.die();
    return true;
  }

  perform<T>(what: Operation, act: () => T): Promise<T> {
    return this.exchange(what, (done) => this.server.after(this.takes(what), () => done(act())));
  }

  /** `act` says when it is done. */
  exchange<T>(what: Operation, act: (done: (value: T) => void) => void): Promise<T> {
    if (this.crashes(`before ${what}`)) return never();
    return new Promise((done) => {
      act((value) => {
        if (!this.crashes(`after ${what}`)) done(value);
      });
    });
  }
}

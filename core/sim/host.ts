// SPDX-License-Identifier: Apache-2.0
// A host of the simulated cluster: its server and, most of the time, a daemon on it. The daemon may be killed
// and started at any moment; a freeze stops both; a loss of power ends both.

import type { Decision, FailoverPause, ModuleConfig, NodeState } from "../decide/mirror/types.js";
import type { Command, CommandAnswer } from "../decide/mirror/command.js";
import type { ModuleId, NodeName } from "../base/units.js";
import type { Report } from "../loop/node-loop.js";
import { SimDaemon, type DaemonEdge } from "./daemon.js";
import { Server } from "./server.js";
import type { FakeTime } from "./time.js";

export interface HostEdge extends Omit<DaemonEdge, "answer" | "record" | "ended"> {
  /** The daemon's sockets are closed. */
  readonly closed: () => void;
  /** A broken invariant of the daemon has ended it. */
  readonly failed: (error: unknown) => void;
}

export class Host extends Server {
  readonly decisions: Decision[] = [];
  readonly answers = new Map<string, CommandAnswer>();
  private daemon: SimDaemon | undefined;
  /** What this host's copy of the cluster's shared record says. */
  private pause: FailoverPause | undefined;
  private run = 0;

  constructor(
    name: NodeName,
    time: FakeTime,
    configs: readonly ModuleConfig[],
    private readonly edge: HostEdge,
  ) {
    super(name, time, configs);
    this.onPower = (id) => this.whenItRuns(() => this.daemon?.powerChanged(id));
    this.onMirrorDeath = (id) => this.whenItRuns(() => this.daemon?.mirrorGone(id));
    this.startDaemon();
  }

  get isDaemonUp(): boolean {
    return this.daemon !== undefined;
  }

  get state(): NodeState | undefined {
    return this.daemon?.state;
  }

  /** What the daemon knows to be durable and the disk does not hold, by module. */
  get unsaved(): readonly ModuleId[] {
    const { daemon } = this;
    if (daemon === undefined || daemon.isFlushing) return [];
    const modules = Object.values(daemon.state.modules);
    return modules
      .filter(({ config, durable }) => differs(durable, this.record.get(config.id)))
      .map(({ config }) => config.id);
  }

  startDaemon(): void {
    if (!this.runs || this.daemon !== undefined) return;
    this.run += 1;
    const beginning = {
      incarnation: `${this.name}-${this.run}`,
      boot: this.hasBooted ? "host" : "daemon",
      pause: this.pause,
    } as const;
    this.daemon = new SimDaemon(this, this.daemonEdge(), beginning);
    this.daemon.findWhatRuns();
  }

  killDaemon(): void {
    if (this.daemon === undefined) return;
    this.daemon.stop();
    this.daemon = undefined;
    this.edge.closed();
  }

  powerOff(): void {
    this.daemon?.stop();
    this.daemon = undefined;
    this.losePower();
  }

  boot(): void {
    if (this.isUp) return;
    this.isUp = true;
    this.hasBooted = true;
    this.startDaemon();
  }

  setPause(pause: FailoverPause | undefined): void {
    this.pause = pause;
    this.report({ kind: "failover-pause", ...(pause !== undefined && { pause }) });
  }

  setHypervisor(isUp: boolean): void {
    this.isHypervisorUp = isUp;
    this.daemon?.hypervisorIs(isUp ? "back" : "lost");
  }

  killGuest(id: ModuleId): void {
    this.endMachine(id);
  }

  command(id: string, by: string, command: Command): void {
    this.report({ kind: "command", id, by, command });
  }

  /** Something reaches the daemon, if there is one. */
  report(report: Report): void {
    this.whenItRuns(() => this.daemon?.post(report));
  }

  /** The daemon of a frozen host takes nothing before the thaw. */
  private whenItRuns(act: () => void): void {
    if (this.isFrozen) this.after(0, act);
    else act();
  }

  mirrorSaid(id: ModuleId): void {
    this.daemon?.mirrorSaid(id);
  }

  private daemonEdge(): DaemonEdge {
    return {
      ...this.edge,
      answer: (id, answer) => void this.answers.set(id, answer),
      record: (decision) => void this.decisions.push(decision),
      ended: (error) => {
        this.killDaemon();
        if (error !== undefined) this.edge.failed(error);
      },
    };
  }
}

const differs = (one: unknown, other: unknown): boolean =>
  one !== other && JSON.stringify(one) !== JSON.stringify(other);

// SPDX-License-Identifier: Apache-2.0
// One seeded run of both nodes: first faults and commands, with crashes at every point of the loop; then
// everything is healed and convergence demanded. A failing seed replays exactly.

import type { Command } from "../../core/decide/mirror/command.js";
import { describe } from "../../core/describe/module/sentences.js";
import type { ModuleConfig } from "../../core/decide/mirror/types.js";
import { nodeName, type ModuleId } from "../../core/base/units.js";
import { Cluster, defaultConfig } from "../../core/sim/cluster.js";
import type { Host } from "../../core/sim/host.js";
import { newGeneration } from "../../core/sim/mirror/fake-mirror.js";
import { settle } from "../scenarios/settle.js";
import { Chance } from "./chance.js";
import { Invariants } from "./invariants.js";

const rounds = 40;
const convergeMs = 240_000;

export interface RunResult {
  readonly seed: number;
  readonly options: string;
  readonly split: boolean;
  readonly acknowledged: number;
}

type Fault = readonly [name: string, weight: number, act: (host: Host, run: Run) => void];

const faults: readonly Fault[] = [
  ["cut a network", 4, (host, run) => run.cut(host)],
  ["heal a network", 6, (_host, run) => run.cluster.networks.heal(run.chance.of(["data", "heart", "link"]))],
  ["cut all", 2, (_host, run) => run.cutAll()],
  ["power-off", 3, (host) => host.powerOff()],
  ["boot", 6, (host) => (host.isUp ? undefined : host.boot())],
  ["daemon killed", 3, (host) => host.killDaemon()],
  ["daemon started", 6, (host) => host.startDaemon()],
  ["mirror killed", 2, (host, run) => (host.mirrors.has(run.id) ? host.killMirror(run.id) : undefined)],
  ["qemu killed", 2, (host, run) => host.killGuest(run.id)],
  ["freeze", 2, (host) => (host.isUp && !host.isFrozen ? host.freeze() : undefined)],
  ["thaw", 5, (host) => (host.isFrozen ? host.thaw() : undefined)],
  ["libvirtd", 1, (host) => host.setHypervisor(!host.isHypervisorUp)],
  ["pause", 1, (host) => host.setPause({ since: "2026-11-21T03:12:00Z", by: "simulator", why: "" })],
  ["resume", 2, (host) => host.setPause(undefined)],
  ["command", 6, (host, run) => run.command(host)],
];

class Run {
  readonly chance: Chance;
  readonly cluster: Cluster;
  readonly id: ModuleId;
  readonly invariants: Invariants;
  readonly log: string[] = [];
  private hadSplit = false;
  private commands = 0;
  private crashChance: number;

  constructor(readonly seed: number) {
    this.chance = new Chance(seed);
    const config: ModuleConfig = {
      ...defaultConfig("cam1"),
      failover: !this.chance.is(0.1),
      defaultPrim: this.chance.is(0.2) ? { kind: "node", node: nodeName("beta") } : { kind: "alone" },
      maxLoop: 100,
      niceStop: defaultConfig("cam1").niceStop,
    };
    this.id = config.id;
    this.cluster = new Cluster([config], settle);
    this.invariants = new Invariants(this.cluster);
    this.crashChance = this.chance.of([0, 0, 0.0005, 0.002]);
    const loss = this.chance.of([0, 0.05, 0.3]);
    this.cluster.losesMessage = () => this.chance.is(loss);
    this.cluster.crashes = (name) => {
      if (!this.chance.is(this.crashChance)) return false;
      this.note(`crash of ${name}'s daemon`);
      return true;
    };
    const faulty = `loss=${loss} crash=${this.crashChance}`;
    this.options = `failover=${String(config.failover)} home=${config.defaultPrim.kind} ${faulty}`;
  }

  readonly options: string;

  note(what: string): void {
    this.log.push(`${(this.cluster.now / 1000).toFixed(1)} ${what}`);
  }

  cut(host: Host): void {
    const net = this.chance.of(["data", "heart", "link"]);
    this.cluster.networks.cut(net, host.name, this.cluster.other(host).name, this.chance.is(0.3));
  }

  cutAll(): void {
    for (const net of ["data", "heart"]) this.cluster.networks.cut(net, "alpha", "beta");
  }

  command(host: Host): void {
    const module = this.id;
    const scope = this.chance.of(["node", "both"] as const);
    const command = this.chance.of<Command>([
      { do: "start", module, scope },
      { do: "start", module, scope },
      { do: "stop", module, scope, force: this.chance.is(0.3) },
      { do: "swap", module },
      { do: "swap", module },
      { do: "restart", module },
      { do: "stopstart", module },
      { do: "second", module, force: false },
    ]);
    this.give(host, command);
  }

  give(host: Host, command: Command): void {
    this.note(`${host.name}: ${command.do}`);
    host.command(`c${(this.commands += 1)}`, "simulator", command);
  }

  async play(): Promise<RunResult> {
    const first = this.cluster.host("alpha").copyOf(this.id);
    Object.assign(first, {
      state: "consistent",
      generation: newGeneration(`given ${this.id}`),
      right: "alone",
      basis: "first",
    });
    await this.cluster.run(1000);
    for (const host of this.cluster.hosts) this.give(host, { do: "start", module: this.id, scope: "node" });
    await this.cluster.run(this.chance.of([1000, 5000, 15_000]));
    for (let round = 0; round < rounds; round += 1) await this.round();
    await this.heal();
    const acknowledged = this.cluster.acknowledged.get(this.id)?.size ?? 0;
    return { seed: this.seed, options: this.options, split: this.hadSplit, acknowledged };
  }

  private async round(): Promise<void> {
    const total = faults.reduce((sum, [, weight]) => sum + weight, 0);
    let pick = this.chance.below(total);
    const host = this.chance.of(this.cluster.hosts);
    for (const [name, weight, act] of faults) {
      pick -= weight;
      if (pick >= 0) continue;
      this.note(`${name} (${host.name})`);
      act(host, this);
      break;
    }
    await this.cluster.run(this.chance.of([100, 300, 700, 1500, 4000, 8000, 15_000]));
    if (this.invariants.isSplit(this.id)) this.hadSplit = true;
  }

  /** Everything works again; what a person has stopped is started; a conflict is resolved by a person. */
  private async heal(): Promise<void> {
    this.note("healing");
    this.crashChance = 0;
    this.cluster.losesMessage = () => false;
    for (const net of ["data", "heart", "link"]) this.cluster.networks.heal(net);
    for (const host of this.cluster.hosts) {
      if (host.isFrozen) host.thaw();
      if (!host.isUp) host.boot();
      if (!host.isHypervisorUp) host.setHypervisor(true);
      host.startDaemon();
      host.setPause(undefined);
    }
    await this.cluster.run(5000);
    const end = this.cluster.now + convergeMs;
    while (this.cluster.now < end) {
      if (this.invariants.isSplit(this.id)) this.hadSplit = true;
      if (this.isPair()) break;
      this.help();
      await this.cluster.run(1000);
    }
    this.invariants.demand(
      this.isPair(),
      "converges",
      `no pair in sync after ${convergeMs / 1000} s\n${this.picture()}`,
    );
    this.invariants.nothingLost(this.id, this.hadSplit);
  }

  /** What a person does who reads status and types what it says. */
  private help(): void {
    for (const host of this.cluster.hosts) {
      const found = host.state === undefined ? undefined : describe(host.state, this.id);
      if (found?.state === "STOP" || found?.reason === "second-only") {
        this.give(host, { do: "start", module: this.id, scope: "node" });
      } else if (found?.reason === "failover-off") {
        this.give(host, { do: "prim", module: this.id, force: false });
      } else if (found?.reason === "conflict") {
        this.invariants.demand(this.hadSplit, "converges", `a conflict without a split\n${this.picture()}`);
        this.give(host, { do: "resolve", module: this.id, keep: nodeName("alpha") });
      }
    }
  }

  private isPair(): boolean {
    const [a, b] = this.cluster.hosts.map((host) =>
      host.state === undefined ? undefined : describe(host.state, this.id),
    );
    const states = [a?.state, b?.state].sort().join();
    return states === "PRIM,SECOND" && a?.stability === "Ready" && b?.stability === "Ready";
  }

  picture(): string {
    const hosts = this.cluster.hosts.flatMap((host) => {
      const found = host.state === undefined ? undefined : describe(host.state, this.id);
      const work = host.state?.modules[this.id]?.phase.work.kind ?? "no daemon";
      return [
        `${host.name}: ${found?.state ?? "-"} ${found?.reason ?? ""} (${work}) ${found?.sentence ?? ""}`,
        ...host.decisions
          .slice(-15)
          .map(
            ({ at, rule, sentence, outcome }) =>
              `    ${(at / 1000).toFixed(1)} ${rule}: ${sentence} ${outcome}`,
          ),
      ];
    });
    return [`seed ${this.seed} ${this.options}`, ...this.log.slice(-60), ...hosts].join("\n");
  }
}

/** Plays one seed; a broken invariant is thrown with everything needed to replay it. */
export async function simulate(seed: number): Promise<RunResult> {
  const run = new Run(seed);
  try {
    return await run.play();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`seed ${seed}: ${reason}\n${run.picture()}`, { cause: error });
  }
}

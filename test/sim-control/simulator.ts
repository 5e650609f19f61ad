// SPDX-License-Identifier: Apache-2.0
// One seeded run of both nodes: first faults and commands, with crashes at every point of the loop and inside
// effects; then everything is healed, convergence demanded, and the plug pulled. A failing seed replays
// exactly.

import type { Command } from "../../core/decide/mirror/command.js";
import type { ModuleConfig } from "../../core/decide/mirror/types.js";
import { milliseconds, nodeName, type ModuleId } from "../../core/base/units.js";
import { usualTimes, type CrashPoint, type Operation } from "../../core/sim/caller.js";
import { Cluster, defaultConfig } from "../../core/sim/cluster.js";
import type { Host } from "../../core/sim/host.js";
import { newGeneration } from "../../core/sim/mirror/fake-mirror.js";
import { executes } from "../../core/sim/server.js";
import { settle } from "../scenarios/settle.js";
import { Chance } from "./chance.js";
import { demandPairs, isPair, pullThePlug, told, type Bystander } from "./ending.js";
import { flap, pickFault, type Stage } from "./faults.js";
import { Invariants } from "./invariants.js";
import { knownFailure, type KnownFailure } from "./known-failures.js";
import { Vigil } from "./vigil.js";
import { demand, Violation } from "./violation.js";

const rounds = 40;
const convergeMs = 240_000;
/** A second operator changes his mind, or does not know of the first, within this time. */
const contraryMs = 4_000;

export interface RunResult {
  readonly seed: number;
  readonly options: string;
  readonly split: boolean;
  readonly acknowledged: number;
  /** It ended in a fault that is known. */
  readonly known?: KnownFailure;
}

class Run implements Stage {
  readonly chance: Chance;
  readonly cluster: Cluster;
  readonly ids: readonly ModuleId[];
  readonly options: string;
  private readonly invariants: Invariants;
  private readonly vigil: Vigil;
  private readonly log: string[] = [];
  private readonly split = new Set<ModuleId>();
  isHealed = false;
  private commands = 0;
  private crashChance: number;
  private slowChance: number;
  private failChance: number;
  private resolvedAt = -Infinity;
  private doomed: string | undefined;

  constructor(readonly seed: number) {
    const chance = new Chance(seed);
    this.chance = chance;
    const config: Omit<ModuleConfig, "id" | "vm"> = {
      ...defaultConfig("cam1"),
      failover: !chance.is(0.1),
      defaultPrim: chance.is(0.2) ? { kind: "node", node: nodeName("beta") } : { kind: "alone" },
      maxLoop: 100,
      niceStop: milliseconds(10_000),
    };
    const names = ["cam1", "bms1", "nvr1"].slice(0, chance.of([1, 1, 1, 2, 3]));
    const configs = names.map((name) => ({ ...defaultConfig(name), ...config, ...idsOf(name) }));
    this.ids = configs.map(({ id }) => id);
    this.cluster = new Cluster(configs, settle);
    this.invariants = new Invariants(this.cluster);
    this.vigil = new Vigil(this.cluster);
    this.crashChance = chance.of([0, 0, 0.002, 0.01]);
    this.slowChance = chance.of([0, 0.01, 0.1]);
    this.failChance = chance.of([0, 0, 0.02]);
    const loss = chance.of([0, 0.05, 0.3]);
    this.cluster.losesMessage = () => chance.is(loss);
    this.cluster.crashes = (name, point) => this.crashes(name, point);
    this.cluster.takes = (what) => this.takes(what);
    this.cluster.fails = (what) => isFallible(what) && chance.is(this.failChance);
    this.cluster.onFailed = (host, error) => {
      const message = error instanceof Error ? error.message : String(error);
      this.cluster.fail(new Violation("daemon-lives", message, host.name));
    };
    const faulty = `loss=${loss} crash=${this.crashChance} slow=${this.slowChance} fail=${this.failChance}`;
    const { failover, defaultPrim } = config;
    this.options = `modules=${names.length} failover=${String(failover)} home=${defaultPrim.kind} ${faulty}`;
  }

  readonly module = (): ModuleId => this.ids[this.chance.below(this.ids.length)] ?? ("" as ModuleId);

  readonly give = (host: Host, command: Command): void => {
    this.note(`${host.name}: ${JSON.stringify(command)}`);
    const id = `c${(this.commands += 1)}`;
    this.vigil.given(id, host, command.do);
    host.command(id, "simulator", command);
  };

  readonly doom = (host: Host): void => {
    this.doomed = host.name;
  };

  async play(): Promise<RunResult> {
    for (const id of this.ids) {
      const first = {
        state: "consistent",
        generation: newGeneration(`given ${id}`),
        right: "alone",
        basis: "first",
      };
      Object.assign(this.cluster.host("alpha").copyOf(id), first);
    }
    await this.advance(1000);
    for (const id of this.ids) {
      for (const host of this.cluster.hosts) this.give(host, { do: "start", module: id, scope: "node" });
    }
    await this.advance(this.chance.of([1000, 5000, 15_000]));
    for (let round = 0; round < rounds; round += 1) await this.round();
    await this.heal();
    await this.end();
    for (const host of this.cluster.hosts) this.vigil.remembered(host);
    const written = this.ids.map((id) => this.cluster.acknowledged.get(id)?.size ?? 0);
    const acknowledged = written.reduce((sum, one) => sum + one, 0);
    return { seed: this.seed, options: this.options, split: this.split.size > 0, acknowledged };
  }

  picture(): string {
    const hosts = this.cluster.hosts.flatMap((host) => [
      ...this.ids.map((id) => {
        const found = told(host, id);
        const work = host.state?.modules[id]?.phase.work.kind ?? "no daemon";
        const state = `${found?.state ?? "-"} ${found?.reason ?? ""}`;
        return `${host.name} ${id}: ${state} (${work}) ${found?.sentence ?? ""}`;
      }),
      ...host.decisions
        .slice(-20)
        .map(({ at, module, rule, sentence, outcome }) =>
          [`   `, (at / 1000).toFixed(1), module ?? "", `${rule}:`, sentence, outcome].join(" "),
        ),
    ]);
    return [`seed ${this.seed} ${this.options}`, ...this.log.slice(-60), ...hosts].join("\n");
  }

  private note(what: string): void {
    this.log.push(`${(this.cluster.now / 1000).toFixed(1)} ${what}`);
  }

  private crashes(name: string, point: CrashPoint): boolean {
    if (this.doomed === name && point === "after flush") {
      this.doomed = undefined;
      this.note(`${name}'s daemon dies with its record written and nothing said`);
      return true;
    }
    if (this.crashChance === 0 || !this.chance.is(this.crashChance)) return false;
    this.note(`crash of ${name}'s daemon ${point}`);
    return true;
  }

  /** A disk under load, a libvirtd with a queue: most of the time quick, now and then not at all. */
  private takes(what: Operation): number {
    const usual = usualTimes[what];
    if (!this.chance.is(this.slowChance)) return usual;
    return usual + this.chance.of([200, 1000, 4000, what === "flush" ? 1000 : 9000]);
  }

  private async advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 1000) {
      await this.cluster.run(Math.min(left, 1000));
      this.vigil.look();
    }
    for (const id of this.ids) if (this.invariants.isSplit(id)) this.split.add(id);
  }

  private async round(): Promise<void> {
    const host = this.chance.of(this.cluster.hosts);
    const [name, , act] = pickFault(this.chance);
    this.note(`${name} (${host.name})`);
    act(host, this);
    await this.advance(this.chance.of([100, 300, 700, 1500, 4000, 8000, 15_000]));
  }

  /** Everything works again, but for a process that may keep a file open; people do what status says. */
  private async heal(): Promise<void> {
    this.note("healing");
    this.isHealed = true;
    [this.crashChance, this.slowChance, this.failChance] = [0, 0, 0];
    this.doomed = undefined;
    this.cluster.losesMessage = () => false;
    for (const net of ["data", "heart", "link"]) this.cluster.networks.heal(net);
    const closes = this.chance.is(0.8);
    for (const host of this.cluster.hosts) {
      host.isStateDiskHung = false;
      if (host.isFrozen) host.thaw();
      host.boot();
      if (!host.isHypervisorUp) host.setHypervisor(true);
      for (const mirror of host.mirrors.values()) {
        mirror.wake();
        if (closes) mirror.isHeldOpen = false;
      }
      host.startDaemon();
      host.setPause(undefined);
    }
    await this.advance(5000);
    const end = this.cluster.now + convergeMs;
    while (this.cluster.now < end && !this.ids.every((id) => isPair(this.cluster, id))) {
      for (const host of this.cluster.hosts) for (const id of this.ids) this.help(host, id);
      await this.advance(1000);
    }
    demandPairs(this.cluster, (id) => this.split.has(id), this.invariants);
  }

  /** What a person does who reads status and types what it says; now and then there is a second person. */
  private help(host: Host, id: ModuleId): void {
    const found = told(host, id);
    if (host.state?.leaving === true) {
      // One that shuts down comes back by its boot; it may have been told late.
      host.powerOff();
      host.boot();
    } else if (found?.state === "STOP" || found?.reason === "second-only" || found?.reason === "unable") {
      this.give(host, { do: "start", module: id, scope: "node" });
    } else if (found?.reason === "failover-off") {
      this.give(host, { do: "prim", module: id, force: false });
    } else if (found?.reason === "conflict") {
      demand(this.split.has(id), "converges", "a conflict without a split");
      this.resolvedAt = this.cluster.now;
      this.give(host, { do: "resolve", module: id, keep: nodeName("alpha") });
      if (this.chance.is(0.3)) this.contradict(id);
    } else if (this.cluster.now - this.resolvedAt < contraryMs && this.chance.is(0.05)) {
      this.contradict(id);
    }
  }

  /** Another person, on whichever node, who wants the contrary, or just anything that runs. */
  private contradict(id: ModuleId): void {
    const host = this.chance.of(this.cluster.hosts);
    const command = this.chance.of<Command>([
      { do: "resolve", module: id, keep: nodeName("beta") },
      { do: "resolve", module: id, keep: nodeName("beta") },
      { do: "prim", module: id, force: false },
    ]);
    host.after(this.chance.of([0, 50, 300, 1500, 3000]), () => this.give(host, command));
  }

  private async end(): Promise<void> {
    if (!(this.cluster.configs[0]?.failover ?? false)) return;
    const id = this.module();
    const host = this.cluster.hosts.find((one) => executes(one.machineOf(id))) ?? this.cluster.hosts[0];
    if (this.chance.is(0.2)) {
      flap(this.cluster.other(host), this);
      await this.advance(30_000);
      this.doomed = undefined;
      for (const one of this.cluster.hosts) one.startDaemon();
      await this.advance(10_000);
    }
    const bystander = await this.prepareBystander(host, id);
    this.note(`the plug of ${host.name} is pulled, a module is ${bystander}`);
    const look = (): void => this.vigil.look();
    const hadSplit = (one: ModuleId): boolean => this.split.has(one);
    await pullThePlug(this.cluster, host, hadSplit, { invariants: this.invariants, bystander, look });
  }

  private async prepareBystander(host: Host, id: ModuleId): Promise<Bystander> {
    const other = this.ids.find((one) => one !== id);
    const bystander =
      other === undefined
        ? "none"
        : this.chance.of<Bystander>(["none", "none", "none", "stopped", "stopped", "hung"]);
    if (other === undefined || bystander === "none") return "none";
    if (bystander === "hung") this.cluster.other(host).mirrors.get(other)?.hang();
    else this.give(host, { do: "stop", module: other, scope: "both", force: false });
    await this.advance(20_000);
    return bystander;
  }
}

const idsOf = (name: string): Pick<ModuleConfig, "id" | "vm"> => {
  const { id, vm } = defaultConfig(name);
  return { id, vm };
};

/** What libvirt may refuse while it works. */
const fallible: readonly Operation[] = ["look", "define", "start", "let-run", "undefine"];
const isFallible = (what: Operation): boolean => fallible.includes(what);

/** Plays one seed; a broken invariant that is not known is thrown with everything needed to replay it. */
export async function simulate(seed: number): Promise<RunResult> {
  const run = new Run(seed);
  try {
    return await run.play();
  } catch (error) {
    const known = error instanceof Violation ? knownFailure(error) : undefined;
    if (known !== undefined) return { seed, options: run.options, split: false, acknowledged: 0, known };
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`seed ${seed}: ${reason}\n${run.picture()}`, { cause: error });
  }
}

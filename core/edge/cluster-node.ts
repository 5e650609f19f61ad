// SPDX-License-Identifier: Apache-2.0
// A node that belongs to a cluster: the loop and every room around it. It ends without touching guests or
// mirrors: they run on, and the next daemon finds them (P6).

import { join } from "node:path";
import type { Status } from "../api/contract.js";
import { GemelError, type Failure } from "../base/errors.js";
import { moduleId, nodeName, type Instant, type ModuleId, type NodeName } from "../base/units.js";
import { shownCluster, type ClusterConfig } from "./config/cluster-file.js";
import type { Paths } from "./config/paths.js";
import { VmEffects } from "../loop/vm-effects.js";
import { Effects } from "../loop/effects.js";
import { step } from "../decide/mirror/step.js";
import type { Decision, Durable, ModuleConfig, ModulePicture, NodeState } from "../decide/mirror/types.js";
import { viewsOf } from "../decide/mirror/views.js";
import { MirrorSupervisor } from "./mirror/supervisor.js";
import { NodeLoop, type Report } from "../loop/node-loop.js";
import { Observer } from "../loop/observer.js";
import type { Arbiter, ArbiterKind } from "../ports/arbiter.js";
import type { Fence } from "../ports/fence.js";
import type { Hypervisor } from "../ports/hypervisor.js";
import { Procedures } from "../procedure/procedure.js";
import type { ProcedureServices, Protection } from "../procedure/services.js";
import type { MirrorConfig, MirrorEvent, MirrorStatus } from "../../native/index.js";
import { stateAtStart } from "./record/initial-state.js";
import { bootClock, loopClock, timesNow } from "./clock.js";
import { gemelVersion } from "./cluster/version.js";
import { Commands } from "./commands.js";
import { CopyRate } from "./metrics/copy-rate.js";
import { askPeer } from "./calls/forward.js";
import { DiskWatch } from "./workload/disk-watch.js";
import { Standby } from "./workload/standby.js";
import { ModuleConfigSync } from "./config/module-config-sync.js";
import { explain, mirrorConfigOf, vmPlaceOf } from "./mirror/mirror-settings.js";
import { ClusterNetwork, type Member } from "./network/cluster-network.js";
import { Modules } from "./config/modules.js";
import { inputsOf, wordsOf } from "./mirror/mirror-log.js";
import { PeerProgress } from "./network/peer-progress.js";
import { Refusals } from "./refusals.js";
import { servicesOf } from "./procedure-services.js";
import { setAside } from "./mirror/set-aside.js";
import { SharedRecordSync } from "./cluster/shared-record-sync.js";
import { statusOf } from "../describe/status/status.js";
import { Watch } from "./watch.js";
import type { AlarmFacts } from "../describe/alarm/alarms.js";
import { exchangeEveryMs } from "../base/limits/edge.js";

export interface ClusterNodeEdge {
  readonly paths: Paths;
  /** This run of the daemon. */
  readonly incarnation: string;
  readonly startedAt: Instant;
  readonly hypervisor: Hypervisor;
  readonly arbiters: Readonly<Record<ArbiterKind, Arbiter>>;
  readonly fence: Fence;
  readonly protection: (services: ProcedureServices, procedures: Procedures) => Protection;
  readonly record: (entry: Recorded) => void;
  /** cluster.xml cannot be read, and why. */
  readonly clusterFault: () => Failure | undefined;
  /** Of another node. */
  readonly figures: (from: NodeName, figures: unknown) => void;
  readonly changed: () => void;
  /** A broken invariant or a state that cannot be written: the daemon ends. */
  readonly failed: (error: unknown) => void;
}

export interface Recorded {
  readonly kind: "decision" | "log";
  readonly module: string | null;
  readonly rule: string;
  readonly sentence: string;
  readonly inputs: Decision["inputs"];
  readonly outcome: string;
}

export class ClusterNode {
  readonly node: NodeName;
  readonly modules: Modules;
  readonly network: ClusterNetwork;
  readonly mirrors: MirrorSupervisor;
  readonly commands: Commands;
  readonly procedures: Procedures;
  readonly progress: PeerProgress;
  readonly copyRate: CopyRate;
  readonly configSync: ModuleConfigSync;
  readonly recordSync: SharedRecordSync;
  readonly watch: Watch;
  readonly hypervisor: Hypervisor;
  readonly protection: Protection;
  /** What other nodes and the mirror processes said and nobody here understands. */
  readonly refusals = new Refusals((why) => this.log(null, "What arrived was refused.", why));
  private readonly loop: NodeLoop;
  private readonly effects: Effects;
  private readonly vms: VmEffects;
  private readonly observer: Observer;
  private readonly timer: NodeJS.Timeout;
  /** Of modules that were open: what a copy set aside is named by. */
  private readonly generations = new Map<string, string>();
  private readonly disks: DiskWatch;
  private readonly services: ProcedureServices;
  readonly standby: Standby;
  private readonly disowned = new Set<string>();
  /** Of modules whose settings could not be read yet (R103). */
  private unread = new Map<ModuleId, Durable>();
  /** When a peer became reachable or silent, as shown to people. */
  private readonly reach = new Map<string, { readonly reachable: boolean; readonly since: Instant }>();

  constructor(
    private readonly edge: ClusterNodeEdge,
    member: Member,
  ) {
    const { paths, hypervisor } = edge;
    this.node = member.card.node;
    this.hypervisor = hypervisor;
    this.modules = new Modules(paths, {
      configured: (config) => this.configured(() => this.takeUp(config)),
      said: (id, sentence, outcome) => this.log(id === "" ? null : id, sentence, outcome),
      removed: (module) => this.post({ kind: "module-removed", module }),
    });
    this.mirrors = new MirrorSupervisor(paths.mirrorRun, {
      status: (module, status) => this.mirrorSeen(module, status),
      event: (module, event) => this.mirrorSaid(module, event),
      config: (module, known) => this.mirrorConfig(this.network.member ?? member, module, known),
      refused: (module, why) => this.refusals.count(`mirror process of ${module}: ${why}`),
      gone: (module, why) => this.post({ kind: "mirror-gone", module: moduleId(module), why }),
    });
    this.network = new ClusterNetwork({
      incarnation: edge.incarnation,
      now: bootClock,
      post: (report) => this.post(report),
      views: () => this.views(),
      turns: () => this.loop.turns,
      progress: () => this.progress.own(),
      told: (from, progress) => this.progress.take(from, progress),
      figures: edge.figures,
      refused: (why) => this.refusals.count(why),
    });
    this.recordSync = new SharedRecordSync(paths.sharedRecord, this.node, this.network, this.said);
    this.recordSync.record.onChange((keys) => this.sharedChanged(keys));
    this.watch = new Watch(this, { paths, log: this.said, changed: edge.changed });
    this.vms = new VmEffects(hypervisor, (module, command, limit) =>
      this.mirrors.ask(module, command, limit),
    );
    this.effects = new Effects(this.effectEdge());
    this.modules.reread();
    this.loop = this.beginLoop(member);
    this.commands = new Commands((report) => this.post(report));
    this.copyRate = new CopyRate(join(paths.state, "copy-rate.json"), (why) =>
      this.log(null, "The speed of the last copy could not be kept.", why),
    );
    this.procedures = new Procedures(join(paths.state, "procedures"), {
      record: (subject, sentence, outcome) => this.log(subject, sentence, outcome),
      changed: edge.changed,
    });
    this.progress = new PeerProgress(this, edge.changed);
    this.configSync = new ModuleConfigSync(this.modules, this.network, (id) => this.letGo(id));
    this.services = servicesOf(this, paths);
    this.protection = edge.protection(this.services, this.procedures);
    this.disks = new DiskWatch(this, edge.changed);
    this.standby = this.standbyOf(edge.changed);
    this.observer = this.observe();
    this.network.adopt(member);
    this.procedures.resume();
    this.timer = setInterval(() => this.everySoOften(), exchangeEveryMs);
    void this.findWhatRuns();
  }

  get state(): NodeState {
    return this.loop.state;
  }

  get member(): Member {
    const { member } = this.network;
    if (member === undefined) throw new GemelError("GEMEL-4001", this.node);
    return member;
  }

  stop(): void {
    clearInterval(this.timer);
    this.loop.stop();
    this.observer.stop();
    this.network.leave();
    this.mirrors.stop();
  }

  /** cluster.xml has changed: networks and peers are taken up anew, modules stay as they are. */
  reconfigure(config: ClusterConfig): void {
    this.network.adopt({ ...this.member, config });
    this.edge.changed();
  }

  status(unwritable: AlarmFacts["unwritable"]): Status {
    const status = statusOf({
      state: this.state,
      times: timesNow(),
      startedAt: this.edge.startedAt,
      version: gemelVersion,
      arbiter: "none",
      cluster: shownCluster(this.member.config),
      isPartly: (module) => (this.modules.settings(module)?.excluded.length ?? 0) > 0,
      procedures: this.progress.procedures(),
      copying: (module) => this.progress.copying(module),
      troubles: this.troubles(),
      misread: (module) => this.modules.troubleOf(module),
      unproven: this.disks.elsewhere(),
      standby: this.standby.troubles(),
      reachableSince: (peer, reachable) => this.reachableSince(peer, reachable),
      startOf: (module, node) => this.watch.took("startMs", module, node),
      versionOf: (peer) => this.watch.versionOf(peer),
    });
    return this.watch.complete(status, unwritable);
  }

  private reachableSince(peer: string, reachable: boolean): Instant {
    const before = this.reach.get(peer);
    if (before?.reachable === reachable) return before.since;
    const since = bootClock();
    this.reach.set(peer, { reachable, since });
    return since;
  }

  /** Before the first turn the loop does not exist yet: the modules read then are part of its beginning. */
  private configured(tell: () => void): void {
    if ((this.loop as NodeLoop | undefined) !== undefined) tell();
  }

  /** One that could not be read until now may run since long ago. */
  private takeUp(config: ModuleConfig): void {
    const durable = this.unread.get(config.id);
    this.unread.delete(config.id);
    this.post({ kind: "module-configured", config, ...(durable !== undefined && { durable }) });
    if (durable !== undefined) void this.findWhatRuns([config.id]);
  }

  troubles(): readonly Failure[] {
    return [...this.modules.troubles(), ...[this.edge.clusterFault()].filter((one) => one !== undefined)];
  }

  /** Here or on the other node: a pause counts from the next decision on. */
  private sharedChanged(keys: readonly string[]): void {
    const pause = this.recordSync.record.get("pause");
    if (keys.includes("pause")) this.post({ kind: "failover-pause", ...(pause !== undefined && { pause }) });
    this.edge.changed();
  }

  private post(report: Report): void {
    this.loop.post(report);
  }

  views(): readonly ModulePicture[] {
    return viewsOf(this.state, bootClock());
  }

  private readonly said = (sentence: string, outcome: string): void => this.log(null, sentence, outcome);
  log(module: string | null, sentence: string, outcome: string): void {
    this.edge.record({ kind: "log", module, rule: "", sentence, inputs: {}, outcome });
  }

  private beginLoop(member: Member): NodeLoop {
    const { paths, incarnation } = this.edge;
    const pause = this.recordSync.record.get("pause");
    const modules = new Map(this.modules.ids().map((id) => [id, this.modules.expect(id)]));
    const found = stateAtStart(paths, incarnation, member, modules, pause, this.modules.unknown());
    const { state, trouble, keep } = found;
    this.unread = found.unread;
    for (const one of [trouble, this.recordSync.record.trouble])
      if (one !== undefined) this.log(null, "The daemon's own state file was damaged.", one);
    return new NodeLoop(state, {
      ...loopClock,
      step,
      persist: keep,
      record: (decision) => {
        const { rule, sentence, inputs, outcome } = decision;
        const module = decision.module ?? null;
        this.edge.record({ kind: "decision", module, rule, sentence, inputs, outcome });
      },
      carryOut: (effect) => this.effects.carryOut(effect),
      changed: (now) => {
        this.watch.see(now);
        this.edge.changed();
      },
      failed: this.edge.failed,
    });
  }

  private effectEdge(): ConstructorParameters<typeof Effects>[0] {
    return {
      now: bootClock,
      hasRunSince: (begin) => this.loop.hasRunSince(begin),
      post: (report) => this.post(report),
      place: (module) => vmPlaceOf(module, this.modules.expect(module)),
      mirror: this.mirrors,
      arbiter: (module) => this.edge.arbiters[this.state.modules[moduleId(module)]?.config.arbiter ?? "none"],
      fence: this.edge.fence,
      vm: this.vms,
      kill: (module) => this.kill(module),
      seeVm: (module) => this.observer.see(moduleId(module)),
      setAside: (module) => this.setAside(module),
      send: ({ to, message }) => this.network.send(to, message),
      answer: ({ id, answer }) => this.commands.answered(id, answer),
      explain,
    };
  }

  private mirrorConfig(member: Member, module: string, known: MirrorConfig["known"]): MirrorConfig {
    return mirrorConfigOf(this.edge.paths, member, module, this.modules.expect(module), known);
  }

  private async kill(module: string): Promise<void> {
    const { vm } = this.modules.expect(module);
    const killed = await this.hypervisor.kill(vm.id);
    if (!killed.ok && killed.code !== "GEMEL-3005")
      throw new GemelError("GEMEL-3006", module, killed.message);
  }

  private async setAside(module: string): Promise<boolean> {
    const { vm } = this.modules.expect(module);
    const generation = this.generations.get(module) ?? "unknown";
    const kept = await setAside(module, vm.folder, generation);
    this.log(module, `The losing copy is kept: ${kept.how}.`, kept.folder);
    return kept.how === "cloned";
  }

  private standbyOf(changed: () => void): Standby {
    return new Standby(this, {
      now: bootClock,
      answers: (peer) => this.network.answersControl(nodeName(peer)),
      ask: (peer, body) => askPeer(this.network, nodeName(peer), "standby", body),
      changed,
    });
  }

  private observe(): Observer {
    return new Observer(this.hypervisor, {
      every: loopClock.every,
      post: (report) => this.post(report),
      vms: () => new Map(this.modules.ids().map((id) => [id, this.modules.expect(id).vm.id])),
      runsHere: (module) => this.runsHere(module),
      keepDefinition: async (module, definition) => {
        const changed = await this.vms.keepDefinition(module, definition);
        if (changed) this.standby.changed(module);
        return changed;
      },
      record: (module, sentence, outcome) => this.log(module, sentence, outcome),
      recheck: (module) => this.disks.prove(module),
      paused: (module) => this.disks.goOnWithRoom(module),
    });
  }

  /** The other node has unprotected it while this one was away. A VM that runs here is a person's to end. */
  private async letGo(id: string): Promise<void> {
    if (!this.runsHere(moduleId(id))) await this.protection.forget(id);
    else if (!this.disowned.has(id)) {
      this.disowned.add(id);
      this.log(id, "The other node has unprotected this module, but its VM runs here.", "it stays as it is");
    }
  }

  isRunning(module: ModuleId): boolean {
    return this.runsHere(module) && this.state.modules[module]?.phase.work.kind === "running";
  }

  runsHere(module: ModuleId): boolean {
    const state = this.state.modules[module]?.phase.state;
    return state === "ALONE" || state === "PRIM";
  }

  /** P6: mirrors and VMs that run are taken over; nothing is decided before both were looked at. */
  private async findWhatRuns(ids = this.modules.ids()): Promise<void> {
    for (const id of ids) {
      const found = await this.mirrors.adopt(id, this.modules.expect(id).vm.folder);
      if (found === "absent") this.post({ kind: "mirror-absent", module: id });
      if (found === "silent")
        this.post({ kind: "mirror-gone", module: id, why: "its socket does not answer" });
    }
    await this.observer.look();
  }

  private mirrorSeen(module: string, status: MirrorStatus): void {
    this.generations.set(module, status.generation);
    this.copyRate.see(status);
    this.post({ kind: "mirror-status", module: moduleId(module), status });
  }

  private mirrorSaid(module: string, event: MirrorEvent): void {
    const words = wordsOf(event);
    if (words === undefined) return;
    const { sentence, outcome } = words;
    this.edge.record({ kind: "log", module, rule: "", sentence, inputs: inputsOf(event), outcome });
  }

  private everySoOften(): void {
    this.modules.reread();
    this.services.guard.follow(this.state.hypervisor === "up");
    void this.configSync.offerAll();
    void this.recordSync.offerAll();
    void this.watch.look();
    void this.standby.look();
  }
}

// SPDX-License-Identifier: Apache-2.0
// Whether the other host could start a VM that runs here. It was asked when the VM was protected; since then
// the definition has followed every change, and what it names now (a kernel file, a second bridge, a USB
// stick) may be on one host only. So the other host is asked again after each change, and from time to time,
// since it changes, too. Both nodes keep the answer: the one that asked and the one that gave it.

import { failure, type Failure } from "../../base/errors.js";
import { standbyAskEvery, standbyAskPause } from "../../base/limits/edge.js";
import { moduleId, type Instant, type ModuleId, type NodeName } from "../../base/units.js";
import type { PeerAnswer, PeerAnswers, PeerBody } from "../../api/calls/peer.js";
import type { Finding, Hypervisor } from "../../ports/hypervisor.js";
import { valueOf } from "../../loop/vm-effects.js";
import type { Modules } from "../config/modules.js";

/** What it needs of the running node. */
export interface StandbyRooms {
  readonly node: NodeName;
  readonly hypervisor: Pick<Hypervisor, "inspect" | "preflight" | "validate">;
  readonly modules: Pick<Modules, "expect" | "ids">;
  isRunning(module: ModuleId): boolean;
  log(module: string, sentence: string, outcome: string): void;
}

export interface StandbyEdge {
  readonly now: () => Instant;
  readonly answers: (peer: string) => boolean;
  readonly ask: (peer: string, body: PeerBody<"standby">) => Promise<PeerAnswer<"standby">>;
  readonly changed: () => void;
}

interface Asked {
  readonly dueAt: number;
  readonly trouble: Failure | undefined;
}

export class Standby {
  private readonly asked = new Map<string, Asked>();
  private readonly answered = new Map<string, Failure>();
  private isAsking = false;

  constructor(
    private readonly running: StandbyRooms,
    private readonly edge: StandbyEdge,
  ) {}

  readonly answers: PeerAnswers<"standby"> = {
    standby: async ({ module, details }) => {
      const { folder, leftOut } = this.placeOf(module);
      const found = await this.judge(details, folder, leftOut);
      this.keep(this.answered, module, troubleOf(module, this.running.node, found));
      return found;
    },
  };

  /** What keeps the other host from starting the VM; on that host: what keeps this one. */
  troubles(): ReadonlyMap<string, Failure> {
    const runs = (module: string): boolean => this.running.isRunning(moduleId(module));
    const own = [...this.asked].flatMap(([module, { trouble }]) =>
      trouble === undefined || !runs(module) ? [] : [[module, trouble] as const],
    );
    return new Map([...[...this.answered].filter(([module]) => !runs(module)), ...own]);
  }

  /** Its definition is another one now. */
  changed(module: string): void {
    const before = this.asked.get(module);
    if (before !== undefined) this.asked.set(module, { ...before, dueAt: 0 });
  }

  /** Asks for whichever VM is due; one after the other. */
  async look(): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    try {
      for (const module of this.running.modules.ids()) {
        if (!this.running.isRunning(moduleId(module))) this.asked.delete(module);
        else if (this.edge.now() >= (this.asked.get(module)?.dueAt ?? 0)) await this.ask(module);
      }
    } finally {
      this.isAsking = false;
    }
  }

  private async ask(module: string): Promise<void> {
    const { nodes, vm } = this.running.modules.expect(module);
    const peer = nodes.find((node) => node !== this.running.node);
    if (peer === undefined || !this.edge.answers(peer)) return;
    const before = this.asked.get(module)?.trouble;
    // Taken before the answer: a change that comes meanwhile makes it due again.
    this.asked.set(module, { dueAt: this.edge.now() + standbyAskEvery, trouble: before });
    try {
      const details = valueOf(await this.running.hypervisor.inspect(vm.id), module);
      const trouble = troubleOf(module, peer, await this.edge.ask(peer, { module, details }));
      const dueAt = this.asked.get(module)?.dueAt ?? 0;
      this.asked.set(module, { dueAt, trouble });
      if (trouble?.message === before?.message) return;
      const outcome = trouble?.message ?? "it could start the VM";
      this.running.log(module, `${peer} was asked whether it could start the VM.`, outcome);
      this.edge.changed();
    } catch {
      // Not known: what was said before stands, and it is asked again soon.
      this.asked.set(module, { dueAt: this.edge.now() + standbyAskPause, trouble: before });
    }
  }

  private async judge(
    details: PeerBody<"standby">["details"],
    folder: string,
    leftOut: readonly string[],
  ): Promise<readonly Finding[]> {
    const { hypervisor, node } = this.running;
    const found = valueOf(await hypervisor.preflight(details, folder, "standby", leftOut), node);
    const judged = await hypervisor.validate(details.definition);
    if (judged.ok) return found;
    const { code, message, next } = judged;
    return [...found, { severity: "blocks", node, code, message, next }];
  }

  private placeOf(module: string): { readonly folder: string; readonly leftOut: readonly string[] } {
    const { vm, excluded } = this.running.modules.expect(module);
    return { folder: vm.folder, leftOut: excluded.map(({ target }) => target) };
  }

  private keep(where: Map<string, Failure>, module: string, trouble: Failure | undefined): void {
    const before = where.get(module)?.message;
    if (trouble === undefined) where.delete(module);
    else where.set(module, trouble);
    if (before !== trouble?.message) this.edge.changed();
  }
}

/** The first thing that is in the way, with its repair; more of them come to light one by one. */
function troubleOf(module: string, node: string, found: readonly Finding[]): Failure | undefined {
  const first = found.find(({ severity }) => severity === "blocks");
  return first === undefined
    ? undefined
    : failure("GEMEL-3011", module, `On ${node}: ${first.message}`, first.next);
}

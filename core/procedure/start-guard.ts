// SPDX-License-Identifier: Apache-2.0
// Which VMs are marked (R32), kept by one hand: whoever asks the hypervisor's guard gives it all marks, and
// what is not among them is unmarked. Protects at once, a preflight beside them and the doctor would take
// each other's marks away, and their proofs (a VM that must not start) would meet.
//
// Invariant: one question at a time, and what is to be marked is found out when its turn comes, never before.

import type { Hypervisor, VmId } from "../ports/hypervisor.js";

export interface GuardedModules {
  readonly ids: () => readonly string[];
  readonly settings: (id: string) => { readonly vm: { readonly id: string } } | undefined;
  /** Of which nothing can be read. */
  readonly unknown?: () => readonly string[];
}

type Answer = ReturnType<Hypervisor["guard"]>;
type Mark = Parameters<Hypervisor["guard"]>[0][number];

export class StartGuard {
  /** VM → module that is about to be made: marked already. */
  private readonly coming = new Map<VmId, string>();
  /** VMs whose module is about to go: marked no more. */
  private readonly going = new Set<VmId>();
  private last: Promise<unknown> = Promise.resolve();
  /** Not yet begun: whoever asks meanwhile has the same question. */
  private waiting: Answer | undefined;
  /** As last found out: whoever only looks (the doctor) changes nothing by it (R105). */
  private found: Awaited<Answer> | undefined;
  private hasLooked = false;

  constructor(
    private readonly hypervisor: Pick<Hypervisor, "guard">,
    private readonly modules: GuardedModules,
  ) {}

  /** Writes the marks anew; whether the hypervisor asks before it starts a VM. */
  check(): Answer {
    if (this.waiting !== undefined) return this.waiting;
    const answer = this.last.then(() => {
      this.waiting = undefined;
      return this.hypervisor.guard(this.marks(), this.modules.unknown?.() ?? []);
    });
    answer.then(
      (found) => (this.found = found),
      () => undefined,
    );
    this.waiting = answer;
    this.last = answer.catch(() => undefined);
    return answer;
  }

  known(): Awaited<Answer> | undefined {
    return this.found;
  }

  /** Once for each time that the hypervisor has come up, since it looks for hooks only when it starts. */
  follow(isUp: boolean): void {
    if (!isUp) this.hasLooked = false;
    else if (!this.hasLooked && this.modules.ids().length > 0) {
      this.hasLooked = true;
      void this.check().catch(() => undefined);
    }
  }

  /** From now on, until it is freed: the module may follow later. */
  mark(vm: VmId, module: string): Answer {
    this.going.delete(vm);
    this.coming.set(vm, module);
    return this.check();
  }

  /** Although its module may still be there. */
  free(vm: VmId): Answer {
    this.coming.delete(vm);
    this.going.add(vm);
    return this.check();
  }

  /** It stays its module's after all. */
  keep(vm: VmId): Answer {
    this.going.delete(vm);
    return this.check();
  }

  private marks(): readonly Mark[] {
    const made = this.modules.ids().flatMap((module): readonly Mark[] => {
      const id = this.modules.settings(module)?.vm.id;
      return id === undefined ? [] : [{ id, module }];
    });
    const has = (vm: VmId): boolean => made.some(({ id }) => id === vm);
    // What has been made speaks for itself, what has gone needs no word any more.
    for (const vm of [...this.coming.keys()].filter(has)) this.coming.delete(vm);
    for (const vm of [...this.going].filter((one) => !has(one))) this.going.delete(vm);
    const coming = [...this.coming].map(([id, module]) => ({ id, module }));
    return [...made.filter(({ id }) => !this.going.has(id)), ...coming];
  }
}

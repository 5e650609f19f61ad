// SPDX-License-Identifier: Apache-2.0
// A lease on fake time: who runs last keeps the right. The other gets it only where the holder did not renew:
// here, when it is asked first after the loss. A swap or a word is told afterwards. A pair in sync renews.

import type { ModuleId, NodeName } from "../base/units.js";
import type { ArbiterAnswer, ArbiterQuestion } from "../ports/arbiter.js";

export class FakeArbiter {
  isUp = true;
  private readonly holders = new Map<ModuleId, NodeName>();
  /** Who has lost the right to the other since both were last in sync. */
  private readonly denied = new Map<ModuleId, NodeName>();
  /** Grows with each change of a holder. */
  private epoch = 0;

  answer(from: NodeName, other: NodeName, { module, why }: ArbiterQuestion): ArbiterAnswer {
    const holder = this.holders.get(module);
    const isRace = why === "frozen" || why === "afterwards" || holder === undefined || holder === from;
    const isDenied = this.denied.get(module) === from;
    if (isRace || !isDenied) {
      if (holder !== from) this.epoch += 1;
      this.holders.set(module, from);
      this.denied.set(module, other);
    }
    const { epoch } = this;
    return isDenied ? { kind: "denied", holder: other, epoch } : { kind: "granted", epoch };
  }

  renew(module: ModuleId): void {
    this.denied.delete(module);
  }
}

// SPDX-License-Identifier: Apache-2.0
// A fence on fake time: it switches a host off and reads back that it is. An order under an older epoch than
// one that it has seen is refused: whoever gave it holds nothing any more.

import type { Fence, FenceAnswer, FenceOrder } from "../ports/fence.js";
import type { NodeName } from "../base/units.js";

const fenceMs = 1000;

export type FenceMood = "works" | "silent" | "refuses";

export class FakeFence implements Fence {
  is: FenceMood = "works";
  private newest = 0;

  constructor(
    private readonly after: (ms: number, act: () => void) => void,
    private readonly switchOff: (node: NodeName) => void,
  ) {}

  ask(order: FenceOrder): Promise<FenceAnswer> {
    return new Promise((answer) => this.after(fenceMs, () => answer(this.carryOut(order))));
  }

  private carryOut({ node, epoch }: FenceOrder): FenceAnswer {
    if (this.is === "silent") return { kind: "silent" };
    if (this.is === "refuses" || epoch < this.newest) return { kind: "refused", why: "not now" };
    this.newest = epoch;
    this.switchOff(node);
    return { kind: "off" };
  }
}

// SPDX-License-Identifier: Apache-2.0
// What hosts are asked for by name (caller.ts) and refuse, or take their time for, until something else is
// said.

import { check } from "../base/check.js";
import { usualTimes, type Operation } from "./caller.js";
import type { Cluster } from "./cluster.js";
import type { Host } from "./host.js";

export class Hindrances {
  private readonly refused = new Set<string>();
  private readonly times = new Map<string, number>();

  reach(cluster: Cluster): void {
    cluster.fails = (what, node) => this.refused.has(`${node} ${what}`);
    cluster.takes = (what, node) => this.times.get(`${node} ${what}`) ?? usualTimes[what];
  }

  refuse(host: Host, what: string | undefined, isRefused: boolean): void {
    const named = `${host.name} ${operation(what)}`;
    if (isRefused) this.refused.add(named);
    else this.refused.delete(named);
  }

  slow(host: Host, what: string | undefined, ms: number): void {
    this.times.set(`${host.name} ${operation(what)}`, ms);
  }
}

function operation(what = ""): Operation {
  const found = (Object.keys(usualTimes) as Operation[]).find((one) => one === what);
  check(found !== undefined, `an operation called ${what}`);
  return found;
}

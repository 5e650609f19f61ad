// SPDX-License-Identifier: Apache-2.0
// One look at all counters of this node, and how it is taken: the hypervisor and every running mirror are
// asked at once, each with a limit. Whoever does not answer in time is simply not in the reading (R33): a
// look never waits for a second one, and a slow hypervisor is asked again only when it has answered.

import { Type } from "@sinclair/typebox";
import { performance } from "node:perf_hooks";
import type { MirrorCounts } from "../../api/contract.js";
import { mirrorCounts } from "../../api/schemas/modules.js";
import { isOfShape } from "../../base/shape.js";
import type { Milliseconds } from "../../base/units.js";
import type { Hypervisor, VmId } from "../../ports/hypervisor.js";

/** A counter's value with the moment at which it was read, on a clock that never jumps. */
export interface Timed<T> {
  readonly ms: number;
  readonly value: T;
}

export interface HostCounters {
  readonly cpuNanosBusy: number;
  readonly memoryUsed: number;
  readonly memoryTotal: number;
  readonly cpus: number;
}

export interface VmCounters {
  readonly cpuNanos: number;
  readonly memory: number;
  readonly diskCapacity: number;
}

export interface Sample {
  /** null: the hypervisor did not answer in time. */
  readonly host: Timed<HostCounters> | null;
  readonly vms: ReadonlyMap<VmId, Timed<VmCounters>>;
  /** By module. */
  readonly mirrors: ReadonlyMap<string, Timed<MirrorCounts>>;
}

export interface ReaderEdge {
  readonly hypervisor: Pick<Hypervisor, "figures">;
  readonly mirror: (module: string, limit: Milliseconds) => Promise<MirrorCounts>;
}

type Answer = Pick<Sample, "host" | "vms">;
const silence: Answer = { host: null, vms: new Map() };

export class Sampler {
  private asking = false;

  constructor(private readonly edge: ReaderEdge) {}

  async read(modules: readonly string[], limit: Milliseconds): Promise<Sample> {
    const counts = modules.map(async (module) => {
      const value = await this.edge.mirror(module, limit).catch(() => undefined);
      return isOfShape(counted, value) ? [[module, timed(value)] as const] : [];
    });
    const [answer, mirrors] = await Promise.all([this.askHypervisor(limit), Promise.all(counts)]);
    return { ...answer, mirrors: new Map(mirrors.flat()) };
  }

  private async askHypervisor(limit: Milliseconds): Promise<Answer> {
    if (this.asking) return silence;
    this.asking = true;
    const answer = this.look().finally(() => (this.asking = false));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Answer>((done) => (timer = setTimeout(() => done(silence), limit)));
    return await Promise.race([answer, late]).finally(() => clearTimeout(timer));
  }

  private async look(): Promise<Answer> {
    const found = await this.edge.hypervisor.figures().catch(() => undefined);
    if (found?.ok !== true) return silence;
    const { host, vms } = found.value;
    const { cpuNanosBusy, memoryTotal, memoryFree, cpus } = host;
    return {
      host: timed({ cpuNanosBusy, memoryTotal, cpus, memoryUsed: memoryTotal - memoryFree }),
      vms: new Map(
        vms.map(({ id, cpuNanos, memory, diskCapacity }) => [id, timed({ cpuNanos, memory, diskCapacity })]),
      ),
    };
  }
}

const timed = <T>(value: T): Timed<T> => ({ ms: performance.now(), value });

/** A mirror process of another version may count something else. */
const counted = Type.Pick(mirrorCounts, [
  "writeLatency",
  "writes",
  "bytesWritten",
  "bytesRead",
  "dirtyBytes",
  "inFlight",
]);

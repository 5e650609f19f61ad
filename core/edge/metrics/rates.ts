// SPDX-License-Identifier: Apache-2.0
// From two readings to what people see: rates are differences of counters over the time between the two
// looks. A counter that went down belongs to a new process, and there is no rate for that interval: nothing
// is shown rather than something invented. Pure.

import type { LiveFigures, MirrorCounts, ModuleFigures } from "../../api/contract.js";
import type { VmId } from "../../ports/hypervisor.js";
import type { Sample } from "./sample.js";
import { sampleIntervalMsMin } from "../../base/limits/edge.js";

/** A module that runs here, with its VM. */
export interface Runner {
  readonly module: string;
  readonly vm: VmId;
}

export function figuresBetween(
  { node, at }: { readonly node: string; readonly at: string },
  runners: readonly Runner[],
  before: Sample | undefined,
  after: Sample,
): LiveFigures {
  return {
    node,
    at,
    host: hostBetween(before?.host ?? null, after.host),
    modules: runners.flatMap((runner) => moduleBetween(runner, before, after) ?? []),
  };
}

/** Cores that a VM kept busy; null: cannot be told. */
export function coresOf(vm: VmId, before: Sample | undefined, after: Sample): number | null {
  const [then, now] = [before?.vms.get(vm), after.vms.get(vm)];
  if (then === undefined || now === undefined) return null;
  return busyCores(now.ms - then.ms, now.value.cpuNanos - then.value.cpuNanos);
}

function hostBetween(before: Sample["host"], after: Sample["host"]): LiveFigures["host"] {
  if (before === null || after === null) return null;
  const cpu = busyCores(after.ms - before.ms, after.value.cpuNanosBusy - before.value.cpuNanosBusy);
  return cpu === null ? null : { cpu, memoryUsed: after.value.memoryUsed };
}

const busyCores = (ms: number, nanos: number): number | null =>
  ms < sampleIntervalMsMin || nanos < 0 ? null : Math.round((nanos / (ms * 1e6)) * 1000) / 1000;

function moduleBetween(
  { module, vm }: Runner,
  before: Sample | undefined,
  after: Sample,
): ModuleFigures | undefined {
  const [then, now] = [before?.mirrors.get(module), after.mirrors.get(module)];
  if (then === undefined || now === undefined) return undefined;
  const ms = now.ms - then.ms;
  if (ms < sampleIntervalMsMin || wentBack(then.value, now.value)) return undefined;
  const perSecond = (of: "writes" | "bytesWritten" | "bytesRead"): number =>
    Math.round(((now.value[of] - then.value[of]) / ms) * 1000 * 10) / 10;
  const times = (of: "whole" | "local" | "peer", share: number): number | null =>
    percentileBetween(then.value.writeLatency[of], now.value.writeLatency[of], share);
  return {
    module,
    cpu: coresOf(vm, before, after),
    memory: after.vms.get(vm)?.value.memory ?? null,
    writesPerSecond: perSecond("writes"),
    bytesWrittenPerSecond: perSecond("bytesWritten"),
    bytesReadPerSecond: perSecond("bytesRead"),
    writeP50Us: times("whole", 0.5),
    writeP99Us: times("whole", 0.99),
    localP50Us: times("local", 0.5),
    peerP50Us: times("peer", 0.5),
    dirtyBytes: now.value.dirtyBytes,
    inFlight: now.value.inFlight,
  };
}

function wentBack(before: MirrorCounts, after: MirrorCounts): boolean {
  const counters = ["writes", "reads", "flushes", "bytesWritten", "bytesRead"] as const;
  return counters.some((one) => after[one] < before[one]);
}

/**
 * Bucket i holds [2^i, 2^(i+1)) µs; within the bucket the values are taken as evenly spread on its own,
 * logarithmic scale. null: nothing was counted in between.
 */
export function percentileBetween(
  before: readonly number[],
  after: readonly number[],
  share: number,
): number | null {
  const counts = after.map((count, bucket) => Math.max(0, count - (before[bucket] ?? 0)));
  const wanted = counts.reduce((sum, count) => sum + count, 0) * share;
  if (wanted === 0) return null;
  let seen = 0;
  for (const [bucket, count] of counts.entries()) {
    if (count > 0 && seen + count >= wanted) return Math.round(2 ** (bucket + (wanted - seen) / count));
    seen += count;
  }
  return null;
}

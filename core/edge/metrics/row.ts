// SPDX-License-Identifier: Apache-2.0
// What of the figures is kept: one row per host and per module on the node where it runs. Pure.

import { seriesNames } from "../../base/vocabulary.js";
import { modulesMax } from "../../base/limits.js";
import type { LiveFigures, SeriesName } from "../../api/contract.js";

export const hostSeriesNames = ["cpu", "memory"] as const satisfies readonly SeriesName[];

export interface MetricsRow {
  /** "host:alpha", "module:cam1" */
  readonly subject: string;
  readonly node: string;
  readonly values: Readonly<Partial<Record<SeriesName, number | null>>>;
}

export const hostSubject = (node: string): string => `host:${node}`;
export const moduleSubject = (module: string): string => `module:${module}`;

export function rowsOf({ node, host, modules }: LiveFigures): readonly MetricsRow[] {
  const own = host === null ? [] : [{ cpu: host.cpu, memory: host.memoryUsed }];
  return [
    ...own.map((values) => ({ subject: hostSubject(node), node, values })),
    ...modules.map(({ module, ...values }) => ({ subject: moduleSubject(module), node, values })),
  ];
}

/** From the other node, which may be of another version: what does not look like figures is not taken. */
export function areFigures(value: unknown, from: string): value is LiveFigures {
  const { node, at, host, modules } = (value ?? {}) as Partial<Record<keyof LiveFigures, unknown>>;
  return (
    node === from &&
    typeof at === "string" &&
    (host === null || isRecordOf(host, hostFields)) &&
    Array.isArray(modules) &&
    modules.length <= modulesMax &&
    modules.every((one) => isModule(one))
  );
}

const hostFields = ["cpu", "memoryUsed"];

function isModule(value: unknown): boolean {
  const { module } = (value ?? {}) as { readonly module?: unknown };
  return typeof module === "string" && isRecordOf(value, seriesNames);
}

function isRecordOf(value: unknown, fields: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  const record = value as Readonly<Record<string, unknown>>;
  return fields.every((field) => record[field] === null || Number.isFinite(record[field]));
}

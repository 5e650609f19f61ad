// SPDX-License-Identifier: Apache-2.0
// What of the figures is kept: one row per host and per module on the node where it runs. Pure.

import { modulesMax } from "../../base/limits.js";
import type { LiveFigures, SeriesName } from "../../api/contract.js";
import { liveFigures } from "../../api/schemas/load.js";
import { isOfShape } from "../../base/shape.js";

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
export const areFigures = (value: unknown, from: string): value is LiveFigures =>
  isOfShape(liveFigures, value) && value.node === from && value.modules.length <= modulesMax;

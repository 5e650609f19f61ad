// SPDX-License-Identifier: Apache-2.0
// The last minute and a half as one small path. SVG, not canvas: 32 cards × 3 of these are a few attributes
// per second, and they follow the theme by CSS.

import { memo, type ReactNode } from "react";

const width = 90;
const height = 22;

export const Sparkline = memo(function Sparkline({
  values,
  /** What the top edge means at least, so that noise near zero does not look like a storm. */
  topMin,
}: {
  readonly values: readonly (number | null)[];
  readonly topMin: number;
}): ReactNode {
  const line = pathOf(values, topMin);
  return (
    <svg
      className="gm-spark"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      {line === "" ? null : <path className="gm-spark-area" d={`${line}V${height}H${startOf(values)}Z`} />}
      <path className="gm-spark-line" d={line} vectorEffect="non-scaling-stroke" />
    </svg>
  );
});

const startOf = (values: readonly (number | null)[]): number => width - Math.min(width, values.length - 1);

/** A second per unit, the present at the right edge; where nothing was measured the line goes straight on. */
export function pathOf(values: readonly (number | null)[], topMin: number): string {
  const top = values.reduce<number>((most, value) => Math.max(most, value ?? 0), topMin);
  const first = width - (values.length - 1);
  const points = values.flatMap((value, index) => {
    if (value === null || first + index < 0) return [];
    const y = height - 1 - (value / top) * (height - 2);
    return [`${first + index} ${y.toFixed(1)}`];
  });
  return points.length < 2 ? "" : `M${points.join("L")}`;
}

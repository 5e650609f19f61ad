// SPDX-License-Identifier: Apache-2.0
// The last minute and a half as one small path. SVG, not canvas: 32 cards × 3 of these are a few attributes
// per second, and they follow the theme by CSS.

import { memo, type ReactNode } from "react";

/** Fewer seconds than this are stretched to it, so that a page just opened is not all empty. */
const secondsMin = 20;
const height = 22;

export const Sparkline = memo(function Sparkline({
  values,
  topMin,
}: {
  readonly values: readonly (number | null)[];
  /** What the top edge means at least, so that noise near zero does not look like a storm. */
  readonly topMin: number;
}): ReactNode {
  const width = Math.max(secondsMin, values.length - 1);
  const line = pathOf(values, topMin, width);
  const begin = width - (values.length - 1);
  return (
    <svg
      className="gm-spark"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      <path className="gm-spark-ground" d={`M0 ${height - 0.5}H${width}`} vectorEffect="non-scaling-stroke" />
      {line === "" ? null : <path className="gm-spark-area" d={`${line}V${height}H${begin}Z`} />}
      <path className="gm-spark-line" d={line} vectorEffect="non-scaling-stroke" />
    </svg>
  );
});

/** A second per unit, the present at the right edge; where nothing was measured the line goes straight on. */
export function pathOf(values: readonly (number | null)[], topMin: number, width: number): string {
  const top = values.reduce<number>((most, value) => Math.max(most, value ?? 0), topMin);
  const first = width - (values.length - 1);
  const points = values.flatMap((value, index) => {
    if (value === null) return [];
    const y = height - 1 - (value / top) * (height - 2);
    return [`${first + index} ${y.toFixed(1)}`];
  });
  return points.length < 2 ? "" : `M${points.join("L")}`;
}

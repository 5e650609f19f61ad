// SPDX-License-Identifier: Apache-2.0
// How uPlot draws our charts: axes, colours out of the page's tokens, and a mark where the VM moved.

import type uPlot from "uplot";
import type { Columns, Line } from "./columns.js";

export interface ChartLine extends Line {
  /** Which of the chart colours (chart.css). */
  readonly colour: 1 | 2 | 3 | 4;
  readonly filled?: boolean;
}

export interface Drawing {
  /** Where it is drawn: the tokens are read there. */
  readonly element: HTMLElement;
  readonly lines: readonly ChartLine[];
  readonly axisText: (value: number) => string;
  readonly isBytes: boolean;
  readonly group: string;
  readonly moves: () => Columns["moves"];
  readonly onRow: (row: number | null) => void;
  readonly size: { readonly width: number; readonly height: number };
}

const day = 86_400;
const axisWidth = 72;
/** 1 B to 1 PiB. */
const binarySteps = Array.from({ length: 51 }, (_, power) => 2 ** power);

export function optionsOf(drawing: Drawing): uPlot.Options {
  const { element, lines, axisText, isBytes, group, moves, onRow, size } = drawing;
  const styles = getComputedStyle(element);
  const token = (name: string): string => styles.getPropertyValue(name).trim();
  const quiet = token("--gm-chart-text");
  const axis = {
    stroke: quiet,
    font: `12px ${token("--gm-chart-font")}`,
    grid: { stroke: token("--gm-chart-grid"), width: 1 },
    ticks: { show: false },
  };
  return {
    ...size,
    cursor: { drag: { x: false, y: false }, y: false, sync: { key: group }, points: { size: 7 } },
    legend: { show: false },
    scales: { y: { range: fromZero } },
    axes: [
      { ...axis, values: (plot, splits) => timesOf(plot, splits), space: 70, size: 28 },
      {
        ...axis,
        values: (_plot, splits) => splits.map(axisText),
        size: axisWidth,
        space: 36,
        ...(isBytes && { incrs: binarySteps }),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, colour, filled }) => ({
        label,
        stroke: token(`--gm-line-${colour}`),
        width: 1.5,
        points: { show: false },
        ...(filled === true && { fill: token(`--gm-line-fill-${colour}`) }),
      })),
    ],
    hooks: {
      setCursor: [
        (plot) => {
          onRow(plot.cursor.idx ?? null);
        },
      ],
      draw: [
        (plot) => {
          for (const { at, to } of moves()) drawMove(plot, at, `→ ${to}`, quiet);
        },
      ],
    },
  };
}

/** From zero: a chart that begins at its lowest value turns a ripple into a mountain. */
const fromZero = (_plot: uPlot, _min: number, max: number): uPlot.Range.MinMax => [
  0,
  max > 0 ? max * 1.1 : 1,
];

function timesOf(plot: uPlot, splits: readonly number[]): string[] {
  const { min = 0, max = 0 } = plot.scales["x"] ?? {};
  const isLong = max - min > 2 * day;
  return splits.map((second) => {
    const at = new Date(second * 1000);
    return isLong
      ? at.toLocaleDateString("en-GB", { day: "numeric", month: "short" })
      : at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  });
}

function drawMove(plot: uPlot, at: number, label: string, colour: string): void {
  const { ctx, bbox } = plot;
  const x = plot.valToPos(at, "x", true);
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.setLineDash([4, 4]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.textAlign = x > bbox.left + bbox.width - 80 ? "right" : "left";
  ctx.fillText(label, x + (ctx.textAlign === "right" ? -4 : 4), bbox.top + 12);
  ctx.restore();
}

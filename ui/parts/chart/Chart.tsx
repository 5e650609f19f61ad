// SPDX-License-Identifier: Apache-2.0
// One chart: lines over time, drawn by uPlot on a canvas, and the same for whoever does not see it, as a
// sentence and as a table. Colours come from the page's tokens, so both themes are right; a change of theme
// draws anew.
//
// Invariant: the drawing lives outside of React's state. New figures are handed to it, it is never rebuilt
// for them.

import "uplot/dist/uPlot.min.css";
import "./chart.css";
import { useEffect, useId, useMemo, useRef, useState, type ReactNode, type RefObject } from "react";
import uPlot from "uplot";
import { offsetText, timeText } from "../../../core/describe/words/words.js";
import { useIsDark } from "../../theme.js";
import { ChartTable } from "./ChartTable.js";
import { summaryOf, type Columns } from "./columns.js";
import { optionsOf, type ChartLine } from "./drawing.js";

export interface ChartProps {
  readonly title: string;
  readonly columns: Columns;
  readonly lines: readonly ChartLine[];
  /** On the axis, where room is scarce. */
  readonly axisText: (value: number) => string;
  /** Steps of the axis in powers of two, not of ten. */
  readonly isBytes: boolean;
  /** Charts of one group show the same moment under the pointer. */
  readonly group: string;
  /** "1 h": what the axis spans, for the words. */
  readonly span: string;
}

const height = 200;

export function Chart(props: ChartProps): ReactNode {
  const { title, columns, lines, span } = props;
  const [row, setRow] = useState<number | null>(null);
  const place = useRef<HTMLDivElement>(null);
  useDrawing(place, props, setRow);
  const summary = useMemo(() => summaryOf(columns, lines), [columns, lines]);
  const id = useId();
  return (
    <figure className="gm-chart" aria-labelledby={id}>
      <figcaption id={id} className="gm-chart-title">
        {title}
      </figcaption>
      <Legend columns={columns} lines={lines} row={row} />
      <div ref={place} className="gm-chart-drawing" role="img" aria-label={`${title}, ${span}. ${summary}`} />
      <ChartTable title={title} columns={columns} lines={lines} summary={summary} />
    </figure>
  );
}

function useDrawing(
  place: RefObject<HTMLDivElement | null>,
  { columns, lines, axisText, isBytes, group }: ChartProps,
  onRow: (row: number | null) => void,
): void {
  const isDark = useIsDark();
  const drawing = useRef<uPlot | null>(null);
  const latest = useRef(columns);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const moves = (): Columns["moves"] => latest.current.moves;
    const size = { width: Math.max(200, element.clientWidth), height };
    const options = optionsOf({ element, lines, axisText, isBytes, group, moves, onRow, size });
    const plot = new uPlot(options, dataOf(latest.current), element);
    drawing.current = plot;
    const watcher = new ResizeObserver(() => {
      plot.setSize({ width: Math.max(200, element.clientWidth), height });
    });
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      plot.destroy();
      drawing.current = null;
    };
    // The theme is read from the page by optionsOf.
  }, [place, lines, axisText, isBytes, group, onRow, isDark]);
  useEffect(() => {
    latest.current = columns;
    drawing.current?.setData(dataOf(columns));
  }, [columns]);
}

const dataOf = ({ at, values }: Columns): uPlot.AlignedData => [
  [...at],
  ...values.map((column) => [...column]),
];

interface LegendProps {
  readonly columns: Columns;
  readonly lines: readonly ChartLine[];
  readonly row: number | null;
}

/** The figures under the pointer, else the last ones. Hidden from ears: the drawing's label says more. */
function Legend({ columns, lines, row }: LegendProps): ReactNode {
  const shown = row ?? columns.at.length - 1;
  const at = columns.at[shown];
  return (
    <div className="gm-chart-legend" aria-hidden="true">
      {lines.map(({ label, colour, text }, index) => (
        <span key={label} className="gm-chart-entry">
          <span className={`gm-chart-swatch gm-line-${colour}`} />
          {label} <strong>{text(columns.values[index]?.[shown] ?? null)}</strong>
        </span>
      ))}
      <span className="gm-chart-moment">
        {at === undefined ? "" : row === null ? `now, ${offsetText(new Date())}` : timeText(at * 1000)}
      </span>
    </div>
  );
}

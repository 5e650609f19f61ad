// SPDX-License-Identifier: Apache-2.0
// The module's charts: what its guest waited, what it wrote, what the peer lacked, how busy it was.

import { Skeleton } from "@patternfly/react-core";
import { useMemo, type ReactNode } from "react";
import type { Series, SeriesName, SeriesRange } from "../../../core/api/contract.js";
import { bytesText, coresText, latencyText, rateText } from "../../../core/describe/words/words.js";
import { useAnswer } from "../../asking.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { Chart } from "../../parts/chart/Chart.js";
import type { ChartLine } from "../../parts/chart/drawing.js";
import { columnsOf } from "../../parts/chart/columns.js";

interface Shown {
  readonly title: string;
  readonly names: readonly SeriesName[];
  readonly lines: readonly ChartLine[];
  readonly axisText: (value: number) => string;
  /** Steps of the axis in powers of two. */
  readonly isBytes?: boolean;
}

const charts: readonly Shown[] = [
  {
    title: "What a write waits",
    names: ["writeP99Us", "writeP50Us", "localP50Us", "peerP50Us"],
    lines: [
      { label: "p99", colour: 2, text: latencyText },
      { label: "Median", colour: 1, text: latencyText },
      { label: "Disk here", colour: 3, text: latencyText },
      { label: "Peer", colour: 4, text: latencyText },
    ],
    axisText: latencyText,
  },
  {
    title: "Throughput",
    names: ["bytesWrittenPerSecond", "bytesReadPerSecond"],
    lines: [
      { label: "Written", colour: 1, text: rateText, filled: true },
      { label: "Read", colour: 3, text: rateText },
    ],
    axisText: rateText,
    isBytes: true,
  },
  {
    title: "Marked: may differ from the other copy",
    names: ["dirtyBytes"],
    lines: [{ label: "Marked", colour: 2, text: bytesText, filled: true }],
    axisText: bytesText,
    isBytes: true,
  },
  {
    title: "CPU",
    names: ["cpu"],
    lines: [{ label: "Busy", colour: 4, text: (value) => coresText(value), filled: true }],
    axisText: (value) => value.toFixed(1),
  },
];

const everyMs: Readonly<Record<SeriesRange, number>> = { "1h": 10_000, "24h": 60_000, "30d": 300_000 };

interface ModuleChartsProps {
  readonly module: string;
  readonly range: SeriesRange;
  readonly span: string;
}

export function ModuleCharts({ module, range, span }: ModuleChartsProps): ReactNode {
  const { data, error } = useAnswer("GET /series", [{ module, range }], { everyMs: everyMs[range] });
  if (data === undefined) {
    if (error !== null) return <FailureAlert failure={error} what="The figures cannot be read now" />;
    return <Skeleton height="14rem" screenreaderText="The charts are loading" />;
  }
  return (
    <div className="gm-charts">
      {charts.map((shown) => (
        <OneChart key={shown.title} shown={shown} series={data} span={span} />
      ))}
    </div>
  );
}

interface OneChartProps {
  readonly shown: Shown;
  readonly series: Series;
  readonly span: string;
}

function OneChart({ shown, series, span }: OneChartProps): ReactNode {
  const { title, names, lines, axisText, isBytes = false } = shown;
  const columns = useMemo(() => columnsOf(series, names), [series, names]);
  return (
    <Chart
      title={title}
      columns={columns}
      lines={lines}
      axisText={axisText}
      isBytes={isBytes}
      group={series.subject}
      span={span}
    />
  );
}

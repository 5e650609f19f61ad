// SPDX-License-Identifier: Apache-2.0
// What was: the timeline of both nodes and the charts, over the same stretch of time, so that a peak and what
// happened then are found together. Default export: fetched lazily, with the chart library.

import { Alert, Button, Card, CardBody, CardHeader, CardTitle } from "@patternfly/react-core";
import { ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import { useMemo, useState, type ReactNode } from "react";
import { Link } from "react-router";
import type { ModuleStatus, SeriesRange } from "../../../core/api/contract.js";
import { timeText } from "../../../core/describe/words/words.js";
import { useStatus } from "../../live/live.js";
import { Explanations } from "../../parts/timeline/Explanation.js";
import { laneOf, listed, type Axis, type MarkGroup } from "../../parts/timeline/lanes.js";
import { Timeline } from "../../parts/timeline/Timeline.js";
import { paths } from "../../paths.js";
import { ModuleCharts } from "./ModuleCharts.js";
import { useNodeHistory, type NodeHistory } from "./node-history.js";

interface PastProps {
  readonly module: ModuleStatus;
  /** The cluster's own clock. */
  readonly at: string;
}

const hourMs = 3_600_000;
const ranges: readonly { readonly range: SeriesRange; readonly label: string; readonly ms: number }[] = [
  { range: "1h", label: "1 hour", ms: hourMs },
  { range: "24h", label: "24 hours", ms: 24 * hourMs },
  { range: "30d", label: "30 days", ms: 720 * hourMs },
];
const latestShown = 6;

export default function Past({ module, at }: PastProps): ReactNode {
  const [range, setRange] = useState<SeriesRange>("1h");
  const { label, ms } = ranges.find((one) => one.range === range) ?? { label: "1 hour", ms: hourMs };
  // To whole 10 s, so that the drawing does not tremble with each second.
  const to = Math.ceil(Date.parse(at) / 10_000) * 10_000;
  const axis = useMemo<Axis>(() => ({ from: to - ms, to }), [to, ms]);
  return (
    <Card component="section">
      <CardHeader
        hasWrap
        actions={{
          actions: <RangeChoice range={range} onRange={setRange} />,
          hasNoOffset: true,
        }}
      >
        <CardTitle component="h2">What was</CardTitle>
      </CardHeader>
      <CardBody>
        <HistoryOf module={module} axis={axis} />
        <ModuleCharts module={module.id} range={range} span={label} />
      </CardBody>
    </Card>
  );
}

interface RangeProps {
  readonly range: SeriesRange;
  readonly onRange: (range: SeriesRange) => void;
}

function RangeChoice({ range, onRange }: RangeProps): ReactNode {
  return (
    <ToggleGroup aria-label="Stretch of time">
      {ranges.map((one) => (
        <ToggleGroupItem
          key={one.range}
          text={one.label}
          isSelected={range === one.range}
          onChange={() => {
            onRange(one.range);
          }}
        />
      ))}
    </ToggleGroup>
  );
}

function HistoryOf({ module, axis }: { readonly module: ModuleStatus; readonly axis: Axis }): ReactNode {
  const [first, second] = module.nodes;
  const one = useNodeHistory(module.id, first?.node ?? null);
  const two = useNodeHistory(module.id, second?.node ?? null);
  const hosts = useStatus()?.nodes;
  const [chosen, setChosen] = useState<MarkGroup | null>(null);
  const lanes = useMemo(
    () =>
      [one, two].map(({ node, entries, heldFrom }, index) => {
        const row = module.nodes[index];
        const silent = hosts?.find(({ name, reachable }) => name === node && !reachable);
        return laneOf({
          node,
          entries,
          axis,
          ...(heldFrom !== undefined && { heldFrom }),
          ...(row !== undefined && { now: row.state, nowSince: Date.parse(row.since) }),
          ...(silent !== undefined && { silentSince: Date.parse(silent.since) }),
        });
      }),
    [one, two, axis, module.nodes, hosts],
  );
  const all = listed(lanes);
  const changes = all.filter(({ weight }) => weight === "change" || weight === "person");
  const latest = (changes.length > 0 ? changes : all).slice(0, latestShown);
  const marks = chosen === null ? latest : [...chosen.marks].reverse();
  return (
    <>
      {[one, two].map((history) => (
        <Unread key={history.node} history={history} />
      ))}
      <Timeline lanes={lanes} axis={axis} chosen={chosen?.key ?? null} onChoose={setChosen} />
      <h3 className="gm-past-heading">
        {chosen === null ? "Latest changes" : `Around ${timeText(chosen.at)}`}
        {chosen !== null && (
          <Button
            variant="link"
            isInline
            onClick={() => {
              setChosen(null);
            }}
          >
            Show the latest changes
          </Button>
        )}
        <Link className="gm-link" to={`${paths.events}?module=${module.id}`}>
          All events
        </Link>
      </h3>
      {marks.length === 0 ? (
        <p className="gm-quiet">Nothing happened in this time.</p>
      ) : (
        <Explanations key={chosen?.key ?? "latest"} marks={marks} opened={chosen !== null} />
      )}
    </>
  );
}

function Unread({ history }: { readonly history: NodeHistory }): ReactNode {
  const { node, failure } = history;
  if (failure === null) return null;
  return (
    <Alert
      isInline
      isPlain
      component="p"
      variant="warning"
      title={`${node}'s own record cannot be read now: ${failure.message}`}
    />
  );
}

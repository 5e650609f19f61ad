// SPDX-License-Identifier: Apache-2.0
// Both nodes' histories on one time axis: stretches of state, marks where something was decided or asked.
// A mark is a button: click or Enter explains it below; arrow keys go from mark to mark.
//
// Invariant: whatever the lanes show is also in the list below them, in words.

import type { StateName } from "../../../core/base/vocabulary.js";
import "./timeline.css";
import { useMemo, useRef, type KeyboardEvent, type ReactNode } from "react";
import { clockText, offsetText, stateLooks, timeText } from "../../../core/describe/words/words.js";
import { happened } from "../history-words.js";
import {
  groupsOf,
  axisPlaceOf,
  ticksOf,
  type Axis,
  type TimelineLane,
  type MarkGroup,
  type Stretch,
} from "./lanes.js";

interface TimelineProps {
  readonly lanes: readonly TimelineLane[];
  readonly axis: Axis;
  /** Of the group that is explained below. */
  readonly chosen: string | null;
  readonly onChoose: (group: MarkGroup | null) => void;
}

/** A mark's button is 24 units wide; on a lane of some 800 that is this part. */
const apart = 0.028;
const ticksMost = 6;
const dayMs = 86_400_000;

export function Timeline({ lanes, axis, chosen, onChoose }: TimelineProps): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const groups = useMemo(() => lanes.map(({ marks }) => groupsOf(marks, axis, apart)), [lanes, axis]);
  const first = chosen ?? groups.flat().at(-1)?.key;
  return (
    <div ref={place} className="gm-timeline" role="group" aria-label="Timeline of both nodes">
      {lanes.map((lane, row) => (
        <div key={lane.node} className="gm-lane">
          <span className="gm-lane-name">{lane.node}</span>
          <div
            className="gm-lane-track"
            onKeyDown={(event) => {
              walk(event, place.current);
            }}
          >
            {lane.stretches.map((stretch) => (
              <StretchOf key={stretch.from} stretch={stretch} axis={axis} />
            ))}
            {(groups[row] ?? []).map((group) => (
              <MarkButton
                key={group.key}
                group={group}
                node={lane.node}
                axis={axis}
                isChosen={group.key === chosen}
                isStop={group.key === first}
                onChoose={onChoose}
              />
            ))}
          </div>
        </div>
      ))}
      <Ticks axis={axis} />
    </div>
  );
}

/** Left and right go from mark to mark over both lanes, in the order of time. */
function walk(event: KeyboardEvent, place: HTMLDivElement | null): void {
  const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (step === 0 || place === null) return;
  const marks = [...place.querySelectorAll<HTMLButtonElement>("button.gm-mark")];
  marks.sort((a, b) => Number(a.dataset["at"]) - Number(b.dataset["at"]));
  const here = marks.findIndex((mark) => mark === document.activeElement);
  const next = marks[here + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

const percent = (part: number): string => `${(part * 100).toFixed(3)}%`;

function StretchOf({ stretch, axis }: { readonly stretch: Stretch; readonly axis: Axis }): ReactNode {
  const { state, from, to } = stretch;
  const begin = axisPlaceOf(from, axis);
  const share = axisPlaceOf(to, axis) - begin;
  const word = stateWord(state);
  return (
    <div
      className={`gm-stretch gm-stretch-${state}`}
      style={{ insetInlineStart: percent(begin), width: percent(share) }}
      title={`${word}: ${timeText(from)} to ${timeText(to)}`}
    >
      {share > 0.08 && <span className="gm-stretch-word">{word}</span>}
    </div>
  );
}

export const stateWord = (state: StateName | "unknown"): string =>
  state === "unknown" ? "not known" : stateLooks[state].Ready.word;

interface MarkProps {
  readonly group: MarkGroup;
  readonly node: string;
  readonly axis: Axis;
  readonly isChosen: boolean;
  /** The one mark that the tab key reaches. */
  readonly isStop: boolean;
  readonly onChoose: (group: MarkGroup | null) => void;
}

function MarkButton({ group, node, axis, isChosen, isStop, onChoose }: MarkProps): ReactNode {
  const { at, weight, marks } = group;
  const [first] = marks;
  const what = marks.length === 1 ? happened(first.entry) : `${marks.length} entries`;
  return (
    <button
      type="button"
      className={`gm-mark gm-mark-${weight}`}
      style={{ insetInlineStart: percent(axisPlaceOf(at, axis)) }}
      data-at={at}
      tabIndex={isStop ? 0 : -1}
      aria-pressed={isChosen}
      aria-label={`${node}, ${timeText(at)}: ${what}`}
      title={`${clockText(at)} ${what}`}
      onClick={() => {
        onChoose(isChosen ? null : group);
      }}
    >
      {marks.length > 1 ? <span className="gm-mark-count">{marks.length}</span> : null}
    </button>
  );
}

function Ticks({ axis }: { readonly axis: Axis }): ReactNode {
  const offset = -new Date(axis.to).getTimezoneOffset();
  const isLong = axis.to - axis.from > 2 * dayMs;
  return (
    <div className="gm-ticks" aria-hidden="true">
      <span className="gm-lane-name">{offsetText(new Date(axis.to))}</span>
      <div className="gm-ticks-track">
        {ticksOf(axis, ticksMost, offset).map((at) => (
          <span key={at} className="gm-tick" style={{ insetInlineStart: percent(axisPlaceOf(at, axis)) }}>
            {tickText(at, isLong)}
          </span>
        ))}
      </div>
    </div>
  );
}

const tickText = (at: number, isLong: boolean): string =>
  isLong
    ? new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "short" })
    : new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

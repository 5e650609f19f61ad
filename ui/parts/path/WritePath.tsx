// SPDX-License-Identifier: Apache-2.0
// A write's way, drawn with the figures of this second: guest → disk here ∥ network → disk there. Wide and
// narrow pages get their own drawing, so that the words stay readable; what the drawing says is also its
// sentence and its description, for who does not see it.
//
// Invariant: only what is so moves. A cut leg is cut, a frozen write waits, and nothing moves at all for who
// wants no motion.

import "./write-path.css";
import { useEffect, useId, useRef, useState, type ReactNode, type RefObject } from "react";
import type { ModuleFigures, ModuleStatus } from "../../../core/api/contract.js";
import { bytesText, latencyText, rateText } from "../../../core/describe/words/words.js";
import { geometries, type Box, type Geometry } from "./geometry.js";
import { legWords, wayOf, type LegState, type Way } from "./legs.js";

interface WritePathProps {
  readonly module: ModuleStatus;
  /** When the module was so, by the node that says it. */
  readonly at: string;
  readonly figures: ModuleFigures | undefined;
}

/** Below this width the drawing stands upright. */
const wideFrom = 620;

export function WritePath({ module, at, figures }: WritePathProps): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const isWide = useIsWide(place);
  const way = wayOf(module, figures, at);
  const id = useId();
  const geometry = geometries[isWide ? "wide" : "narrow"];
  return (
    <div ref={place} className={`gm-way gm-way-${way.kind}`}>
      <svg
        className="gm-way-drawing"
        viewBox={`0 0 ${geometry.width} ${geometry.height}`}
        role="img"
        aria-labelledby={`${id}-title ${id}-words`}
      >
        <title id={`${id}-title`}>A write&rsquo;s way</title>
        <desc id={`${id}-words`}>{descriptionOf(way, figures)}</desc>
        <Legs way={way} geometry={geometry} />
        <Boxes way={way} geometry={geometry} figures={figures} />
        <LegFigures way={way} geometry={geometry} figures={figures} />
      </svg>
      <p className="gm-way-sentence">{way.sentence}</p>
    </div>
  );
}

function useIsWide(place: RefObject<HTMLDivElement | null>): boolean {
  const [isWide, setWide] = useState(true);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const watcher = new ResizeObserver(() => {
      setWide(element.clientWidth >= wideFrom);
    });
    watcher.observe(element);
    return () => {
      watcher.disconnect();
    };
  }, [place]);
  return isWide;
}

function descriptionOf(way: Way, figures: ModuleFigures | undefined): string {
  const { here, peer } = way;
  const legs = [
    `guest on ${here}: ${legWords[way.guest]}, waits ${latencyText(figures?.writeP50Us ?? null)}`,
    `disk of ${here}: ${legWords[way.local]}, ${latencyText(figures?.localP50Us ?? null)}`,
    `network and disk of ${peer}: ${legWords[way.network]}, ${latencyText(figures?.peerP50Us ?? null)}`,
  ];
  return `${way.sentence} ${legs.join("; ")}.`;
}

/** The lines below the boxes: what is cut has a gap and a cross. */
function Legs({ way, geometry }: { readonly way: Way; readonly geometry: Geometry }): ReactNode {
  const { legs, cut } = geometry;
  return (
    <g>
      <Leg state={way.guest} path={legs.guest} />
      <Leg state={way.local} path={legs.local} />
      <Leg state={way.network} path={legs.network} />
      <Leg state={way.network} path={legs.remote} />
      {way.network === "cut" && (
        <g className="gm-way-cross" transform={`translate(${cut.x} ${cut.y})`}>
          <circle r="13" />
          <path d="M-5 -5 L5 5 M5 -5 L-5 5" />
        </g>
      )}
      {way.network === "waits" && (
        <g className="gm-way-waiting" transform={`translate(${cut.x} ${cut.y})`}>
          <circle r="13" />
          <path d="M-3.5 -5 V5 M3.5 -5 V5" />
        </g>
      )}
    </g>
  );
}

function Leg({ state, path }: { readonly state: LegState; readonly path: string }): ReactNode {
  const moves = state === "flows" || state === "copies";
  return (
    <>
      <path className={`gm-leg gm-leg-${state}`} d={path} />
      {moves && <path className={`gm-leg-moving gm-leg-moving-${state}`} d={path} />}
    </>
  );
}

interface PartProps {
  readonly way: Way;
  readonly geometry: Geometry;
  readonly figures: ModuleFigures | undefined;
}

function Boxes({ way, geometry, figures }: PartProps): ReactNode {
  const { guest, mirror, local, network, remote } = geometry.boxes;
  const rests = way.kind === "still" || way.kind === "lost" || way.kind === "paused";
  const peerTone = toneOfPeer[way.network];
  return (
    <g>
      <BoxOf box={guest} title="Guest" line={way.here} tone={rests ? "rests" : "plain"} />
      <BoxOf
        box={mirror}
        title="Mirror"
        line={figures === undefined ? "–" : `${figures.inFlight} in flight`}
        tone={way.guest === "waits" ? "waits" : rests ? "rests" : "plain"}
      />
      <BoxOf
        box={local}
        title={`Disk of ${way.here}`}
        line={way.kind === "split" ? "a copy of its own" : "complete copy"}
        tone={rests ? "rests" : "good"}
      />
      <BoxOf box={network} title="Network" line={legWords[way.network]} tone={peerTone} />
      <BoxOf box={remote} title={`Disk of ${way.peer}`} line={peerLine(way)} tone={peerTone} />
    </g>
  );
}

const toneOfPeer: Readonly<Record<LegState, string>> = {
  flows: "good",
  copies: "works",
  waits: "waits",
  cut: "cut",
  rests: "rests",
};

function peerLine({ kind, dirtyBytes }: Way): string {
  if (kind === "both" || kind === "frozen" || kind === "paused") return "complete copy";
  if (kind === "split") return "a copy of its own";
  if (kind === "still" || kind === "lost") return "at rest";
  return dirtyBytes > 0 ? `lacks ${bytesText(dirtyBytes)}` : "not up to date";
}

interface BoxProps {
  readonly box: Box;
  readonly title: string;
  readonly line: string;
  readonly tone: string;
}

function BoxOf({ box, title, line, tone }: BoxProps): ReactNode {
  const { x, y, width, height } = box;
  const middle = x + width / 2;
  return (
    <g className={`gm-box gm-box-${tone}`}>
      <rect x={x} y={y} width={width} height={height} rx="8" />
      <text className="gm-box-title" x={middle} y={y + height / 2 - 4}>
        {shortened(title, width)}
      </text>
      <text className="gm-box-line" x={middle} y={y + height / 2 + 15}>
        {shortened(line, width)}
      </text>
    </g>
  );
}

/** About seven units per letter of the drawing's font. */
function shortened(text: string, width: number): string {
  const most = Math.floor((width - 12) / 7);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function LegFigures({ way, geometry, figures }: PartProps): ReactNode {
  const { guest, local, peer } = geometry.figures;
  const flows = way.guest === "flows" && figures !== undefined;
  if (!flows) return null;
  const { writeP50Us, writeP99Us, localP50Us, peerP50Us, bytesWrittenPerSecond } = figures;
  const isFed = way.network === "flows" || way.network === "copies";
  return (
    <g>
      <Figure at={guest} lines={[latencyText(writeP50Us), `p99 ${latencyText(writeP99Us)}`]} />
      <Figure at={local} lines={[latencyText(localP50Us), rateText(bytesWrittenPerSecond)]} />
      {isFed && peerP50Us !== null && (
        <Figure
          at={peer}
          lines={[latencyText(peerP50Us), way.network === "flows" ? rateText(bytesWrittenPerSecond) : ""]}
        />
      )}
    </g>
  );
}

interface FigureProps {
  readonly at: Geometry["figures"]["guest"];
  readonly lines: readonly [string, string];
}

function Figure({ at, lines: [first, second] }: FigureProps): ReactNode {
  return (
    <text className="gm-way-figure" x={at.x} y={at.y} textAnchor={at.anchor}>
      <tspan className="gm-way-figure-main">{first}</tspan>
      <tspan x={at.x} dy="17">
        {second}
      </tspan>
    </text>
  );
}

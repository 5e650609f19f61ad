// SPDX-License-Identifier: Apache-2.0
// The head of a host's column: is it there, which networks hear it, how full it is, and what it would carry
// if the other one died. "Would it fit?" is always on screen.

import ServerIcon from "@patternfly/react-icons/dist/esm/icons/server-icon";
import type { ReactNode } from "react";
import type { HostCapacity, NodeStatus } from "../../../core/api/contract.js";
import { bytesText, momentText, type Look } from "../../../core/describe/words/words.js";
import { LookLabel } from "../../parts/LookLabel.js";
import { WordIcon } from "../../parts/WordIcon.js";

export function HostHead({
  node,
  capacity,
  at,
  titleId,
}: {
  readonly node: NodeStatus;
  readonly capacity: HostCapacity | undefined;
  /** The cluster's present, for "since 03:12". */
  readonly at: string;
  readonly titleId: string;
}): ReactNode {
  return (
    <header className="gm-host-head">
      <div className="gm-host-title">
        <span className="gm-host-icon" data-heard={node.reachable}>
          <ServerIcon />
        </span>
        <h2 id={titleId}>{node.name}</h2>
        <LookLabel look={healthOf(node)} />
        <span className="gm-quiet">since {momentText(node.since, at)}</span>
        <ul className="gm-networks" aria-label={`Networks of ${node.name}`}>
          {node.networks.map(({ name, heard }) => (
            <li key={name} data-heard={heard}>
              {name} <span className="gm-network-word">{heard ? "heard" : "silent"}</span>
            </li>
          ))}
        </ul>
      </div>
      {capacity === undefined ? null : (
        <Capacity capacity={capacity} isLive={capacity.live && node.reachable} />
      )}
    </header>
  );
}

function healthOf({ reachable, daemon }: NodeStatus): Look {
  if (!reachable) return { word: "Silent", colour: "red", icon: "ExclamationCircleIcon" };
  if (daemon === "silent")
    return { word: "Its daemon is silent", colour: "amber", icon: "ExclamationTriangleIcon" };
  return { word: "Reachable", colour: "green", icon: "CheckCircleIcon" };
}

function Capacity({
  capacity,
  isLive,
}: {
  readonly capacity: HostCapacity;
  readonly isLive: boolean;
}): ReactNode {
  const { cpus, memory, disk, used, ifEverything, fits, sentence } = capacity;
  return (
    <>
      <div className="gm-meters" data-live={isLive}>
        <Meter
          name="CPU"
          now={used.cpu}
          all={ifEverything.cpu}
          most={cpus}
          text={(value) => value.toFixed(1)}
          unit="cores"
        />
        <Meter name="Memory" now={used.memory} all={ifEverything.memory} most={memory} text={bytesText} />
        <DiskMeter disk={disk} grown={ifEverything.disk} />
      </div>
      <p className="gm-fits" data-fits={fits}>
        <WordIcon name={fits ? "CheckCircleIcon" : "ExclamationTriangleIcon"} />
        <span>{isLive ? sentence : `As last known: ${sentence}`}</span>
      </p>
    </>
  );
}

/** Both hosts hold every disk already; what counts is the room, and thin disks that may still grow. */
function DiskMeter({
  disk: { total, free },
  grown,
}: {
  readonly disk: HostCapacity["disk"];
  readonly grown: number;
}): ReactNode {
  const used = total - free;
  return (
    <Meter
      name="Disk"
      now={used}
      all={grown > total ? grown : null}
      most={total}
      text={bytesText}
      foot={grown > total ? `if all disks grow: ${bytesText(grown)}` : `${bytesText(free)} free`}
    />
  );
}

interface MeterProps {
  readonly name: string;
  readonly now: number;
  /** If this host had to run everything; null: that changes nothing. */
  readonly all: number | null;
  readonly most: number;
  readonly text: (value: number) => string;
  readonly unit?: string;
  /** Instead of what everything would need. */
  readonly foot?: string;
}

/** A full bar for now, a hatched one for "everything"; past the end it turns red. */
function Meter({ name, now, all, most, text, unit, foot }: MeterProps): ReactNode {
  const share = (value: number): string => `${most <= 0 ? 0 : Math.min(100, (value / most) * 100)}%`;
  const over = all !== null && all > most;
  const whole = `${text(most)}${unit === undefined ? "" : ` ${unit}`}`;
  const everything = foot ?? (all === null ? "" : `if everything: ${text(all)}`);
  const words = `${name}: ${text(now)} of ${whole} now, ${everything}`;
  return (
    <div className="gm-meter" data-over={over} role="img" aria-label={words}>
      <div className="gm-meter-words" aria-hidden="true">
        <span>{name}</span>
        <span className="gm-number">
          {text(now)} <span className="gm-quiet">of {whole}</span>
        </span>
      </div>
      <div className="gm-meter-track" aria-hidden="true">
        {all === null ? null : <span className="gm-meter-all" style={{ width: share(all) }} />}
        <span className="gm-meter-now" style={{ width: share(now) }} />
        {all === null ? null : <span className="gm-meter-mark" style={{ left: share(all) }} />}
      </div>
      <div className="gm-meter-foot gm-quiet" aria-hidden="true">
        {everything}
      </div>
    </div>
  );
}

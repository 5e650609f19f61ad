// SPDX-License-Identifier: Apache-2.0
// What must not be missed, above every page: an old picture, paused failover, red alarms with their next
// step. Warnings, and what somebody has taken care of, are one line until they are opened: an alarm that
// hides the hosts helps nobody.

import { Alert, AlertActionLink, Button, ExpandableSection, Tooltip } from "@patternfly/react-core";
import { useState, type ReactNode } from "react";
import type { Alarm, Pause } from "../../core/api/contract.js";
import { alarmLooks, clockText, timeText, verbWords } from "../../core/api/words.js";
import { useChange } from "../asking.js";
import { statusPath, useStatus, useStream } from "../live/live.js";
import { usePermission } from "../session.js";
import { FailureAlert } from "./FailureAlert.js";
import { WordIcon } from "./WordIcon.js";

export function Banners(): ReactNode {
  const status = useStatus();
  const stream = useStream();
  const alarms = status?.alarms ?? [];
  const pause = status?.pause ?? null;
  if (alarms.length === 0 && pause === null && stream.state !== "stale") return null;
  return (
    <section className="gm-banners" aria-label="Alarms">
      {stream.state === "stale" ? <StaleBanner since={stream.since} /> : null}
      {pause === null ? null : <PauseBanner pause={pause} />}
      <Alarms alarms={alarms} />
    </section>
  );
}

const isUrgent = ({ severity, acknowledged }: Alarm): boolean =>
  severity === "red" && acknowledged === undefined;

function Alarms({ alarms }: { readonly alarms: readonly Alarm[] }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const urgent = alarms.filter(isUrgent);
  const others = alarms.filter((alarm) => !isUrgent(alarm));
  return (
    <>
      <ul className="gm-alarms" aria-live="polite">
        {urgent.map((alarm) => (
          <AlarmRow key={alarm.id} alarm={alarm} />
        ))}
      </ul>
      {others.length === 0 ? null : (
        <ExpandableSection
          isExpanded={isOpen}
          onToggle={(_event, expanded) => setOpen(expanded)}
          toggleText={countsOf(others)}
        >
          <ul className="gm-alarms">
            {others.map((alarm) => (
              <AlarmRow key={alarm.id} alarm={alarm} />
            ))}
          </ul>
        </ExpandableSection>
      )}
    </>
  );
}

/** "3 warnings, 1 acknowledged" */
function countsOf(alarms: readonly Alarm[]): string {
  const taken = alarms.filter(({ acknowledged }) => acknowledged !== undefined).length;
  const warnings = alarms.length - taken;
  return [
    ...(warnings === 0 ? [] : [warnings === 1 ? "1 warning" : `${warnings} warnings`]),
    ...(taken === 0 ? [] : [taken === 1 ? "1 acknowledged alarm" : `${taken} acknowledged alarms`]),
  ].join(", ");
}

function StaleBanner({ since }: { readonly since: string }): ReactNode {
  return (
    <Alert
      isInline
      variant="warning"
      component="h2"
      title={`What you see is old: nothing was heard since ${timeText(since)}`}
    >
      The console goes on trying to reach the node.
    </Alert>
  );
}

function PauseBanner({ pause }: { readonly pause: Pause }): ReactNode {
  const may = usePermission(verbWords.resume.role);
  const resume = useChange([statusPath]);
  return (
    <>
      <Alert
        isInline
        variant="danger"
        component="h2"
        title={`Automatic failover is paused: ${pause.why}`}
        actionLinks={
          <AlertActionLink
            isAriaDisabled={!may.allowed || resume.isPending}
            {...(may.allowed ? {} : { title: may.why })}
            onClick={() => resume.mutate({ method: "DELETE", path: "/pause" })}
          >
            {verbWords.resume.label}
          </AlertActionLink>
        }
      >
        Since {timeText(pause.since)}, by {pause.by}. {verbWords.pause.sentence}
      </Alert>
      {resume.error === null ? null : <FailureAlert failure={resume.error} onClose={resume.reset} />}
    </>
  );
}

function AlarmRow({ alarm }: { readonly alarm: Alarm }): ReactNode {
  const { acknowledged, severity, sentence, next, since } = alarm;
  const look = alarmLooks[severity];
  return (
    <li className="gm-alarm" data-severity={severity} data-acknowledged={acknowledged !== undefined}>
      <span className="gm-alarm-icon">
        <WordIcon name={look.icon} />
        <span className="pf-v6-screen-reader">{look.word}:</span>
      </span>
      <div className="gm-alarm-words">
        <strong>{sentence}</strong> <span>{next}</span>
        <div className="gm-quiet">
          Since {timeText(since)}
          {acknowledged === undefined
            ? ""
            : ` · acknowledged by ${acknowledged.by}, ${clockText(acknowledged.at)}`}
        </div>
      </div>
      {acknowledged === undefined ? <Acknowledge alarm={alarm} /> : null}
    </li>
  );
}

function Acknowledge({ alarm: { id, sentence } }: { readonly alarm: Alarm }): ReactNode {
  const may = usePermission(verbWords.acknowledge.role);
  const { mutate, isPending, error, reset } = useChange([statusPath]);
  const button = (
    <Button
      variant="secondary"
      size="sm"
      isAriaDisabled={!may.allowed || isPending}
      aria-label={`${verbWords.acknowledge.label}: ${sentence}`}
      onClick={() => mutate({ method: "POST", path: `/alarms/${encodeURIComponent(id)}/acknowledge` })}
    >
      {verbWords.acknowledge.label}
    </Button>
  );
  return (
    <>
      {may.allowed ? button : <Tooltip content={may.why}>{button}</Tooltip>}
      {error === null ? null : <FailureAlert failure={error} onClose={reset} />}
    </>
  );
}

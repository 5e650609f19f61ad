// SPDX-License-Identifier: Apache-2.0
// What must not be missed, above every page: an old picture, paused failover, alarms with their next step.

import { Alert, AlertActionLink, AlertGroup } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { Alarm, Pause } from "../../core/api/contract.js";
import { clockText, timeText, verbWords } from "../../core/api/words.js";
import { useChange } from "../asking.js";
import { statusPath, useStatus, useStream } from "../live/live.js";
import { usePermission } from "../session.js";
import { FailureAlert } from "./FailureAlert.js";

export function Banners(): ReactNode {
  const status = useStatus();
  const alarms = [...(status?.alarms ?? [])].sort(bySeverity);
  return (
    <section className="gm-banners" aria-label="Alarms">
      <StaleBanner />
      {status === undefined || status.pause === null ? null : <PauseBanner pause={status.pause} />}
      <AlertGroup isLiveRegion aria-label="Alarms">
        {alarms.map((alarm) => (
          <AlarmBanner key={alarm.id} alarm={alarm} />
        ))}
      </AlertGroup>
    </section>
  );
}

function bySeverity(a: Alarm, b: Alarm): number {
  const rank = (alarm: Alarm): number =>
    (alarm.severity === "red" ? 0 : 2) + (alarm.acknowledged === undefined ? 0 : 1);
  return rank(a) - rank(b);
}

function StaleBanner(): ReactNode {
  const stream = useStream();
  if (stream.state !== "stale") return null;
  return (
    <Alert
      isInline
      variant="warning"
      title={`What you see is old: nothing was heard since ${timeText(stream.since)}`}
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

function AlarmBanner({ alarm }: { readonly alarm: Alarm }): ReactNode {
  const may = usePermission(verbWords.acknowledge.role);
  const acknowledge = useChange([statusPath]);
  const path = `/alarms/${encodeURIComponent(alarm.id)}/acknowledge`;
  const { acknowledged } = alarm;
  return (
    <Alert
      isInline
      variant={alarm.severity === "red" ? "danger" : "warning"}
      title={alarm.sentence}
      className={acknowledged === undefined ? "" : "gm-acknowledged"}
      actionLinks={
        acknowledged === undefined ? (
          <AlertActionLink
            isAriaDisabled={!may.allowed || acknowledge.isPending}
            {...(may.allowed ? {} : { title: may.why })}
            onClick={() => acknowledge.mutate({ method: "POST", path })}
          >
            {verbWords.acknowledge.label}
          </AlertActionLink>
        ) : null
      }
    >
      <p>{alarm.next}</p>
      <p className="gm-quiet">
        Since {timeText(alarm.since)}
        {acknowledged === undefined
          ? ""
          : ` · acknowledged by ${acknowledged.by}, ${clockText(acknowledged.at)}`}
      </p>
      {acknowledge.error === null ? null : <FailureAlert failure={acknowledge.error} />}
    </Alert>
  );
}

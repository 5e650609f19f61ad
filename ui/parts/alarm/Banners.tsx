// SPDX-License-Identifier: Apache-2.0
// What must not be missed, above every page: an old picture, paused failover, alarms with their next step, in
// as few lines as folding.ts allows.

import { Alert, ExpandableSection } from "@patternfly/react-core";
import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import type { Alarm, Pause } from "../../../core/api/contract.js";
import { alarmLooks, timeText, verbWords } from "../../../core/describe/words/words.js";
import { useChange } from "../../asking.js";
import { useStatus, useStream } from "../../live/live.js";
import { paths } from "../../paths.js";
import { usePermission } from "../../session.js";
import { FailureAlert } from "../FailureAlert.js";
import { barOf, MayButton } from "../MayButton.js";
import { WordIcon } from "../WordIcon.js";
import { useIsSilenced } from "./calling.js";
import { fold, type AlarmLine } from "./folding.js";

export function Banners(): ReactNode {
  const status = useStatus();
  const stream = useStream();
  const alarms = status?.alarms ?? [];
  const pause = status?.pause ?? null;
  const isSilenced = useIsSilenced();
  if (alarms.length === 0 && pause === null && stream.state !== "stale") return null;
  return (
    <section className="gm-banners" aria-label="Alarms">
      {stream.state === "stale" ? <StaleBanner since={stream.since} /> : null}
      {isSilenced ? <SilencedBanner /> : null}
      {pause === null ? null : <PauseBanner pause={pause} alarm={alarms.find(isPause)} />}
      <Alarms alarms={pause === null ? alarms : alarms.filter((alarm) => !isPause(alarm))} />
    </section>
  );
}

/** The API tells the pause twice: as what it is, and as the alarm that it causes. */
const isPause = ({ code }: Alarm): boolean => code === "paused";

function Alarms({ alarms }: { readonly alarms: readonly Alarm[] }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const { lines, more } = fold(alarms);
  return (
    <>
      <ul className="gm-alarms" aria-live="polite">
        {lines.map((line) => (
          <LineRow key={keyOf(line)} line={line} />
        ))}
      </ul>
      {more.length === 0 ? null : (
        <ExpandableSection
          isExpanded={isOpen}
          onToggle={(_event, expanded) => setOpen(expanded)}
          toggleText={more.length === 1 ? "1 more alarm" : `${more.length} more alarms`}
        >
          <ul className="gm-alarms">
            {more.map((line) => (
              <LineRow key={keyOf(line)} line={line} />
            ))}
          </ul>
        </ExpandableSection>
      )}
    </>
  );
}

const keyOf = (line: AlarmLine): string => (line.kind === "alarm" ? line.alarm.id : "modules");

function LineRow({ line }: { readonly line: AlarmLine }): ReactNode {
  return line.kind === "alarm" ? <AlarmRow alarm={line.alarm} /> : <ModulesRow alarms={line.alarms} />;
}

/** Their cards say the rest; acknowledged are all of them at once. */
function ModulesRow({ alarms }: { readonly alarms: readonly Alarm[] }): ReactNode {
  const modules = useStatus()?.modules ?? [];
  const names = alarms.map(({ module }) => modules.find(({ id }) => id === module)?.vm ?? module ?? "");
  return (
    <li className="gm-alarm" data-severity="amber">
      <AlarmIcon severity="amber" />
      <div className="gm-alarm-words">
        <strong>{alarms.length} VMs need attention</strong>{" "}
        <span className="gm-quiet">{names.join(", ")}: their cards say why.</span>
      </div>
      <Acknowledge ids={alarms.map(({ id }) => id)} sentence={`${alarms.length} VMs need attention`} />
    </li>
  );
}

function AlarmIcon({ severity }: Pick<Alarm, "severity">): ReactNode {
  const look = alarmLooks[severity];
  return (
    <span className="gm-alarm-icon">
      <WordIcon name={look.icon} />
      <span className="pf-v6-screen-reader">{look.word}:</span>
    </span>
  );
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

/** Who relies on the sound must know that there is none. */
function SilencedBanner(): ReactNode {
  return (
    <Alert
      isInline
      variant="warning"
      component="h2"
      title="The browser keeps the alarm sound back until this page is touched"
    >
      Click anywhere or press a key. Browsers do so with each page that was loaded again by itself.
    </Alert>
  );
}

/** The same that the alarm says, with the button that ends it. */
function PauseBanner({
  pause,
  alarm,
}: {
  readonly pause: Pause;
  readonly alarm: Alarm | undefined;
}): ReactNode {
  const may = usePermission(verbWords.resume.role);
  const { mutate, isPending, error, reset } = useChange("DELETE /pause", ["GET /status"]);
  return (
    <div className="gm-alarm" data-severity="red">
      <AlarmIcon severity="red" />
      <div className="gm-alarm-words">
        <strong>Automatic failover is paused{pause.why === "" ? "" : `: ${pause.why}`}</strong>{" "}
        <span className="gm-quiet">
          By {pause.by}, since {timeText(pause.since)}. {verbWords.pause.sentence}
        </span>
      </div>
      <MayButton
        variant="secondary"
        size="sm"
        why={barOf(may)}
        isPending={isPending}
        onClick={() => mutate([])}
      >
        {verbWords.resume.label}
      </MayButton>
      {alarm === undefined || alarm.acknowledged !== undefined ? null : (
        <Acknowledge ids={[alarm.id]} sentence={alarm.sentence} />
      )}
      {error === null ? null : <FailureAlert failure={error} onClose={reset} />}
    </div>
  );
}

function AlarmRow({ alarm }: { readonly alarm: Alarm }): ReactNode {
  const { id, severity, sentence, next, since, module } = alarm;
  return (
    <li className="gm-alarm" data-severity={severity}>
      <AlarmIcon severity={severity} />
      <div className="gm-alarm-words">
        <strong>{sentence}</strong>{" "}
        <span className="gm-quiet">
          {next} Since {timeText(since)}.{" "}
          {module === undefined ? null : <Link to={paths.module(module)}>Open {module}</Link>}
        </span>
      </div>
      <Acknowledge ids={[id]} sentence={sentence} />
    </li>
  );
}

function Acknowledge({
  ids,
  sentence,
}: {
  readonly ids: readonly string[];
  readonly sentence: string;
}): ReactNode {
  const may = usePermission(verbWords.acknowledge.role);
  const { mutate, isPending, error, reset } = useChange("POST /alarms/:id/acknowledge", ["GET /status"]);
  const acknowledge = (): void => {
    for (const id of ids) mutate([{ id }]);
  };
  return (
    <>
      <MayButton
        variant="secondary"
        size="sm"
        why={barOf(may)}
        isPending={isPending}
        aria-label={`${verbWords.acknowledge.label}: ${sentence}`}
        onClick={acknowledge}
      >
        {verbWords.acknowledge.label}
      </MayButton>
      {error === null ? null : <FailureAlert failure={error} onClose={reset} />}
    </>
  );
}

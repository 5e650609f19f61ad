// SPDX-License-Identifier: Apache-2.0
// Automatic failover: on, or paused by somebody for a reason that others must be able to read.

import { Card, CardBody, CardFooter, CardTitle } from "@patternfly/react-core";
import { useState, type ReactNode } from "react";
import type { Pause } from "../../../core/api/contract.js";
import { timeText, verbWords, type Look } from "../../../core/describe/words/words.js";
import { useChange } from "../../asking.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { LookLabel } from "../../parts/LookLabel.js";
import { barOf, MayButton } from "../../parts/MayButton.js";
import { PauseDialog } from "../../parts/PauseDialog.js";
import { usePermission } from "../../session.js";

const on: Look = { word: "On", colour: "green", icon: "CheckCircleIcon" };
const off: Look = { word: "Paused", colour: "red", icon: "PauseCircleIcon" };

export function FailoverCard({ pause }: { readonly pause: Pause | null }): ReactNode {
  return (
    <Card isFullHeight component="section" className={pause === null ? "" : "gm-card-red"}>
      <CardTitle component="h2">
        <span className="gm-card-title">
          Automatic failover <LookLabel look={pause === null ? on : off} />
        </span>
      </CardTitle>
      {pause === null ? <WhileOn /> : <WhilePaused pause={pause} />}
    </Card>
  );
}

function WhileOn(): ReactNode {
  const [isAsking, setAsking] = useState(false);
  const may = usePermission(verbWords.pause.role);
  return (
    <>
      <CardBody>
        <p>When a host is lost, the other one starts its VMs by itself.</p>
        <p className="gm-quiet">
          Pause it for work on switches, power or hosts, so that nothing moves while you have your hands in
          there.
        </p>
      </CardBody>
      <CardFooter>
        <MayButton variant="secondary" why={barOf(may)} onClick={() => setAsking(true)}>
          {verbWords.pause.label} …
        </MayButton>
      </CardFooter>
      {isAsking && <PauseDialog onClose={() => setAsking(false)} />}
    </>
  );
}

function WhilePaused({ pause }: { readonly pause: Pause }): ReactNode {
  const may = usePermission(verbWords.resume.role);
  const change = useChange("DELETE /pause", ["GET /status"]);
  return (
    <>
      <CardBody>
        {pause.why !== "" && <p className="gm-said">“{pause.why}”</p>}
        <p className="gm-quiet">
          {pause.by}, {timeText(pause.since)}
        </p>
        <p>{verbWords.pause.sentence}</p>
        {change.error !== null && <FailureAlert failure={change.error} what="Resuming failed" />}
      </CardBody>
      <CardFooter>
        <MayButton
          why={barOf(may)}
          isPending={change.isPending}
          onClick={() => {
            change.mutate([]);
          }}
        >
          {verbWords.resume.label}
        </MayButton>
      </CardFooter>
    </>
  );
}

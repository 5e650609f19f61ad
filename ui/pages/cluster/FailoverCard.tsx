// SPDX-License-Identifier: Apache-2.0
// Automatic failover: on, or paused by somebody for a reason that others must be able to read. Pausing asks
// for that reason, but does not insist: at three in the morning it must be quick.

import { Button, Card, CardBody, CardFooter, CardTitle, Form } from "@patternfly/react-core";
import { useState, type ReactNode } from "react";
import type { Pause } from "../../../core/api/contract.js";
import { timeText, verbWords, type Look } from "../../../core/api/words.js";
import { useChange } from "../../asking.js";
import { statusPath } from "../../live/live.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { Field, leftOver } from "../../parts/form/Field.js";
import { LookLabel } from "../../parts/LookLabel.js";
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
        {isAsking ? (
          <AskWhy
            onDone={() => {
              setAsking(false);
            }}
          />
        ) : (
          <p className="gm-quiet">
            Pause it for work on switches, power or hosts, so that nothing moves while you have your hands in
            there.
          </p>
        )}
      </CardBody>
      {!isAsking && (
        <CardFooter>
          <Button
            variant="secondary"
            isAriaDisabled={!may.allowed}
            {...(may.allowed ? {} : { title: may.why })}
            onClick={() => {
              setAsking(true);
            }}
          >
            {verbWords.pause.label} …
          </Button>
        </CardFooter>
      )}
    </>
  );
}

function AskWhy({ onDone }: { readonly onDone: () => void }): ReactNode {
  const [why, setWhy] = useState("");
  const change = useChange([statusPath]);
  const send = (): void => {
    change.mutate({ method: "PUT", path: "/pause", body: { why } }, { onSuccess: onDone });
  };
  const rest = leftOver(change.error, ["why"]);
  return (
    <Form
      className="gm-inline-form"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Field
        id="pause-why"
        name="why"
        label="Why (everybody reads it)"
        value={why}
        onChange={setWhy}
        failure={change.error}
        help="Everybody reads this, with your name, until it is resumed."
        placeholder="The switch is being replaced"
      />
      {rest !== null && <FailureAlert failure={rest} what="Pausing failed" />}
      <div className="gm-buttons">
        <Button type="submit" variant="warning" isLoading={change.isPending} isDisabled={change.isPending}>
          {verbWords.pause.label}
        </Button>
        <Button variant="link" onClick={onDone}>
          Cancel
        </Button>
      </div>
    </Form>
  );
}

function WhilePaused({ pause }: { readonly pause: Pause }): ReactNode {
  const may = usePermission(verbWords.resume.role);
  const change = useChange([statusPath]);
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
        <Button
          isAriaDisabled={!may.allowed || change.isPending}
          isLoading={change.isPending}
          {...(may.allowed ? {} : { title: may.why })}
          onClick={() => {
            change.mutate({ method: "DELETE", path: "/pause" });
          }}
        >
          {verbWords.resume.label}
        </Button>
      </CardFooter>
    </>
  );
}

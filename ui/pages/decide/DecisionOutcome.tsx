// SPDX-License-Identifier: Apache-2.0
// After the decision: what goes on until the pair is whole again, from the live status; and when it gets
// stuck, why, and the way back to choosing.

import { Alert, Button, Progress, ProgressStep, ProgressStepper } from "@patternfly/react-core";
import { useEffect, useRef, type ReactNode } from "react";
import { Link } from "react-router";
import type { ModuleStatus } from "../../../core/api/contract.js";
import {
  donePart,
  percentText,
  reintegrationDetail,
  reintegrationSentence,
} from "../../../core/describe/words/words.js";
import { paths } from "../../paths.js";
import { stepsOf } from "./outcome-steps.js";

interface OutcomeProps {
  readonly module: ModuleStatus;
  readonly kept: string;
  readonly onAgain: () => void;
}

export function DecisionOutcome({ module, kept, onAgain }: OutcomeProps): ReactNode {
  const { id, vm, sentence, reintegration: copy, troubles } = module;
  const steps = stepsOf(module, kept);
  const isDone = steps.every(({ state }) => state === "done");
  const place = useRef<HTMLElement>(null);
  // The form that was sent is gone, and with it what had the focus.
  useEffect(() => {
    place.current?.focus();
  }, []);
  return (
    <section className="gm-decide" ref={place} tabIndex={-1} aria-label="After the decision">
      <Alert
        component="h2"
        isInline
        variant={isDone ? "success" : "info"}
        title={isDone ? `Decided: ${vm} is protected again` : `Decided: the copy of ${kept} goes on`}
      >
        <span role="status">{sentence}</span>
      </Alert>
      <ProgressStepper isVertical aria-label="Until both copies are the same again">
        {steps.map(({ name, state }) => (
          <ProgressStep
            key={name}
            id={`outcome-${name}`}
            titleId={`outcome-${name}-title`}
            variant={state === "done" ? "success" : state === "now" ? "info" : "pending"}
            isCurrent={state === "now"}
            aria-label={`${name}: ${state}`}
          >
            {name}
          </ProgressStep>
        ))}
      </ProgressStepper>
      {copy !== null && (
        <Progress
          aria-label={reintegrationSentence(copy)}
          value={Math.min(99, Math.round(donePart(copy) * 100))}
          label={`${percentText(donePart(copy))}, ${reintegrationDetail(copy)}`}
          measureLocation="outside"
        />
      )}
      {troubles.map(({ code, message, next }) => (
        <Alert component="h2" key={`${code}${message}`} isInline variant="danger" title={message}>
          {next}
        </Alert>
      ))}
      <div className="gm-outcome-ways">
        <Link className="gm-link" to={paths.module(id)}>
          Open {vm}
        </Link>
        {!isDone && (
          <Button variant="link" isInline onClick={onAgain}>
            Compare the copies again
          </Button>
        )}
      </div>
    </section>
  );
}

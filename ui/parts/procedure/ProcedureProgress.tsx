// SPDX-License-Identifier: Apache-2.0
// Protect and unprotect as they go: the steps in order, which one is being done and how far, and when one
// failed, why and what now.

import "./procedure.css";
import { Alert, Content, Progress, ProgressStep, ProgressStepper } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { ProcedureStatus } from "../../../core/api/contract.js";
import { bytesText } from "../../../core/describe/words/words.js";

type StepLook = "success" | "info" | "pending" | "danger" | "warning";

export function ProcedureProgress({ procedure }: { readonly procedure: ProcedureStatus }): ReactNode {
  const { state, step, steps = [], failure, notes, subject, kind } = procedure;
  const here = state === "done" ? steps.length : steps.indexOf(step);
  const current = steps[here];
  return (
    <div className="gm-procedure">
      {steps.length > 0 && (here >= 0 || state === "done") ? (
        <ProgressStepper isVertical aria-label={`Steps: ${kind} ${subject}`}>
          {steps.map((name, index) => (
            <ProgressStep
              key={name}
              id={`${procedure.id}-${index}`}
              titleId={`${procedure.id}-${index}-title`}
              variant={lookOf(index, here, state)}
              isCurrent={index === here && state === "running"}
              aria-label={`${name}: ${stepWords[lookOf(index, here, state)]}`}
            >
              {name}
            </ProgressStep>
          ))}
        </ProgressStepper>
      ) : null}
      <p role="status">{sentenceOf(procedure, current ?? step)}</p>
      <Moving procedure={procedure} />
      {failure !== undefined && (
        <Alert isInline variant="danger" title={failure.message} component="p">
          {failure.next !== "" && <Content component="p">What now: {failure.next}</Content>}
          <Content component="small">{[failure.code, failure.where].join(" · ")}</Content>
        </Alert>
      )}
      {notes.map((note) => (
        <p key={note} className="gm-quiet">
          {note}
        </p>
      ))}
    </div>
  );
}

function lookOf(index: number, here: number, state: ProcedureStatus["state"]): StepLook {
  if (index < here) return "success";
  if (index > here) return "pending";
  if (state === "failed") return "danger";
  return state === "undone" ? "warning" : "info";
}

const stepWords: Readonly<Record<StepLook, string>> = {
  success: "done",
  info: "being done",
  pending: "comes later",
  danger: "failed",
  warning: "put back",
};

function sentenceOf({ state }: ProcedureStatus, step: string): string {
  switch (state) {
    case "running":
      return `Now: ${step}.`;
    case "done":
      return "All steps are done.";
    case "failed":
      return `It stopped at: ${step}. What was done stays as it is.`;
    case "undone":
      return "It did not work out, and everything was put back as it was.";
  }
}

function Moving({ procedure }: { readonly procedure: ProcedureStatus }): ReactNode {
  const { progress, state, step } = procedure;
  if (progress === undefined || state !== "running") return null;
  const { bytesDone, bytesTotal } = progress;
  const percent = bytesTotal === 0 ? 0 : Math.floor((bytesDone / bytesTotal) * 100);
  return (
    <Progress
      aria-label={step}
      value={percent}
      label={`${bytesText(bytesDone)} of ${bytesText(bytesTotal)}`}
      size="sm"
    />
  );
}

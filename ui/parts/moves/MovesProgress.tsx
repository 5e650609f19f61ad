// SPDX-License-Identifier: Apache-2.0
// A row of swaps as the person sees it, on every page until it is closed.

import { Alert, AlertActionCloseButton, AlertActionLink, Progress } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { FailureAlert } from "../FailureAlert.js";
import { current, type MoveState } from "./moves.js";
import { useMoves } from "./MovesProvider.js";

const words: Readonly<Record<MoveState["kind"], string>> = {
  waiting: "waits",
  asked: "begins",
  "under-way": "is moving",
  done: "is there",
  skipped: "was not begun",
  failed: "failed",
};

export function MovesProgress(): ReactNode {
  const { steps, isRunning, stop, forget } = useMoves();
  if (steps.length === 0) return null;
  const done = steps.filter(({ state }) => state.kind === "done").length;
  const now = current(steps);
  const isBad = steps.some(({ state }) => state.kind === "failed");
  const title =
    now === undefined ? `${done} of ${steps.length} VMs were moved` : `Moving ${now.vm} to ${now.to}`;
  return (
    <Alert
      isInline
      className="gm-moves-alert"
      component="h2"
      variant={isBad ? "danger" : isRunning ? "info" : "success"}
      title={title}
      actionLinks={isRunning ? <AlertActionLink onClick={stop}>Stop after this one</AlertActionLink> : null}
      {...(isRunning ? {} : { actionClose: <AlertActionCloseButton onClose={forget} /> })}
    >
      <Progress
        size="sm"
        min={0}
        max={steps.length}
        value={done}
        label={`${done} of ${steps.length}`}
        valueText={`${done} of ${steps.length}`}
        aria-label={title}
      />
      <ul className="gm-moves">
        {steps.map(({ module, vm, from, to, state }) => (
          <li key={module} data-state={state.kind}>
            {vm} {words[state.kind]}{" "}
            <span className="gm-quiet">
              ({from} → {to})
            </span>
            {state.kind === "failed" ? <FailureAlert failure={state.why} /> : null}
          </li>
        ))}
      </ul>
    </Alert>
  );
}

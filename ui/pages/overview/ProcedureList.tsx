// SPDX-License-Identifier: Apache-2.0
// What goes on in many steps (protect, unprotect): each as a card with its step and progress. A failed one
// stays with its reason until the daemon forgets it.

import { Progress } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { ProcedureStatus } from "../../../core/api/contract.js";
import { bytesText, percentText } from "../../../core/describe/words/words.js";

export function ProcedureList({
  procedures,
}: {
  readonly procedures: readonly ProcedureStatus[];
}): ReactNode {
  const shown = procedures.filter(({ state }) => state === "running" || state === "failed");
  if (shown.length === 0) return null;
  return (
    <section className="gm-procedures" aria-label="In progress">
      {shown.map((procedure) => (
        <ProcedureCard key={procedure.id} procedure={procedure} />
      ))}
    </section>
  );
}

function ProcedureCard({ procedure }: { readonly procedure: ProcedureStatus }): ReactNode {
  const { kind, subject, node, step, progress, state, failure, notes } = procedure;
  const done =
    progress === undefined || progress.bytesTotal === 0 ? null : progress.bytesDone / progress.bytesTotal;
  const title = `${kind.charAt(0).toUpperCase()}${kind.slice(1)} ${subject} on ${node}`;
  return (
    <article className="gm-card" data-colour={state === "failed" ? "red" : "amber"} aria-label={title}>
      <h3 className="gm-card-name">{title}</h3>
      {failure === undefined ? (
        <Progress
          size="sm"
          value={done === null ? 0 : Math.round(done * 1000) / 10}
          measureLocation={done === null ? "none" : "outside"}
          label={done === null ? "" : percentText(done)}
          title={step}
          helperText={
            progress === undefined
              ? ""
              : `${bytesText(progress.bytesDone)} of ${bytesText(progress.bytesTotal)}`
          }
        />
      ) : (
        <p>
          {failure.message} {failure.next}
        </p>
      )}
      {notes.map((note) => (
        <p key={note} className="gm-quiet">
          {note}
        </p>
      ))}
    </article>
  );
}

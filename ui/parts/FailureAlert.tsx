// SPDX-License-Identifier: Apache-2.0
// A request that failed: what, why, and what to do now. The page around it stays usable.

import { Alert, AlertActionCloseButton } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { ApiFailure } from "../api.js";

export function FailureAlert({
  failure,
  what,
  onClose,
}: {
  readonly failure: ApiFailure;
  /** "Moving cam1 failed"; absent: the failure's own sentence is the title. */
  readonly what?: string;
  readonly onClose?: () => void;
}): ReactNode {
  const title = what === undefined ? failure.message : `${what}: ${failure.message}`;
  return (
    <Alert
      isInline
      component="p"
      variant="danger"
      title={title}
      {...(onClose === undefined ? {} : { actionClose: <AlertActionCloseButton onClose={onClose} /> })}
    >
      {failure.next === "" ? null : <p>{failure.next}</p>}
      <p className="gm-quiet">{[failure.code, failure.where].filter((part) => part !== "").join(" · ")}</p>
    </Alert>
  );
}

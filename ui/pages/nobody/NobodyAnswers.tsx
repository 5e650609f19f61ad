// SPDX-License-Identifier: Apache-2.0
// No node answers: the last known state with its age, and what to type on a host.

import { Button, EmptyState, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { Status } from "../../../core/api/contract.js";
import { timeText } from "../../../core/api/words.js";

export interface NobodyAnswersProps {
  /** Undefined: nothing was ever heard by this page. */
  readonly lastKnown: Status | undefined;
  /** Wall time of the last word. */
  readonly since: string | undefined;
  readonly onAskAgain: () => void;
}

export default function NobodyAnswers({ lastKnown, since, onAskAgain }: NobodyAnswersProps): ReactNode {
  return (
    <EmptyState titleText="No node answers" headingLevel="h1">
      <EmptyStateBody>
        {since === undefined ? null : <p>Last heard of: {timeText(since)}.</p>}
        {lastKnown === undefined ? null : <p>{lastKnown.sentence}</p>}
        <p>On a host, the same is told by: gemel status</p>
      </EmptyStateBody>
      <EmptyStateFooter>
        <Button onClick={onAskAgain}>Ask again</Button>
      </EmptyStateFooter>
    </EmptyState>
  );
}

// SPDX-License-Identifier: Apache-2.0
// Small and always there: is what I see the present?

import { Label, Tooltip } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { timeText } from "../../core/describe/words/words.js";
import { useStatus, useStream } from "../live/live.js";

export function StreamMark(): ReactNode {
  const stream = useStream();
  const node = useStatus()?.answeredBy;
  switch (stream.state) {
    case "opening":
      return <Label isCompact>connecting</Label>;
    case "live":
      return (
        <Tooltip content={`Live from ${node ?? "the node"}: every change within a second.`}>
          <Label
            isCompact
            color="green"
            className="gm-live"
            icon={<span className="gm-pulse" />}
            tabIndex={0}
          >
            live
          </Label>
        </Tooltip>
      );
    case "stale":
      return (
        <Label isCompact status="warning">
          old since {timeText(stream.since)}
        </Label>
      );
  }
}

// SPDX-License-Identifier: Apache-2.0
// Alarms that somebody has taken care of: a small bell with their number, until their cause is gone.

import { Badge, Button, Popover } from "@patternfly/react-core";
import BellSlashIcon from "@patternfly/react-icons/dist/esm/icons/bell-slash-icon";
import type { ReactNode } from "react";
import { clockText } from "../../../core/describe/words/words.js";
import { useStatus } from "../../live/live.js";
import { fold } from "./folding.js";

export function Acknowledged(): ReactNode {
  const { acknowledged } = fold(useStatus()?.alarms ?? []);
  if (acknowledged.length === 0) return null;
  const label =
    acknowledged.length === 1 ? "1 acknowledged alarm" : `${acknowledged.length} acknowledged alarms`;
  return (
    <Popover
      aria-label={label}
      headerContent={label}
      bodyContent={
        <ul className="gm-alarms">
          {acknowledged.map(({ id, sentence, next, acknowledged: by }) => (
            <li key={id}>
              <strong>{sentence}</strong> {next}
              <div className="gm-quiet">{by === undefined ? "" : `${by.by}, ${clockText(by.at)}`}</div>
            </li>
          ))}
        </ul>
      }
    >
      <Button variant="plain" aria-label={label} icon={<BellSlashIcon />}>
        <Badge isRead>{acknowledged.length}</Badge>
      </Button>
    </Popover>
  );
}

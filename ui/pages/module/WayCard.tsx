// SPDX-License-Identifier: Apache-2.0
// The write's way with this second's figures. It alone redraws every second; the page around it does not.

import { Card, CardBody, CardHeader, CardTitle } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { ModuleFigures, ModuleStatus } from "../../../core/api/contract.js";
import {
  bytesText,
  coresText,
  countText,
  latencyText,
  rateText,
} from "../../../core/describe/words/words.js";
import { useModuleFigures } from "../../live/live.js";
import { WritePath } from "../../parts/path/WritePath.js";

interface WayCardProps {
  readonly module: ModuleStatus;
  /** The cluster's own clock. */
  readonly at: string;
}

export function WayCard({ module, at }: WayCardProps): ReactNode {
  const figures = useModuleFigures(module.id)?.now;
  const shown = module.active === null ? undefined : figures;
  return (
    <Card component="section">
      <CardHeader>
        <CardTitle component="h2">A write&rsquo;s way</CardTitle>
      </CardHeader>
      <CardBody>
        <WritePath module={module} at={at} figures={shown} />
        <Numbers figures={shown} />
      </CardBody>
    </Card>
  );
}

function Numbers({ figures }: { readonly figures: ModuleFigures | undefined }): ReactNode {
  const numbers: readonly (readonly [string, string])[] = [
    ["Write, median", latencyText(figures?.writeP50Us ?? null)],
    ["Write, p99", latencyText(figures?.writeP99Us ?? null)],
    ["Writes", `${countText(figures?.writesPerSecond ?? null)}/s`],
    ["Written", rateText(figures?.bytesWrittenPerSecond ?? null)],
    ["Read", rateText(figures?.bytesReadPerSecond ?? null)],
    ["In flight", countText(figures?.inFlight ?? null)],
    ["May differ", bytesText(figures?.dirtyBytes ?? null)],
    ["CPU", coresText(figures?.cpu ?? null)],
  ];
  return (
    <dl className="gm-numbers">
      {numbers.map(([term, text]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

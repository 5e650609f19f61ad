// SPDX-License-Identifier: Apache-2.0
// A copy on its way to up to date: how much, how fast, until when, and how little of it had to be sent.
//
// Invariant: no estimate is shown that the engine did not give, and 100 % only when it is all.

import { Card, CardBody, CardHeader, CardTitle, Progress } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { ModuleStatus, Reintegration } from "../../../core/api/contract.js";
import {
  bytesText,
  copyingWords,
  donePart,
  durationText,
  percentText,
  rateText,
} from "../../../core/describe/words/words.js";

export function CopyProgress({ module }: { readonly module: ModuleStatus }): ReactNode {
  const { reintegration: copy } = module;
  if (copy === null) return null;
  const part = donePart(copy);
  const target = targetOf(module, copy);
  return (
    <Card component="section">
      <CardHeader>
        <CardTitle component="h2">
          {copyingWords[copy.kind]}: {target} is being brought up to date
        </CardTitle>
      </CardHeader>
      <CardBody>
        <Progress
          aria-label={`${copyingWords[copy.kind]} of ${target}`}
          value={Math.min(part < 1 ? 99 : 100, Math.round(part * 100))}
          label={percentText(part)}
        />
        <p>
          <strong>{etaWords(copy)}</strong> {kindSentences[copy.kind]}
        </p>
        <dl className="gm-numbers gm-numbers-wide">
          <Number term="Looked at" text={`${bytesText(copy.bytesDone)} of ${bytesText(copy.bytesTotal)}`} />
          <Number term="Rate" text={rateText(copy.bytesPerSecond)} />
          <Number term="Sent, because it differed" text={bytesText(copy.bytesSent)} />
          <Number term="Compared by hash" text={bytesText(copy.bytesHashed)} />
        </dl>
      </CardBody>
    </Card>
  );
}

function Number({ term, text }: { readonly term: string; readonly text: string }): ReactNode {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{text}</dd>
    </div>
  );
}

function targetOf({ nodes }: ModuleStatus, { node, direction }: Reintegration): string {
  if (direction === "target") return node;
  return nodes.find((row) => row.node !== node)?.node ?? node;
}

function etaWords({ etaSeconds, bytesPerSecond }: Reintegration): string {
  if (etaSeconds !== undefined) return `About ${durationText(etaSeconds)} left.`;
  return bytesPerSecond === 0 ? "It does not move just now." : "Too early to say how long it takes.";
}

const kindSentences: Readonly<Record<Reintegration["kind"], string>> = {
  "first-copy": "Everything is copied once; the guest keeps running, and is protected when it is done.",
  tracked: "Only regions that can differ are looked at, and only bytes that differ are sent.",
  "by-hash": "Contents are compared by hash, and only bytes that differ are sent.",
  verify: "Both copies are compared bit by bit while the guest runs.",
};

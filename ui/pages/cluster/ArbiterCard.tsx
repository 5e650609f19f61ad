// SPDX-License-Identifier: Apache-2.0
// Who decides when the hosts cannot hear each other, in words for somebody who has never heard of quorum:
// what can happen, and what to do about it.

import { Card, CardBody, CardTitle } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { Status } from "../../../core/api/contract.js";
import type { Look } from "../../../core/describe/words/words.js";
import { LookLabel } from "../../parts/LookLabel.js";

interface ArbiterWords {
  readonly look: Look;
  readonly what: string;
  readonly means: readonly string[];
  readonly next?: string;
}

const bad: Look = { word: "No arbiter", colour: "red", icon: "ExclamationCircleIcon" };
const good = (word: string): Look => ({ word, colour: "green", icon: "CheckCircleIcon" });

/** Total: a new kind of arbiter does not compile before it is explained. */
const words: Readonly<Record<Status["arbiter"], ArbiterWords>> = {
  none: {
    look: bad,
    what: "Nobody outside the two hosts can say which of them may go on.",
    means: [
      "One host dies: the other takes over. That works.",
      "Every network between them is cut, both live on: both run the VMs, each on its own copy.",
      "Then both are red until a person chooses whose copy goes on; the other one is kept.",
    ],
    next: "Keep two separate networks between the hosts. A lease at a third place ends this danger.",
  },
  lease: {
    look: good("Lease"),
    what: "A third place lends the right to run, to one host at a time.",
    means: [
      "One host dies: the other gets the lease and takes over.",
      "Every network between them is cut: only the holder of the lease goes on; no two copies accept writes.",
      "The third place itself is away: the pair works on; only a second failure would have to wait for it.",
    ],
  },
  "lease-and-fence": {
    look: good("Lease and fencing"),
    what: "A third place lends the right to run, and the other host is proven to be off before a VM starts.",
    means: [
      "One host dies: it is switched off for certain, then the other takes over.",
      "Every network between them is cut: the holder of the lease goes on, the other one is switched off.",
      "A VM never runs on both hosts, not even for a moment.",
    ],
  },
};

export function ArbiterCard({ arbiter }: { readonly arbiter: Status["arbiter"] }): ReactNode {
  const { look, what, means, next } = words[arbiter];
  return (
    <Card isFullHeight component="section" className={arbiter === "none" ? "gm-card-red" : ""}>
      <CardTitle component="h2">
        <span className="gm-card-title">
          Arbiter <LookLabel look={look} />
        </span>
      </CardTitle>
      <CardBody>
        <p>{what}</p>
        <ul className="gm-means">
          {means.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
        {next !== undefined && <p className="gm-next">{next}</p>}
      </CardBody>
    </Card>
  );
}

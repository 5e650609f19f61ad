// SPDX-License-Identifier: Apache-2.0
// The cluster as hardware and trust: both hosts with the networks between them, the arbiter and what it
// means, automatic failover on or paused, a further host, certificates, ports.

import { Skeleton } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { Status } from "../../../core/api/contract.js";
import { useAnswer } from "../../asking.js";
import { useStatus } from "../../live/live.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { Page } from "../../parts/Page.js";
import { ArbiterCard } from "./ArbiterCard.js";
import { Certificates } from "./Certificates.js";
import "./cluster.css";
import { FailoverCard } from "./FailoverCard.js";
import { JoinNode } from "./JoinNode.js";
import { Pair } from "./Pair.js";
import { Ports } from "./Ports.js";

export default function Cluster(): ReactNode {
  const status = useStatus();
  const { data: view, error } = useAnswer("GET /cluster", []);
  if (status === undefined || (view === undefined && error === null)) {
    return (
      <Page title="Cluster">
        <Skeleton height="16rem" screenreaderText="The cluster is being asked" />
      </Page>
    );
  }
  const hosts = status.nodes.length === 1 ? "one host" : `${status.nodes.length} hosts`;
  return (
    <Page title="Cluster" lead={`${status.cluster ?? "No cluster"} · ${hosts} · Gemel ${status.version}`}>
      <div className="gm-cluster">
        {error !== null && <FailureAlert failure={error} what="The cluster's settings cannot be shown" />}
        {view !== undefined && <Pair status={status} view={view} />}
        <div className="gm-cluster-two">
          <ArbiterCard arbiter={status.arbiter} />
          <FailoverCard pause={status.pause} />
        </div>
        {status.nodes.length < 2 && <JoinNode />}
        <Certificates self={status.answeredBy} other={otherThatAnswers(status)} />
        {view !== undefined && <Ports ports={view.ports} />}
        {status.nodes.length >= 2 && <JoinNode />}
      </div>
    </Page>
  );
}

function otherThatAnswers({ nodes, answeredBy }: Status): string | null {
  return nodes.find(({ name, daemon }) => name !== answeredBy && daemon === "answers")?.name ?? null;
}

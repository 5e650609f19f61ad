// SPDX-License-Identifier: Apache-2.0
// The hosts with the networks between them, drawn as what they are: two boxes and the wires from one to the
// other, each wire with its beat. On a phone the wires stand between the boxes.

import { Card, CardBody, CardTitle, Label } from "@patternfly/react-core";
import { Fragment, type ReactNode } from "react";
import type { ClusterView, NodeStatus, Status } from "../../../core/api/contract.js";
import { ageText, durationText, timeText } from "../../../core/describe/words/words.js";

export function Pair({ status, view }: { readonly status: Status; readonly view: ClusterView }): ReactNode {
  const [first, ...others] = status.nodes;
  if (first === undefined) return null;
  return (
    <section aria-label="Hosts and networks" className="gm-pair">
      <HostBox node={first} status={status} view={view} />
      {others.map((node) => (
        <Fragment key={node.name}>
          <Wires node={node.name === view.self ? first : node} view={view} />
          <HostBox node={node} status={status} view={view} />
        </Fragment>
      ))}
    </section>
  );
}

interface HostBoxProps {
  readonly node: NodeStatus;
  readonly status: Status;
  readonly view: ClusterView;
}

function HostBox({ node, status, view }: HostBoxProps): ReactNode {
  const addresses = view.nodes.find(({ name }) => name === node.name)?.addresses ?? {};
  const isSelf = node.name === status.answeredBy;
  return (
    <Card isFullHeight className={`gm-host ${node.reachable ? "" : "gm-host-silent"}`} component="article">
      <CardTitle component="h2">
        <span className="gm-host-title">
          {node.name}
          <HostLook node={node} />
        </span>
      </CardTitle>
      <CardBody>
        <dl className="gm-facts">
          <dt>{node.reachable ? "Up since" : "Silent since"}</dt>
          <dd>
            {timeText(node.since)} <span className="gm-quiet">({ageText(node.since, status.at)})</span>
          </dd>
          {Object.entries(addresses).map(([network, address]) => (
            <Fragment key={network}>
              <dt>{network}</dt>
              <dd className="gm-mono">{address}</dd>
            </Fragment>
          ))}
          <dt>Gemel</dt>
          <dd>{node.version ?? "not known"}</dd>
          <dt>Console</dt>
          <dd>
            {node.urls.map((url) => (
              <a key={url} href={url} className="gm-url">
                {url.replace("https://", "")}
              </a>
            ))}
          </dd>
        </dl>
        {isSelf && <p className="gm-quiet">This host answers you.</p>}
      </CardBody>
    </Card>
  );
}

function HostLook({ node }: { readonly node: NodeStatus }): ReactNode {
  if (!node.reachable) {
    return (
      <Label isCompact variant="outline" status="danger">
        silent
      </Label>
    );
  }
  if (node.daemon === "silent") {
    return (
      <Label isCompact variant="outline" status="warning">
        its daemon does not answer
      </Label>
    );
  }
  return (
    <Label isCompact variant="outline" status="success">
      reachable
    </Label>
  );
}

/** As the answering host hears the other one. */
function Wires({ node, view }: { readonly node: NodeStatus; readonly view: ClusterView }): ReactNode {
  const heard = new Map(node.networks.map((network) => [network.name, network.heard]));
  return (
    <ul className="gm-wires" aria-label={`Networks between the hosts, as ${view.self} hears them`}>
      {view.networks.map(({ name, cidr, pulseMs, timeoutMs }) => {
        const isHeard = heard.get(name) === true;
        return (
          <li key={name} className={isHeard ? "gm-wire" : "gm-wire gm-wire-cut"}>
            <span className="gm-wire-name">{name}</span>
            <span className="gm-wire-line" aria-hidden="true">
              <span className="gm-wire-beat" />
            </span>
            <span className="gm-wire-state">{isHeard ? "heard" : "silent"}</span>
            <span className="gm-quiet gm-wire-facts">
              <span className="gm-mono">{cidr}</span> · a beat every {secondsText(pulseMs)}, missed after{" "}
              {durationText(timeoutMs / 1000)}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

const secondsText = (ms: number): string => (ms < 1000 ? `${ms} ms` : durationText(ms / 1000));

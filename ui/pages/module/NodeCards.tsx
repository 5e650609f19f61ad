// SPDX-License-Identifier: Apache-2.0
// Both nodes of a module side by side: what each does, what its copy is worth, and since when. A node that is
// silent is shown with what it last said, and says that it is that.

import {
  Card,
  CardBody,
  CardHeader,
  CardTitle,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { ModuleOnNode, ModuleStatus } from "../../../core/api/contract.js";
import { lastKnownLook, roles, stateLooks, timeText, type Look } from "../../../core/describe/words/words.js";
import { useStatus } from "../../live/live.js";
import { LookLabel } from "../../parts/LookLabel.js";
import { reasonText } from "./reason-words.js";

export function NodeCards({ module }: { readonly module: ModuleStatus }): ReactNode {
  const hosts = useStatus()?.nodes;
  return (
    <section className="gm-pair" aria-label="Both nodes">
      {module.nodes.map((row) => (
        <NodeCard
          key={row.node}
          row={row}
          peer={module.nodes.find(({ node }) => node !== row.node)?.node ?? ""}
          silentSince={hosts?.find(({ name, reachable }) => name === row.node && !reachable)?.since}
        />
      ))}
    </section>
  );
}

interface NodeCardProps {
  readonly row: ModuleOnNode;
  readonly peer: string;
  /** When it was last heard, if it is silent. */
  readonly silentSince: string | undefined;
}

function NodeCard({ row, peer, silentSince }: NodeCardProps): ReactNode {
  const { node, state, stability, live, upToDate, generation, session, since, vm } = row;
  const look = stateLooks[state][stability];
  return (
    <Card className={live ? "gm-node" : "gm-node gm-node-silent"} component="article" isFullHeight>
      <CardHeader>
        <CardTitle component="h2">
          {node} <LookLabel look={look}>{`${state} · ${look.word}`}</LookLabel>
          {live ? null : <LookLabel look={lastKnownLook} />}
        </CardTitle>
      </CardHeader>
      <CardBody>
        <p className="gm-node-words">{live ? roles[state].sentence : silentWords(row)}</p>
        <DescriptionList isCompact isHorizontal horizontalTermWidthModifier={{ default: "11ch" }}>
          <Row term="Copy">
            <LookLabel look={upToDate ? goodCopy : behindCopy} />
          </Row>
          <Row term="VM">{vmWords[vm]}</Row>
          <Row term={live ? "Reason" : "It last said"}>{reasonText(row.reason, peer)}</Row>
          <Row term="Since">{timeText(since)}</Row>
          {silentSince !== undefined && <Row term="Silent since">{timeText(silentSince)}</Row>}
          <Row term="Generation">
            <code className="gm-generation">{generation === "" ? "–" : generation}</code>
          </Row>
          <Row term="Session">{session === 0 ? "–" : session}</Row>
        </DescriptionList>
      </CardBody>
    </Card>
  );
}

const goodCopy: Look = { word: "up to date", colour: "green", icon: "CheckCircleIcon" };
const behindCopy: Look = { word: "not up to date", colour: "amber", icon: "ExclamationTriangleIcon" };

const vmWords: Readonly<Record<ModuleOnNode["vm"], string>> = {
  on: "runs here",
  off: "does not run here",
  unknown: "not known",
};

const silentWords = ({ node }: ModuleOnNode): string =>
  `${node} is silent. What stands here is what it last said, not what is.`;

function Row({ term, children }: { readonly term: string; readonly children: ReactNode }): ReactNode {
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{term}</DescriptionListTerm>
      <DescriptionListDescription>{children}</DescriptionListDescription>
    </DescriptionListGroup>
  );
}

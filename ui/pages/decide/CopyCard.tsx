// SPDX-License-Identifier: Apache-2.0
// One of the two copies: what is known of it, and what is lost when it is the one that goes on.

import {
  Card,
  CardBody,
  CardHeader,
  CardTitle,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  Label,
  Radio,
} from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { CopyView } from "../../../core/api/contract.js";
import { bytesText, durationText, lastKnownLook, timeText } from "../../../core/describe/words/words.js";
import { LookLabel } from "../../parts/LookLabel.js";

interface CopyCardProps {
  readonly copy: CopyView;
  readonly other: CopyView | undefined;
  readonly isChosen: boolean;
  readonly isDisabled: boolean;
  readonly onChoose: () => void;
}

export function CopyCard({ copy, other, isChosen, isDisabled, onChoose }: CopyCardProps): ReactNode {
  const { node, live, state, upToDate, generation, session, sizeBytes, differingBytes, ifKept } = copy;
  const isNewer = isLater(copy.lastWrite, other?.lastWrite);
  return (
    <Card className={isChosen ? "gm-copy gm-copy-chosen" : "gm-copy"} component="article" isFullHeight>
      <CardHeader>
        <CardTitle component="h2">
          {node} {live ? <Label isCompact>{state}</Label> : <LookLabel look={lastKnownLook} />}
        </CardTitle>
      </CardHeader>
      <CardBody>
        <DescriptionList isCompact isHorizontal horizontalTermWidthModifier={{ default: "14ch" }}>
          <Row term="Ran alone">{aloneWords(copy)}</Row>
          <Row term="Last write">
            {copy.lastWrite === undefined ? "not known" : timeText(copy.lastWrite)}{" "}
            {isNewer && (
              <Label isCompact color="blue">
                later by {laterBy(copy.lastWrite, other?.lastWrite)}
              </Label>
            )}
          </Row>
          <Row term="May differ">
            {differingBytes === null ? "cannot be told from here" : bytesText(differingBytes)}
          </Row>
          <Row term="Size">{bytesText(sizeBytes)}</Row>
          <Row term="Copy">{upToDate ? "whole and up to date by itself" : "not proven to be up to date"}</Row>
          <Row term="Generation">
            <code className="gm-generation">{generation === "" ? "–" : generation}</code>
          </Row>
          <Row term="Session">{session}</Row>
        </DescriptionList>
        <div className="gm-if-kept">
          <strong>If {node} goes on:</strong> {ifKept}
        </div>
        <Radio
          id={`keep-${node}`}
          name="keep"
          label={`${node} goes on`}
          isChecked={isChosen}
          isDisabled={isDisabled}
          onChange={onChoose}
        />
      </CardBody>
    </Card>
  );
}

function aloneWords({ alone, live, node }: CopyView): string {
  if (alone === undefined)
    return live ? "not since both were the same" : `not known: ${node} does not answer`;
  const { from, to } = alone;
  return to === undefined ? `since ${timeText(from)}, still` : `${timeText(from)} to ${timeText(to)}`;
}

/** Less is no hint: two clocks may differ by more. */
const tellingMs = 10_000;

/** A hint for a person, shown as such; no clock decides anything here. */
function isLater(own: string | undefined, other: string | undefined): boolean {
  return own !== undefined && other !== undefined && Date.parse(own) - Date.parse(other) > tellingMs;
}

function laterBy(own: string | undefined, other: string | undefined): string {
  return durationText((Date.parse(own ?? "") - Date.parse(other ?? "")) / 1000);
}

function Row({ term, children }: { readonly term: string; readonly children: ReactNode }): ReactNode {
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{term}</DescriptionListTerm>
      <DescriptionListDescription>{children}</DescriptionListDescription>
    </DescriptionListGroup>
  );
}

// SPDX-License-Identifier: Apache-2.0
// What a command would do, before it is given: the sentences of GET preview, the guest's downtime, and why it
// is not possible when it is not.

import "./preview.css";
import { Alert, Button, Content, Label, LabelGroup, List, ListItem, Skeleton } from "@patternfly/react-core";
import { useQueries } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { ModuleVerb } from "../../core/base/vocabulary.js";
import type { Asking, Preview } from "../../core/api/contract.js";
import { dangerLooks, durationText, verbWords } from "../../core/describe/words/words.js";
import { failureOf } from "../api.js";
import { reading, useAnswer, useTransport } from "../asking.js";
import { FailureAlert } from "./FailureAlert.js";

export interface AskedAction {
  readonly module: string;
  /** The VM's own name, as people know it. */
  readonly vm: string;
  readonly verb: ModuleVerb;
  readonly node?: string;
  readonly keep?: string;
  readonly force?: boolean;
}

const previewOf = ({ module, verb, node, keep }: AskedAction): Asking<"GET /modules/:module/preview"> => [
  { module, verb, node, keep },
];

/** Whether every one of them may be done now; not known before all previews are here. */
export function useAllowed(asked: readonly AskedAction[]): {
  readonly allowed: boolean;
  readonly known: boolean;
} {
  const transport = useTransport();
  return useQueries({
    queries: asked.map((one) => reading(transport, "GET /modules/:module/preview", previewOf(one))),
    combine: (answers) => ({
      allowed: answers.every(({ data }) => data?.allowed === true),
      known: answers.every(({ data }) => data !== undefined),
    }),
  });
}

interface PreviewOfProps {
  readonly asked: AskedAction;
  /** Several in one dialog: each under its VM's name. */
  readonly named: boolean;
}

export function PreviewOf({ asked, named }: PreviewOfProps): ReactNode {
  const { data, error, refetch } = useAnswer("GET /modules/:module/preview", previewOf(asked));
  return (
    <section className="gm-preview" aria-label={asked.vm} aria-busy={data === undefined && error === null}>
      {named && <Content component="h3">{asked.vm}</Content>}
      {error !== null && (
        <>
          <FailureAlert failure={failureOf(error)} what="What would happen cannot be told" />
          <Button variant="link" isInline onClick={() => void refetch()}>
            Ask again
          </Button>
        </>
      )}
      {error === null && data === undefined && <Skeleton screenreaderText="Asking what would happen" />}
      {data !== undefined && <PreviewWords preview={data} asked={asked} />}
    </section>
  );
}

function PreviewWords({
  preview,
  asked,
}: {
  readonly preview: Preview;
  readonly asked: AskedAction;
}): ReactNode {
  const { allowed, why, guestRestarts, downtimeSeconds, sentences } = preview;
  if (!allowed) {
    return (
      <Alert isInline variant="warning" title="Not possible now" component="h3">
        {why}
      </Alert>
    );
  }
  const danger = dangerLooks[verbWords[asked.verb].danger];
  return (
    <>
      <LabelGroup aria-label="In short" numLabels={4}>
        <Label color={guestRestarts ? "orange" : "green"}>
          {guestRestarts ? "The guest restarts" : "The guest keeps running"}
        </Label>
        {guestRestarts && (
          <Label color="grey">
            {downtimeSeconds === null
              ? "Downtime: never measured here"
              : `Down for about ${durationText(downtimeSeconds)}`}
          </Label>
        )}
        {danger.colour === "red" && <Label color="red">{danger.word}</Label>}
      </LabelGroup>
      <List className="gm-preview-sentences">
        {sentences.map((sentence) => (
          <ListItem key={sentence}>{sentence}</ListItem>
        ))}
      </List>
    </>
  );
}

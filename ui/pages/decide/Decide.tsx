// SPDX-License-Identifier: Apache-2.0
// The hardest moment of all: two copies, and a person says which one goes on. Both stand side by side with
// what is known of them and what choosing each one loses; the choice is made by typing the module's name.

import "./decide.css";
import { Alert, Button, EmptyState, EmptyStateBody } from "@patternfly/react-core";
import { useState, type ReactNode } from "react";
import { Link, useParams } from "react-router";
import type { Copies, ModuleStatus } from "../../../core/api/contract.js";
import { conflictWords } from "../../../core/base/conflict-words.js";
import { verbWords } from "../../../core/describe/words/words.js";
import { useAnswer } from "../../asking.js";
import { useModule, useStatus } from "../../live/live.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { Page, PageWaiting } from "../../parts/Page.js";
import { runnerOf } from "../../parts/runner.js";
import { paths } from "../../paths.js";
import { usePermission } from "../../session.js";
import { Confirmation } from "./Confirmation.js";
import { CopyCard } from "./CopyCard.js";
import { DecisionOutcome } from "./DecisionOutcome.js";

/** Copies change while one looks at them: the one that runs is being written. */
const everyMs = 5000;

export default function Decide(): ReactNode {
  const { id = "" } = useParams();
  const status = useStatus();
  const module = useModule(id);
  if (status === undefined) return <PageWaiting />;
  if (module === undefined) {
    return (
      <Page title={id}>
        <EmptyState titleText={`There is no module ${id}`} headingLevel="h2">
          <EmptyStateBody>
            <Link to={paths.overview}>See all modules</Link>
          </EmptyStateBody>
        </EmptyState>
      </Page>
    );
  }
  return (
    <Page
      title={`${module.vm}: which copy goes on?`}
      lead={module.sentence}
      actions={
        <Link className="gm-link" to={paths.module(id)}>
          Back to {module.vm}
        </Link>
      }
    >
      <Choosing key={id} module={module} />
    </Page>
  );
}

function Choosing({ module }: { readonly module: ModuleStatus }): ReactNode {
  const { id } = module;
  const { data, error } = useAnswer("GET /modules/:module/copies", [{ module: id }], { everyMs });
  const may = usePermission(verbWords.resolve.role);
  const isNeeded = data?.conflict === true || runnerOf(module) === null;
  const [chosen, setChosen] = useState<string | null>(null);
  const [given, setGiven] = useState<string | null>(null);
  if (given !== null) {
    return (
      <DecisionOutcome
        module={module}
        kept={given}
        onAgain={() => {
          setGiven(null);
        }}
      />
    );
  }
  if (data === undefined) {
    return error === null ? (
      <PageWaiting />
    ) : (
      <FailureAlert failure={error} what="The copies cannot be compared" />
    );
  }
  return (
    <div className="gm-decide">
      <Situation module={module} copies={data} />
      {error !== null && <FailureAlert failure={error} what="What stands here is not fresh" />}
      <div className="gm-copies" role="radiogroup" aria-label="The copy that goes on">
        {data.copies.map((copy) => (
          <CopyCard
            key={copy.node}
            copy={copy}
            other={data.copies.find(({ node }) => node !== copy.node)}
            isChosen={chosen === copy.node}
            isDisabled={!may.allowed || !isNeeded}
            onChoose={() => {
              setChosen(copy.node);
            }}
          />
        ))}
      </div>
      <p>{data.afterwards}</p>
      {!may.allowed && <p className="gm-quiet">{may.why}</p>}
      {chosen !== null && isNeeded && (
        <Confirmation
          key={chosen}
          module={module}
          verb={data.conflict ? "resolve" : "prim"}
          kept={chosen}
          onGiven={() => {
            setGiven(chosen);
          }}
        />
      )}
      {chosen === null && may.allowed && isNeeded && <Button isDisabled>Choose a copy first</Button>}
    </div>
  );
}

interface SituationProps {
  readonly module: ModuleStatus;
  readonly copies: Copies;
}

function Situation({ module, copies }: SituationProps): ReactNode {
  if (copies.conflict) {
    return (
      <Alert component="h2" isInline variant="danger" title={conflictWords.histories}>
        They cannot be merged. One of them goes on; nothing is overwritten before you choose.
      </Alert>
    );
  }
  const runner = runnerOf(module);
  if (runner !== null) {
    return (
      <Alert
        component="h2"
        isInline
        variant="info"
        title={`Nothing has to be decided: the VM runs on ${runner}`}
      >
        Its copy is the one that counts.
      </Alert>
    );
  }
  if (module.active !== null) {
    return (
      <Alert
        component="h2"
        isInline
        variant="warning"
        title={`${module.active} ran the VM and does not answer; nobody else runs it`}
      >
        When {module.active} can be brought back, do that instead: then nothing is lost. If it lives and only
        the networks are cut, the VM runs there still, and then both copies run alone.
      </Alert>
    );
  }
  return (
    <Alert
      component="h2"
      isInline
      variant="warning"
      title="The VM does not run, and no copy is proven to be the latest"
    >
      When the other host can be brought back, do that instead: then nothing is lost. Choose a copy only when
      you accept what stands below it.
    </Alert>
  );
}

// SPDX-License-Identifier: Apache-2.0
// One module, everything about it: what is so now, what may be done, what was and why, how it is configured.

import "./module.css";
import { Alert, Card, CardBody, Content, EmptyState, EmptyStateBody } from "@patternfly/react-core";
import { Suspense, type ReactNode } from "react";
import { Link, useParams } from "react-router";
import type { ModuleStatus, ProcedureStatus } from "../../../core/api/contract.js";
import { conflictWords } from "../../../core/base/conflict-words.js";
import { moduleLooks } from "../../../core/describe/words/words.js";
import { useModule, useStatus } from "../../live/live.js";
import { LookLabel } from "../../parts/LookLabel.js";
import { Page, PageWaiting } from "../../parts/Page.js";
import { pagePart } from "../../parts/page-part.js";
import { ProcedureProgress } from "../../parts/procedure/ProcedureProgress.js";
import { paths } from "../../paths.js";
import { ActionBar } from "./ActionBar.js";
import { Configuration } from "./Configuration.js";
import { CopyProgress } from "./CopyProgress.js";
import { NodeCards } from "./NodeCards.js";
import { WayCard } from "./WayCard.js";

/** Charts and their library are fetched when somebody looks at a module, not before. */
const Past = pagePart(() => import("./Past.js"));

export default function ModulePage(): ReactNode {
  const { id = "" } = useParams();
  const status = useStatus();
  const module = useModule(id);
  if (status === undefined) return <PageWaiting />;
  if (module === undefined) return <NotYet id={id} procedures={status.procedures} />;
  return (
    <Page title={module.vm} lead={<Lead module={module} />} actions={<ActionBar module={module} />}>
      <div className="gm-module">
        <Troubles module={module} />
        <CopyProgress module={module} />
        <NodeCards module={module} />
        <WayCard module={module} at={status.at} />
        <Suspense fallback={<PageWaiting />}>
          <Past module={module} at={status.at} />
        </Suspense>
        <Configuration module={module} />
      </div>
    </Page>
  );
}

const conflictCode = "GEMEL-1007";

function Lead({ module }: { readonly module: ModuleStatus }): ReactNode {
  const { id, vm, sentence, ifHostDied, colour, partly } = module;
  const look = moduleLooks[colour];
  return (
    <span className="gm-module-lead">
      <span className="gm-module-labels">
        <LookLabel look={look} />
        {partly && (
          <LookLabel look={{ ...moduleLooks.amber, word: "Partly protected: disks were left out" }} />
        )}
        {vm !== id && <code>{id}</code>}
      </span>
      {sentence !== look.word && <span className="gm-module-sentence">{sentence}</span>}
      {ifHostDied.sentence !== "" && <span>{ifHostDied.sentence}</span>}
    </span>
  );
}

/** What is wrong here and what to do next; a decision to be taken comes first. */
function Troubles({ module }: { readonly module: ModuleStatus }): ReactNode {
  const { id, conflict, troubles, diskFull } = module;
  // The alert of a conflict says it already, with the way to decide.
  const shown = troubles.filter(({ code }) => !conflict || code !== conflictCode);
  return (
    <>
      {conflict && (
        <Alert
          component="h2"
          isInline
          variant="danger"
          title={conflictWords.notice}
          actionLinks={<Link to={paths.decide(id)}>Compare both copies and decide</Link>}
        >
          Nothing is overwritten before that.
        </Alert>
      )}
      {shown.map(({ code, message, next }) => (
        <Alert
          component="h2"
          key={`${code}${message}`}
          isInline
          variant={module.colour === "red" ? "danger" : "warning"}
          title={message}
        >
          {next !== "" && <Content component="p">What now: {next}</Content>}
          <Content component="small">{code}</Content>
        </Alert>
      ))}
      {diskFull !== undefined && troubles.length === 0 && (
        <Alert
          component="h2"
          isInline
          variant="danger"
          title="The disk is full: the guest's writes wait for space"
        />
      )}
    </>
  );
}

interface NotYetProps {
  readonly id: string;
  readonly procedures: readonly ProcedureStatus[];
}

/** While a VM is being protected its module is listed already, and all there is of it is the way there. */
function NotYet({ id, procedures }: NotYetProps): ReactNode {
  const coming = procedures.findLast(({ kind, subject }) => kind === "protect" && subject === id);
  if (coming === undefined || coming.state === "done") return <NoSuchModule id={id} />;
  return (
    <Page
      title={id}
      lead="It is not protected yet: this is how far it is."
      actions={
        <Link className="gm-link" to={paths.protect}>
          All VMs of both hosts
        </Link>
      }
    >
      <Card component="section" aria-label={`Protecting ${id}`}>
        <CardBody>
          <ProcedureProgress procedure={coming} />
        </CardBody>
      </Card>
    </Page>
  );
}

function NoSuchModule({ id }: { readonly id: string }): ReactNode {
  return (
    <Page title={id}>
      <EmptyState titleText={`There is no module ${id}`} headingLevel="h2">
        <EmptyStateBody>
          It may have been taken out of protection. <Link to={paths.overview}>See all modules</Link> or{" "}
          <Link to={paths.protect}>protect a VM</Link>.
        </EmptyStateBody>
      </EmptyState>
    </Page>
  );
}

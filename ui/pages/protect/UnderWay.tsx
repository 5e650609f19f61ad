// SPDX-License-Identifier: Apache-2.0
// What is being protected now, in a list: the steps of each, then its first copy, then that it is protected.
// It comes from the cluster's status, so it is there again after a reload and for whoever else looks.

import { Card, CardBody, CardHeader, CardTitle, Progress } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { ModuleStatus, ProcedureStatus } from "../../../core/api/contract.js";
import {
  donePart,
  moduleLooks,
  percentText,
  reintegrationDetail,
  reintegrationSentence,
} from "../../../core/describe/words/words.js";
import { useModule, useStatus } from "../../live/live.js";
import { LookLabel } from "../../parts/LookLabel.js";
import { ProcedureProgress } from "../../parts/procedure/ProcedureProgress.js";
import { paths } from "../../paths.js";

export function UnderWay(): ReactNode {
  const procedures = useStatus()?.procedures.filter(({ kind }) => kind === "protect") ?? [];
  if (procedures.length === 0) return null;
  return (
    <section className="gm-under-way" aria-label="Being protected">
      {procedures.map((procedure) => (
        <OneUnderWay key={procedure.id} procedure={procedure} />
      ))}
    </section>
  );
}

function OneUnderWay({ procedure }: { readonly procedure: ProcedureStatus }): ReactNode {
  const { subject, node, state } = procedure;
  const module = useModule(subject);
  return (
    <Card component="article" isCompact>
      <CardHeader>
        <CardTitle component="h2">
          {module?.vm ?? subject} <span className="gm-quiet">on {node}</span>{" "}
          {state === "done" && module !== undefined && <LookLabel look={moduleLooks[module.colour]} />}
        </CardTitle>
      </CardHeader>
      <CardBody>
        {state !== "done" && <ProcedureProgress procedure={procedure} />}
        {state === "done" && module !== undefined && <FirstCopy module={module} />}
        {module !== undefined && (
          <Link className="gm-link" to={paths.module(module.id)}>
            Open {module.vm}
          </Link>
        )}
      </CardBody>
    </Card>
  );
}

function FirstCopy({ module }: { readonly module: ModuleStatus }): ReactNode {
  const { reintegration: copy, sentence } = module;
  if (copy === null) return <p role="status">{sentence}</p>;
  const part = donePart(copy);
  return (
    <>
      <p role="status">{reintegrationSentence(copy)}</p>
      <Progress
        aria-label={`First copy of ${module.vm}`}
        value={Math.min(part < 1 ? 99 : 100, Math.round(part * 100))}
        label={percentText(part)}
        size="sm"
      />
      <p className="gm-quiet">{reintegrationDetail(copy)}</p>
    </>
  );
}

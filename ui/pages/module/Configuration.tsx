// SPDX-License-Identifier: Apache-2.0
// How the module is configured, and what keeps it honest: settings as a form, userconfig.xml for who knows
// it, the comparison of both copies, and the end of protection.

import { Card, CardBody, CardHeader, CardTitle, ExpandableSection } from "@patternfly/react-core";
import { useState, type ReactNode } from "react";
import type { ModuleStatus } from "../../../core/api/contract.js";
import { useAnswer } from "../../asking.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { PageWaiting } from "../../parts/Page.js";
import { usePermission } from "../../session.js";
import { SettingsForm } from "./SettingsForm.js";
import { UnprotectCard } from "./UnprotectCard.js";
import { UserconfigEditor } from "./UserconfigEditor.js";
import { VerifyCard } from "./VerifyCard.js";

export function Configuration({ module }: { readonly module: ModuleStatus }): ReactNode {
  const { data, error } = useAnswer("GET /modules/:module", [{ module: module.id }]);
  const may = usePermission("admin");
  const [isOpen, setOpen] = useState(false);
  const [isSaved, setSaved] = useState(false);
  return (
    <>
      <VerifyCard module={module} />
      <Card component="section">
        <CardHeader>
          <CardTitle component="h2">Configuration</CardTitle>
        </CardHeader>
        <CardBody>
          {error !== null && <FailureAlert failure={error} what="The settings cannot be read" />}
          {data === undefined && error === null && <PageWaiting />}
          {data !== undefined && (
            <>
              {!may.allowed && <p className="gm-quiet">{may.why}</p>}
              {/* A module that was changed elsewhere is a new form: nothing old is written back. */}
              <SettingsForm
                key={data.xml}
                view={data}
                mayChange={may.allowed}
                isSaved={isSaved}
                onSaved={setSaved}
              />
              <ExpandableSection
                toggleText="userconfig.xml, for who knows it"
                isExpanded={isOpen}
                onToggle={(_event, open) => {
                  setOpen(open);
                }}
              >
                {isOpen && <UserconfigEditor key={data.xml} view={data} mayChange={may.allowed} />}
              </ExpandableSection>
            </>
          )}
        </CardBody>
      </Card>
      <UnprotectCard module={module} />
    </>
  );
}

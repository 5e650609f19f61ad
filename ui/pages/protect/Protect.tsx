// SPDX-License-Identifier: Apache-2.0
// All VMs of both hosts, which of them are protected, and how the others become so: one or several at once,
// judged first and in plain words, then step by step until the first copy is whole.

import "./protect.css";
import { Button, Card, CardBody, EmptyState, EmptyStateBody } from "@patternfly/react-core";
import { useState, type ReactNode } from "react";
import type { VmView } from "../../../core/api/contract.js";
import { useAnswer } from "../../asking.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { Page, PageWaiting } from "../../parts/Page.js";
import { WordIcon } from "../../parts/WordIcon.js";
import { usePermission } from "../../session.js";
import { ProtectDialog } from "./ProtectDialog.js";
import { UnderWay } from "./UnderWay.js";
import { vmKeyOf, VmTable } from "./VmTable.js";

/** VMs come and go without Gemel: the list is asked for again while it is looked at. */
const everyMs = 10_000;

export default function Protect(): ReactNode {
  const { data, error } = useAnswer("GET /vms", [], { everyMs });
  const may = usePermission("admin");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [asked, setAsked] = useState<readonly VmView[] | null>(null);
  const open = (data ?? []).filter((vm) => vm.module === undefined && chosen.includes(vmKeyOf(vm)));
  return (
    <Page
      title="Protect"
      lead="Every write of a protected VM is on both hosts before the guest hears that it is done."
      actions={
        <Button
          icon={<WordIcon name="ShieldAltIcon" />}
          isDisabled={open.length === 0 || !may.allowed}
          onClick={() => {
            setAsked(open);
          }}
        >
          {open.length > 1 ? `Protect ${open.length} VMs` : "Protect the chosen VM"}
        </Button>
      }
    >
      <div className="gm-protect">
        <UnderWay />
        {!may.allowed && <p className="gm-quiet">{may.why}</p>}
        {error !== null && <FailureAlert failure={error} what="The hosts' VMs cannot be listed now" />}
        {data === undefined && error === null && <PageWaiting />}
        {data !== undefined && (
          <Card component="section" aria-label="VMs of both hosts">
            <CardBody>
              {data.length === 0 ? (
                <NoVms />
              ) : (
                <VmTable
                  vms={data}
                  chosen={chosen}
                  mayProtect={may.allowed}
                  onChoose={setChosen}
                  onProtect={(vm) => {
                    setAsked([vm]);
                  }}
                />
              )}
            </CardBody>
          </Card>
        )}
      </div>
      {asked !== null && (
        <ProtectDialog
          vms={asked}
          onClose={() => {
            setAsked(null);
            setChosen([]);
          }}
        />
      )}
    </Page>
  );
}

function NoVms(): ReactNode {
  return (
    <EmptyState titleText="The hypervisors have no VM" headingLevel="h2">
      <EmptyStateBody>
        Make one with your usual tool, on one of the hosts. It appears here by itself.
      </EmptyStateBody>
    </EmptyState>
  );
}

// SPDX-License-Identifier: Apache-2.0
// The end of protection: the VM stays on the host where it runs, the other copy goes. Confirmed by typing the
// module's name; the procedure's steps are shown as they go.

import {
  Alert,
  Button,
  Card,
  CardBody,
  CardFooter,
  CardHeader,
  CardTitle,
  Checkbox,
} from "@patternfly/react-core";
import { useState, type ReactNode } from "react";
import type { ModuleStatus } from "../../../core/api/contract.js";
import { verbWords } from "../../../core/describe/words/words.js";
import { useChange } from "../../asking.js";
import { useStatus } from "../../live/live.js";
import { AskDialog } from "../../parts/AskDialog.js";
import { TypeName } from "../../parts/ConfirmAction.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { ProcedureProgress } from "../../parts/procedure/ProcedureProgress.js";
import { usePermission } from "../../session.js";

const words = verbWords.unprotect;

export function UnprotectCard({ module }: { readonly module: ModuleStatus }): ReactNode {
  const may = usePermission(words.role);
  const [isAsked, setAsked] = useState(false);
  const procedure = useStatus()?.procedures.find(
    ({ kind, subject }) => kind === "unprotect" && subject === module.id,
  );
  return (
    <Card component="section">
      <CardHeader>
        <CardTitle component="h2">{words.label}</CardTitle>
      </CardHeader>
      <CardBody>
        <p>{words.sentence}</p>
        {procedure !== undefined && <ProcedureProgress procedure={procedure} />}
      </CardBody>
      <CardFooter className="gm-verify-foot">
        <Button
          variant="secondary"
          isDanger
          isAriaDisabled={!may.allowed || procedure?.state === "running"}
          onClick={() => {
            if (may.allowed && procedure?.state !== "running") setAsked(true);
          }}
        >
          {words.label} …
        </Button>
        {!may.allowed && <span className="gm-quiet">{may.why}</span>}
      </CardFooter>
      {isAsked && (
        <UnprotectDialog
          module={module}
          onClose={() => {
            setAsked(false);
          }}
        />
      )}
    </Card>
  );
}

interface DialogProps {
  readonly module: ModuleStatus;
  readonly onClose: () => void;
}

function UnprotectDialog({ module, onClose }: DialogProps): ReactNode {
  const { id, vm, active } = module;
  const [typed, setTyped] = useState("");
  const [stop, setStop] = useState(active !== null);
  const change = useChange("POST /modules/:module/unprotect", ["GET /status", "GET /vms"]);
  const send = (): void => {
    change.mutate([{ module: id }, { stop }], { onSuccess: onClose });
  };
  return (
    <AskDialog
      title={`${words.label}: ${vm}`}
      submit={words.label}
      isDanger
      isReady={typed.trim() === id}
      isPending={change.isPending}
      onSubmit={send}
      onClose={onClose}
    >
      <p>
        {active === null
          ? "The VM's files go back to where they came from; afterwards it is on one host only."
          : `The VM's files go back to where they came from, on ${active}; afterwards it is there only.`}
      </p>
      <Alert
        isInline
        isPlain
        component="p"
        variant="warning"
        title="When that host dies, the VM is gone until it is back."
      />
      {active !== null && (
        <Checkbox
          id="unprotect-stop"
          label="Shut the guest down for it; it starts again afterwards"
          description="Without that it is refused: the files cannot move under a running guest."
          isChecked={stop}
          onChange={(_event, checked) => {
            setStop(checked);
          }}
        />
      )}
      <TypeName module={id} typed={typed} onType={setTyped} />
      {change.error !== null && <FailureAlert failure={change.error} what="Nothing was changed" />}
    </AskDialog>
  );
}

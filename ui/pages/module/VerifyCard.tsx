// SPDX-License-Identifier: Apache-2.0
// Whether both copies are really the same: the last comparison, and the start of another one.

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
import { bytesText, timeText, verbWords } from "../../../core/describe/words/words.js";
import { useChange } from "../../asking.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { barOf } from "../../parts/MayButton.js";
import { WordIcon } from "../../parts/WordIcon.js";
import { usePermission } from "../../session.js";

export function VerifyCard({ module }: { readonly module: ModuleStatus }): ReactNode {
  const may = usePermission(verbWords.verify.role);
  const [repair, setRepair] = useState(false);
  const change = useChange("POST /modules/:module/verify", ["GET /status"]);
  const isGoing = module.reintegration?.kind === "verify";
  /** The result that stood here when it was started: another one is the answer. */
  const [before, setBefore] = useState<string | undefined>();
  const isAwaited = change.isSuccess && !isGoing && module.lastVerify?.at === before;
  const why = whyNot(module, barOf(may), isGoing);
  return (
    <Card component="section">
      <CardHeader>
        <CardTitle component="h2">Are both copies the same?</CardTitle>
      </CardHeader>
      <CardBody>
        <LastVerify module={module} />
        {change.error !== null && <FailureAlert failure={change.error} what="It was not started" />}
        {isAwaited && (
          <Alert
            isInline
            isPlain
            component="p"
            variant="info"
            role="status"
            title="Started. The result will stand here."
          />
        )}
        <p className="gm-quiet">{verbWords.verify.sentence}</p>
        <Checkbox
          id="verify-repair"
          label="Repair what differs: the copy of the node where the VM runs counts"
          isChecked={repair}
          isDisabled={why !== null}
          onChange={(_event, checked) => {
            setRepair(checked);
          }}
        />
      </CardBody>
      <CardFooter className="gm-verify-foot">
        <Button
          variant="secondary"
          icon={<WordIcon name={verbWords.verify.icon} />}
          isAriaDisabled={why !== null}
          isLoading={change.isPending}
          onClick={() => {
            if (why !== null) return;
            setBefore(module.lastVerify?.at);
            change.mutate([{ module: module.id }, { repair }]);
          }}
        >
          Compare both copies
        </Button>
        {why !== null && <span className="gm-quiet">{why}</span>}
      </CardFooter>
    </Card>
  );
}

function whyNot(module: ModuleStatus, barred: string | null, isGoing: boolean): string | null {
  if (barred !== null) return barred;
  if (isGoing) return "A comparison is going on.";
  return module.protected ? null : "Both copies must be up to date for that.";
}

function LastVerify({ module }: { readonly module: ModuleStatus }): ReactNode {
  const { lastVerify } = module;
  if (lastVerify === undefined) return <p>They have not been compared since this daemon started.</p>;
  const { at, differingBytes, repairedBytes } = lastVerify;
  const isGood = differingBytes === 0;
  const repaired = repairedBytes > 0 ? `, ${bytesText(repairedBytes)} repaired` : "";
  const found = isGood ? "no difference" : `${bytesText(differingBytes)} differed${repaired}`;
  return (
    <Alert
      isInline
      isPlain
      component="p"
      variant={isGood ? "success" : "warning"}
      title={`Last compared ${timeText(at)}: ${found}.`}
    />
  );
}

// SPDX-License-Identifier: Apache-2.0
// The last step before one history goes on: what will happen, in the API's words, and the module's name
// typed.

import { Button, Card, CardBody, CardFooter, CardHeader, CardTitle, Form } from "@patternfly/react-core";
import { useState, type ReactNode } from "react";
import type { CommandRequest, ModuleStatus } from "../../../core/api/contract.js";
import { useChange } from "../../asking.js";
import { TypeName } from "../../parts/ConfirmAction.js";
import type { AskedAction } from "../../parts/Preview.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { PreviewOf, useAllowed } from "../../parts/Preview.js";

interface ConfirmationProps {
  readonly module: ModuleStatus;
  readonly verb: "resolve" | "prim";
  /** The node whose copy goes on. */
  readonly kept: string;
  readonly onGiven: () => void;
}

export function Confirmation({ module, verb, kept, onGiven }: ConfirmationProps): ReactNode {
  const { id, vm } = module;
  const whose = verb === "resolve" ? { keep: kept } : { node: kept };
  const asked: AskedAction = { module: id, vm, verb, ...whose };
  const { allowed, known } = useAllowed([asked]);
  const [typed, setTyped] = useState("");
  const change = useChange("POST /modules/:module/commands", ["GET /status", "GET /modules/:module/copies"]);
  const send = (): void => {
    const body: CommandRequest = { verb, ...whose };
    // The VM may run before the answer is here: then nothing is to be decided any more, this part of the page
    // is gone, and a callback of mutate would not be called. A refusal stands in change.error.
    void change.mutateAsync([{ module: id }, body]).then(onGiven, () => undefined);
  };
  const isReady = known && allowed && typed.trim() === id && !change.isPending;
  return (
    <Card component="section" className="gm-confirmation">
      <CardHeader>
        <CardTitle component="h2">{kept} goes on: what will happen</CardTitle>
      </CardHeader>
      <CardBody>
        <PreviewOf asked={asked} named={false} />
        {known && allowed && (
          <Form
            id="confirmation"
            onSubmit={(event) => {
              event.preventDefault();
              if (isReady) send();
            }}
          >
            <TypeName module={id} typed={typed} onType={setTyped} />
          </Form>
        )}
        {change.error !== null && <FailureAlert failure={change.error} what="Nothing was changed" />}
      </CardBody>
      <CardFooter>
        <Button
          type="submit"
          form="confirmation"
          variant="danger"
          isLoading={change.isPending}
          isDisabled={!isReady}
        >
          Go on with the copy of {kept}
        </Button>
      </CardFooter>
    </Card>
  );
}

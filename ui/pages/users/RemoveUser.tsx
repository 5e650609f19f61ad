// SPDX-License-Identifier: Apache-2.0
// Removing a user, asked once more: open sessions end with it. The audit keeps the name.

import { Button, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { UserView } from "../../../core/api/contract.js";
import { roleWords } from "../../../core/api/words.js";
import { useChange } from "../../asking.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { dialogId, usersPath } from "./paths.js";

interface RemoveUserProps {
  readonly user: UserView;
  readonly onDone: () => void;
}

export function RemoveUser({ user: { name, role }, onDone }: RemoveUserProps): ReactNode {
  const change = useChange([usersPath]);
  const send = (): void => {
    const path = `${usersPath}/${encodeURIComponent(name)}`;
    change.mutate({ method: "DELETE", path }, { onSuccess: onDone });
  };
  return (
    <>
      <ModalHeader labelId={dialogId} title={`Remove ${name}?`} titleIconVariant="warning" />
      <ModalBody>
        <p>
          {name} ({roleWords[role].label}) can no longer log in, and open sessions end. What {name} did stays
          in the audit.
        </p>
        {change.error !== null && <FailureAlert failure={change.error} what={`${name} was not removed`} />}
      </ModalBody>
      <ModalFooter>
        <Button variant="danger" isLoading={change.isPending} isDisabled={change.isPending} onClick={send}>
          Remove
        </Button>
        <Button variant="link" onClick={onDone}>
          Cancel
        </Button>
      </ModalFooter>
    </>
  );
}

// SPDX-License-Identifier: Apache-2.0
// A new password for somebody who has forgotten theirs; the sessions that they have open end with it.

import { Button, Form, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useState, type ReactNode } from "react";
import type { UserView } from "../../../core/api/contract.js";
import { useChange } from "../../asking.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { Field, leftOver } from "../../parts/form/Field.js";
import { dialogId, passwordHelp, usersPath } from "./paths.js";

interface NewPasswordProps {
  readonly user: string;
  readonly onDone: () => void;
}

export function NewPassword({ user, onDone }: NewPasswordProps): ReactNode {
  const [password, setPassword] = useState("");
  const change = useChange<UserView>([usersPath]);
  const rest = leftOver(change.error, ["password"]);
  const send = (): void => {
    const path = `${usersPath}/${encodeURIComponent(user)}`;
    change.mutate({ method: "PATCH", path, body: { password } }, { onSuccess: onDone });
  };
  return (
    <>
      <ModalHeader
        labelId={dialogId}
        title={`New password for ${user}`}
        description="Sessions that are open under the old one end."
      />
      <ModalBody>
        <Form
          id="new-password"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <Field
            id="new-password-text"
            name="password"
            label="New password"
            isRequired
            type="password"
            autoComplete="new-password"
            value={password}
            onChange={setPassword}
            failure={change.error}
            help={passwordHelp}
          />
          {rest !== null && <FailureAlert failure={rest} what="The password was not changed" />}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="new-password" isLoading={change.isPending} isDisabled={change.isPending}>
          Set the password
        </Button>
        <Button variant="link" onClick={onDone}>
          Cancel
        </Button>
      </ModalFooter>
    </>
  );
}

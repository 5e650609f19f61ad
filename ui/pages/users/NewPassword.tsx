// SPDX-License-Identifier: Apache-2.0
// A new password for somebody who has forgotten theirs; the sessions that they have open end with it.

import { useState, type ReactNode } from "react";
import { useChange } from "../../asking.js";
import { AskDialog } from "../../parts/AskDialog.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { Field, leftOver } from "../../parts/form/Field.js";
import { passwordHelp } from "./paths.js";

interface NewPasswordProps {
  readonly user: string;
  readonly onDone: () => void;
}

export function NewPassword({ user, onDone }: NewPasswordProps): ReactNode {
  const [password, setPassword] = useState("");
  const { mutate, error, isPending } = useChange("PATCH /users/:user", ["GET /users"]);
  const rest = leftOver(error, ["password"]);
  return (
    <AskDialog
      title={`New password for ${user}`}
      description="Sessions that are open under the old one end."
      submit="Set the password"
      isPending={isPending}
      onSubmit={() => {
        mutate([{ user }, { password }], { onSuccess: onDone });
      }}
      onClose={onDone}
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
        failure={error}
        help={passwordHelp}
      />
      {rest !== null && <FailureAlert failure={rest} what="The password was not changed" />}
    </AskDialog>
  );
}

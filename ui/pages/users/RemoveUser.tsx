// SPDX-License-Identifier: Apache-2.0
// Removing a user, asked once more: open sessions end with it. The audit keeps the name.

import type { ReactNode } from "react";
import type { UserView } from "../../../core/api/contract.js";
import { roleWords } from "../../../core/describe/words/words.js";
import { useChange } from "../../asking.js";
import { AskDialog } from "../../parts/AskDialog.js";
import { FailureAlert } from "../../parts/FailureAlert.js";

interface RemoveUserProps {
  readonly user: UserView;
  readonly onDone: () => void;
}

export function RemoveUser({ user: { name, role }, onDone }: RemoveUserProps): ReactNode {
  const { mutate, error, isPending } = useChange("DELETE /users/:user", ["GET /users"]);
  return (
    <AskDialog
      title={`Remove ${name}?`}
      submit="Remove"
      isDanger
      isPending={isPending}
      onSubmit={() => {
        mutate([{ user: name }], { onSuccess: onDone });
      }}
      onClose={onDone}
    >
      <p>
        {name} ({roleWords[role].label}) can no longer log in, and open sessions end. What {name} did stays in
        the audit.
      </p>
      {error !== null && <FailureAlert failure={error} what={`${name} was not removed`} />}
    </AskDialog>
  );
}

// SPDX-License-Identifier: Apache-2.0
// A new user: name, role, first password. Judged by the API; what it refuses stands beside the field.

import { FormGroup, Radio } from "@patternfly/react-core";
import { useState, type ReactNode } from "react";
import type { Role, UserRequest } from "../../../core/api/contract.js";
import { roleWords } from "../../../core/describe/words/words.js";
import { useChange } from "../../asking.js";
import { AskDialog } from "../../parts/AskDialog.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { Field, leftOver } from "../../parts/form/Field.js";
import { passwordHelp } from "./paths.js";

const roles: readonly Role[] = ["monitor", "control", "admin"];

export function AddUser({ onDone }: { readonly onDone: () => void }): ReactNode {
  const [request, setRequest] = useState<UserRequest>({ name: "", role: "monitor", password: "" });
  const { mutate, error, isPending } = useChange("POST /users", ["GET /users"]);
  const rest = leftOver(error, ["name", "role", "password"]);
  return (
    <AskDialog
      title="Add a user"
      submit="Add"
      isPending={isPending}
      onSubmit={() => {
        mutate([{}, request], { onSuccess: onDone });
      }}
      onClose={onDone}
    >
      <Field
        id="add-user-name"
        name="name"
        label="Name"
        isRequired
        value={request.name}
        onChange={(name) => {
          setRequest({ ...request, name });
        }}
        failure={error}
        help="As it stands in the audit: small letters, digits, dot, - and _."
      />
      <RoleChoice
        chosen={request.role}
        choose={(role) => {
          setRequest({ ...request, role });
        }}
      />
      <Field
        id="add-user-password"
        name="password"
        label="First password"
        isRequired
        type="password"
        autoComplete="new-password"
        value={request.password}
        onChange={(password) => {
          setRequest({ ...request, password });
        }}
        failure={error}
        help={passwordHelp}
      />
      {rest !== null && <FailureAlert failure={rest} what="The user was not added" />}
    </AskDialog>
  );
}

interface RoleChoiceProps {
  readonly chosen: Role;
  readonly choose: (role: Role) => void;
}

function RoleChoice({ chosen, choose }: RoleChoiceProps): ReactNode {
  return (
    <FormGroup role="radiogroup" label="Role" fieldId="add-user-role">
      {roles.map((role) => (
        <Radio
          key={role}
          id={`add-user-${role}`}
          name="role"
          label={roleWords[role].label}
          description={roleWords[role].sentence}
          isChecked={chosen === role}
          onChange={() => {
            choose(role);
          }}
        />
      ))}
    </FormGroup>
  );
}

// SPDX-License-Identifier: Apache-2.0
// The users as a table; the role is changed in its place, and a refusal stands in the same line.

import { Button, FormSelect, FormSelectOption, Label } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import type { ReactNode } from "react";
import type { Role, UserView } from "../../../core/api/contract.js";
import { roleWords, timeText } from "../../../core/describe/words/words.js";
import { useChange } from "../../asking.js";

interface UserTableProps {
  readonly users: readonly UserView[];
  readonly self: string;
  readonly onPassword: (user: UserView) => void;
  readonly onRemove: (user: UserView) => void;
}

export function UserTable({ users, self, onPassword, onRemove }: UserTableProps): ReactNode {
  return (
    <Table aria-label="Users" variant="compact">
      <Thead>
        <Tr>
          <Th>Name</Th>
          <Th>Role</Th>
          <Th>Last changed</Th>
          <Th screenReaderText="Actions" />
        </Tr>
      </Thead>
      <Tbody>
        {users.map((user) => (
          <Tr key={user.name}>
            <Td dataLabel="Name">
              <strong>{user.name}</strong>{" "}
              {user.name === self && (
                <Label isCompact color="blue">
                  you
                </Label>
              )}
            </Td>
            <Td dataLabel="Role">
              <RoleChoice user={user} />
            </Td>
            <Td dataLabel="Last changed">
              {timeText(user.changedAt)} <span className="gm-quiet">by {user.changedBy}</span>
            </Td>
            <Td dataLabel="Actions" modifier="fitContent">
              <div className="gm-user-actions">
                <Button
                  size="sm"
                  variant="secondary"
                  aria-label={`New password for ${user.name}`}
                  onClick={() => {
                    onPassword(user);
                  }}
                >
                  New password
                </Button>
                <Button
                  size="sm"
                  variant="link"
                  isDanger
                  aria-label={`Remove ${user.name}`}
                  onClick={() => {
                    onRemove(user);
                  }}
                >
                  Remove
                </Button>
              </div>
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

const roles: readonly Role[] = ["monitor", "control", "admin"];

function RoleChoice({ user }: { readonly user: UserView }): ReactNode {
  const change = useChange("PATCH /users/:user", ["GET /users", "GET /session"]);
  const choose = (value: string): void => {
    const role = roles.find((one) => one === value);
    if (role === undefined) return;
    change.mutate([{ user: user.name }, { role }]);
  };
  return (
    <>
      <FormSelect
        className="gm-role"
        aria-label={`Role of ${user.name}`}
        value={user.role}
        isDisabled={change.isPending}
        validated={change.error === null ? "default" : "error"}
        onChange={(_event, value) => {
          choose(value);
        }}
      >
        {roles.map((role) => (
          <FormSelectOption key={role} value={role} label={roleWords[role].label} />
        ))}
      </FormSelect>
      <div className="gm-quiet">{roleWords[user.role].sentence}</div>
      {change.error !== null && (
        <p role="alert" className="gm-user-refused">
          {change.error.message} {change.error.next}
        </p>
      )}
    </>
  );
}

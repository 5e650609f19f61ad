// SPDX-License-Identifier: Apache-2.0
// Who may come in, and as what. For administrators only; the API enforces it, this page says so.

import { Alert, Button, Skeleton } from "@patternfly/react-core";
import { useState, type ReactNode } from "react";
import type { UserView } from "../../../core/api/contract.js";
import { useAnswer } from "../../asking.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { Page } from "../../parts/Page.js";
import { usePermission, useSession } from "../../session.js";
import { AddUser } from "./AddUser.js";
import { NewPassword } from "./NewPassword.js";
import { RemoveUser } from "./RemoveUser.js";
import "./users.css";
import { UserTable } from "./UserTable.js";

type Doing =
  { readonly what: "adding" } | { readonly what: "password" | "removing"; readonly user: UserView };

export default function Users(): ReactNode {
  const may = usePermission("admin");
  if (may.allowed) return <UsersOfAdmin />;
  return (
    <Page title="Users">
      <Alert isInline variant="info" title="Users are managed by administrators" component="h2">
        {may.why}
      </Alert>
    </Page>
  );
}

function UsersOfAdmin(): ReactNode {
  const { user: self } = useSession();
  const { data, error } = useAnswer("GET /users", []);
  const [doing, setDoing] = useState<Doing | null>(null);
  const shut = (): void => {
    setDoing(null);
  };
  return (
    <Page
      title="Users"
      lead="The same on every host. A change counts at once, in sessions that are open, too."
      actions={
        <Button
          onClick={() => {
            setDoing({ what: "adding" });
          }}
        >
          Add a user
        </Button>
      }
    >
      {error !== null && <FailureAlert failure={error} what="The users cannot be shown" />}
      {data === undefined && error === null && <Skeleton screenreaderText="The users are being asked for" />}
      {data !== undefined && (
        <UserTable
          users={data}
          self={self}
          onPassword={(user) => {
            setDoing({ what: "password", user });
          }}
          onRemove={(user) => {
            setDoing({ what: "removing", user });
          }}
        />
      )}
      {doing !== null && <Dialog doing={doing} onDone={shut} />}
    </Page>
  );
}

function Dialog({ doing, onDone }: { readonly doing: Doing; readonly onDone: () => void }): ReactNode {
  switch (doing.what) {
    case "adding":
      return <AddUser onDone={onDone} />;
    case "password":
      return <NewPassword user={doing.user.name} onDone={onDone} />;
    case "removing":
      return <RemoveUser user={doing.user} onDone={onDone} />;
  }
}

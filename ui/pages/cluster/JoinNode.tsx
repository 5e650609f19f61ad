// SPDX-License-Identifier: Apache-2.0
// A further host joins with a one-time token: what to type there, ready to copy. A cluster has two nodes in
// this version; with two it is for a host that is set up anew under its old name.

import { Card, CardBody, CardTitle, List, ListItem } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { useChange } from "../../asking.js";
import { CommandLine } from "../../parts/CommandLine.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { barOf, MayButton } from "../../parts/MayButton.js";
import { usePermission } from "../../session.js";

export function JoinNode(): ReactNode {
  const may = usePermission("admin");
  const change = useChange("POST /cluster/tokens");
  const token = change.data?.token;
  return (
    <Card component="section">
      <CardTitle component="h2">Join a host</CardTitle>
      <CardBody>
        <p>
          The second host joins with a token. It is good once and for an hour; a new one makes the last one
          void.
        </p>
        {token === undefined ? (
          <MayButton
            className="gm-spaced"
            variant="secondary"
            why={barOf(may)}
            isPending={change.isPending}
            onClick={() => {
              change.mutate([]);
            }}
          >
            Make a token
          </MayButton>
        ) : (
          <>
            <List component="ol" className="gm-spaced">
              <ListItem>Install Gemel on the other host.</ListItem>
              <ListItem>Type there, as root:</ListItem>
            </List>
            <CommandLine label="Join this cluster" command={`gemel cluster join ${token}`} />
          </>
        )}
        {change.error !== null && <FailureAlert failure={change.error} what="No token was made" />}
      </CardBody>
    </Card>
  );
}

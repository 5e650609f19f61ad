// SPDX-License-Identifier: Apache-2.0
// The first hour: both hosts are there and nothing is protected. Says what to do first, and nothing else.

import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
} from "@patternfly/react-core";
import ShieldAltIcon from "@patternfly/react-icons/dist/esm/icons/shield-alt-icon";
import type { ReactNode } from "react";
import { useNavigate } from "react-router";
import { paths } from "../../paths.js";
import { usePermission } from "../../session.js";

export function NothingYet(): ReactNode {
  const navigate = useNavigate();
  const may = usePermission("admin");
  return (
    <EmptyState
      icon={ShieldAltIcon}
      titleText="No VM is protected yet"
      headingLevel="h2"
      className="gm-nothing"
    >
      <EmptyStateBody>
        Choose a VM of either host. Its disks are mirrored to the other one while it runs, and from then on it
        survives the loss of its host.
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button isDisabled={!may.allowed} onClick={() => void navigate(paths.protect)}>
            Protect the first VM
          </Button>
        </EmptyStateActions>
        {may.allowed ? null : <p className="gm-quiet">{may.why}</p>}
      </EmptyStateFooter>
    </EmptyState>
  );
}

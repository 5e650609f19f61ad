// SPDX-License-Identifier: Apache-2.0
// An address that leads nowhere: an old bookmark, a module that is gone.

import { EmptyState, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { Page } from "../../parts/Page.js";
import { paths } from "../../paths.js";

export default function NotFound(): ReactNode {
  return (
    <Page title="Nothing is here">
      <EmptyState titleText="This address leads nowhere" headingLevel="h2">
        <EmptyStateBody>The module may have been taken out of protection, or the link is old.</EmptyStateBody>
        <EmptyStateFooter>
          <Link to={paths.overview}>To the overview</Link>
        </EmptyStateFooter>
      </EmptyState>
    </Page>
  );
}

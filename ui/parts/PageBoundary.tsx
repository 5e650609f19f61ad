// SPDX-License-Identifier: Apache-2.0
// A page that breaks takes nothing else with it: banners, navigation and stream stay. The likeliest cause is
// an upgrade of the node, whose new console has no room for the old one's chunks (page-part.ts): loading
// again mends it. A second one stands around everything, for what no page is: an empty window tells nobody
// anything.

import { Button } from "@patternfly/react-core";
import { Component, type ReactNode } from "react";
import { failureOf } from "../api.js";
import { FailureAlert } from "./FailureAlert.js";
import { Page } from "./Page.js";

interface BoundaryProps {
  /** Nothing stands around it. */
  readonly isAll?: boolean;
  readonly children: ReactNode;
}

interface BoundaryState {
  readonly thrown: { readonly what: unknown } | null;
}

export class PageBoundary extends Component<BoundaryProps, BoundaryState> {
  override readonly state: BoundaryState = { thrown: null };

  static getDerivedStateFromError(what: unknown): BoundaryState {
    return { thrown: { what } };
  }

  override render(): ReactNode {
    const { thrown } = this.state;
    if (thrown === null) return this.props.children;
    const page = (
      <Page title="This page broke">
        <FailureAlert failure={failureOf(thrown.what)} />
        <p>
          <Button onClick={() => location.reload()}>Load it again</Button>
        </p>
      </Page>
    );
    return this.props.isAll === true ? <main>{page}</main> : page;
  }
}

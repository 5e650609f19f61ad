// SPDX-License-Identifier: Apache-2.0
// The frame of every page: its heading, what can be done with the whole page, and the document's title.

import { Bullseye, PageSection, Spinner, Title } from "@patternfly/react-core";
import { useEffect, type ReactNode } from "react";

export function Page({
  title,
  lead,
  actions,
  children,
}: {
  readonly title: string;
  /** One sentence below the heading. */
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  useEffect(() => {
    document.documentElement.dataset["page"] = title;
    dispatchEvent(new Event("gemel-page"));
  }, [title]);
  return (
    <>
      <PageSection hasBodyWrapper={false} className="gm-page-top">
        <div className="gm-page-head">
          <div className="gm-page-title">
            <Title headingLevel="h1" size="2xl">
              {title}
            </Title>
            {lead === undefined ? null : <p className="gm-quiet">{lead}</p>}
          </div>
          {actions === undefined ? null : <div className="gm-page-actions">{actions}</div>}
        </div>
      </PageSection>
      <PageSection hasBodyWrapper={false} isFilled className="gm-page-body">
        {children}
      </PageSection>
    </>
  );
}

export function PageWaiting(): ReactNode {
  return (
    <Bullseye>
      <Spinner aria-label="The page is loading" />
    </Bullseye>
  );
}

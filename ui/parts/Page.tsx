// SPDX-License-Identifier: Apache-2.0
// The frame of every page: its heading, what can be done with the whole page, and the document's title.
//
// Whoever goes from page to page by keyboard or ear stands at the new page's heading: the link that was
// pressed may be gone with the old page. The first page after loading is left as it is, so that the first Tab
// leads to the link past the masthead.

import { Bullseye, PageSection, Spinner, Title } from "@patternfly/react-core";
import { useEffect, useRef, type ReactNode } from "react";

let pathShown = location.pathname;

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
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (location.pathname === pathShown) return;
    pathShown = location.pathname;
    heading.current?.closest("main")?.scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    document.documentElement.dataset["page"] = title;
    dispatchEvent(new Event("gemel-page"));
  }, [title]);
  return (
    <>
      <PageSection hasBodyWrapper={false} className="gm-page-top">
        <div className="gm-page-head">
          <div className="gm-page-title">
            <Title ref={heading} headingLevel="h1" size="2xl" tabIndex={-1}>
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

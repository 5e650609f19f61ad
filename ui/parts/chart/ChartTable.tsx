// SPDX-License-Identifier: Apache-2.0
// A chart's figures as a table: made only when somebody opens it.

import { ExpandableSection } from "@patternfly/react-core";
import { useState, type ReactNode } from "react";
import { timeText } from "../../../core/describe/words/words.js";
import { tableOf, type Columns, type Line } from "./columns.js";

const rowsMax = 24;

interface ChartTableProps {
  readonly title: string;
  readonly columns: Columns;
  readonly lines: readonly Line[];
  readonly summary: string;
}

export function ChartTable({ title, columns, lines, summary }: ChartTableProps): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <ExpandableSection
      className="gm-chart-more"
      toggleText="In words and numbers"
      toggleAriaLabel={`${title} in words and numbers`}
      isExpanded={open}
      onToggle={(_event, isOpen) => {
        setOpen(isOpen);
      }}
    >
      {open && (
        <>
          <p>{summary}</p>
          <div className="gm-chart-table" tabIndex={0} role="region" aria-label={`${title}: table`}>
            <table className="gm-table">
              <thead>
                <tr>
                  <th scope="col">From</th>
                  {lines.map(({ label }) => (
                    <th key={label} scope="col">
                      {label}: highest (median)
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {tableOf(columns, rowsMax).map(({ at, highest, median }) => (
                  <tr key={at}>
                    <th scope="row">{timeText(at * 1000)}</th>
                    {lines.map(({ label, text }, index) => (
                      <td key={label}>
                        {text(highest[index] ?? null)} ({text(median[index] ?? null)})
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </ExpandableSection>
  );
}

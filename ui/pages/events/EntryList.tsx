// SPDX-License-Identifier: Apache-2.0
// The entries as lines that unfold: rule, evidence and outcome of each. Plain <details>, so that a thousand
// lines stay light and the keyboard works by itself.

import { Label } from "@patternfly/react-core";
import { memo, type ReactNode } from "react";
import { Link } from "react-router";
import type { HistoryEntry } from "../../../core/api/contract.js";
import { timeText } from "../../../core/describe/words/words.js";
import { paths } from "../../paths.js";
import { addressOf, noFilter, type View } from "./filter.js";
import { entryKeyOf } from "./merge.js";
import { happened, kindWords, personOf, wasRefused } from "../../parts/history-words.js";

export function EntryList({
  entries,
  view,
}: {
  readonly entries: readonly HistoryEntry[];
  readonly view: View;
}): ReactNode {
  return (
    <ol className="gm-entries" aria-label="Entries, newest first">
      {entries.map((entry) => (
        <li key={entryKeyOf(entry)}>
          <Entry entry={entry} view={view} />
        </li>
      ))}
    </ol>
  );
}

const Entry = memo(function Entry({
  entry,
  view,
}: {
  readonly entry: HistoryEntry;
  readonly view: View;
}): ReactNode {
  return (
    <details className={`gm-entry ${wasRefused(entry.outcome) ? "gm-entry-refused" : ""}`}>
      <summary>
        <time dateTime={entry.at} className="gm-number">
          {timeText(entry.at)}
        </time>
        <span className="gm-entry-node">{entry.node}</span>
        {view === "audit" ? <AuditLine entry={entry} /> : <EventLine entry={entry} />}
      </summary>
      <Explanation entry={entry} view={view} />
    </details>
  );
});

function EventLine({ entry }: { readonly entry: HistoryEntry }): ReactNode {
  const { kind, module, outcome } = entry;
  const { label, colour } = kindWords[kind];
  return (
    <>
      <span className="gm-entry-kind">
        <Label isCompact variant="outline" color={colour}>
          {label}
        </Label>
      </span>
      <span className="gm-entry-words">
        {module !== null && <strong>{module} </strong>}
        {happened(entry)}
        {outcome !== "" && <span className="gm-quiet"> → {outcome}</span>}
      </span>
    </>
  );
}

function AuditLine({ entry }: { readonly entry: HistoryEntry }): ReactNode {
  const { inputs, module, sentence, outcome } = entry;
  return (
    <>
      <span className="gm-entry-who">
        <strong>{personOf(entry)}</strong>
        <span className="gm-quiet"> from {String(inputs["from"] ?? "unknown")}</span>
      </span>
      <span className="gm-entry-words">
        {module !== null && <strong>{module} </strong>}
        {sentence}
        <span className="gm-quiet"> → {outcome}</span>
      </span>
    </>
  );
}

function Explanation({ entry, view }: { readonly entry: HistoryEntry; readonly view: View }): ReactNode {
  const { rule, inputs, outcome, module } = entry;
  return (
    <dl className="gm-explanation">
      {rule !== "" && (
        <>
          <dt>Rule</dt>
          <dd>{rule}</dd>
        </>
      )}
      {Object.entries(inputs).map(([name, value]) => (
        <Evidence key={name} name={name} value={String(value)} />
      ))}
      {outcome !== "" && (
        <>
          <dt>Outcome</dt>
          <dd>{outcome}</dd>
        </>
      )}
      {module !== null && (
        <>
          <dt>Module</dt>
          <dd>
            <Link to={paths.module(module)}>{module}</Link>
            {" · "}
            <Link to={`${paths.events}?${addressOf({ ...noFilter, view, module }).toString()}`}>
              All entries of {module}
            </Link>
          </dd>
        </>
      )}
    </dl>
  );
}

function Evidence({ name, value }: { readonly name: string; readonly value: string }): ReactNode {
  return (
    <>
      <dt>{name}</dt>
      <dd className="gm-mono">{value}</dd>
    </>
  );
}

// SPDX-License-Identifier: Apache-2.0
// What happened on both hosts and why, newest first; and, as a view of its own, who did what from where.

import { Button, Spinner, Switch, ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import { useDeferredValue, useMemo, useState, type KeyboardEvent, type ReactNode } from "react";
import { useSearchParams } from "react-router";
import { useStatus } from "../../live/live.js";
import { placeAfter } from "../../parts/arrows.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { Page } from "../../parts/Page.js";
import { EntryList } from "./EntryList.js";
import "./events.css";
import { ExportMenu } from "./ExportMenu.js";
import { addressOf, filterFrom, isFiltered, noFilter, type Filter } from "./filter.js";
import { FilterBar } from "./FilterBar.js";
import { useHistory } from "./use-history.js";

export default function Events(): ReactNode {
  const [address, setAddress] = useSearchParams();
  const filter = useMemo(() => filterFrom(address), [address]);
  const status = useStatus();
  const nodes = useMemo(() => status?.nodes.map(({ name }) => name) ?? [], [status]);
  const [live, setLive] = useState(true);
  const change = (next: Filter): void => {
    setAddress(addressOf(next), { replace: true });
  };
  const lead =
    filter.view === "audit"
      ? "Who did what from where, on every host."
      : "What happened on every host, and why. Open a line to see the rule and its evidence.";
  return (
    <Page
      title="Events"
      lead={lead}
      actions={
        <>
          <Switch
            id="events-live"
            label="Follow"
            isChecked={live}
            onChange={(_event, on) => {
              setLive(on);
            }}
          />
          <ExportMenu nodes={nodes} filter={filter} />
        </>
      }
    >
      <div className="gm-events" onKeyDown={walk}>
        <ToggleGroup aria-label="View">
          <ToggleGroupItem
            text="Everything"
            isSelected={filter.view === "all"}
            onChange={() => {
              change({ ...filter, view: "all" });
            }}
          />
          <ToggleGroupItem
            text="Who did what"
            isSelected={filter.view === "audit"}
            onChange={() => {
              change({ ...filter, view: "audit", kind: "" });
            }}
          />
        </ToggleGroup>
        <FilterBar filter={filter} nodes={nodes} modules={status?.modules} onChange={change} />
        <Results
          nodes={nodes}
          filter={filter}
          live={live}
          onClear={() => {
            change({ ...noFilter, view: filter.view });
          }}
        />
      </div>
    </Page>
  );
}

/** Arrows go from line to line; beyond the last one stands the button for older ones. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const { key, target, currentTarget } = event;
  const lines = [...currentTarget.querySelectorAll<HTMLElement>("ol summary")];
  const at = lines.findIndex((line) => line === target);
  const next = at < 0 ? undefined : lines[placeAfter(key, at, lines.length) ?? -1];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

interface ResultsProps {
  readonly nodes: readonly string[];
  readonly filter: Filter;
  readonly live: boolean;
  readonly onClear: () => void;
}

function Results({ nodes, filter, live, onClear }: ResultsProps): ReactNode {
  // Typing stays quick while the list follows.
  const settled = useDeferredValue(filter);
  const found = useHistory(nodes, settled, live);
  if (found.isAsking) return <Spinner aria-label="The history is being read" />;
  return (
    <>
      {found.silent.map(({ node, failure }) => (
        <FailureAlert key={node} failure={failure} what={`${node}'s part of the history is missing`} />
      ))}
      {found.entries.length === 0 ? (
        <p className="gm-events-none">
          Nothing was found.{" "}
          {isFiltered(filter) && (
            <Button variant="link" isInline onClick={onClear}>
              Clear the filter
            </Button>
          )}
        </p>
      ) : (
        <EntryList entries={found.entries} view={settled.view} />
      )}
      {found.hasOlder && (
        <Button
          variant="secondary"
          isLoading={found.isAskingOlder}
          isDisabled={found.isAskingOlder}
          onClick={found.older}
        >
          Older ones
        </Button>
      )}
    </>
  );
}

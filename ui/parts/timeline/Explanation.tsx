// SPDX-License-Identifier: Apache-2.0
// Why something happened: when, on which node, in words; the rule and what it says, the evidence that it was
// given, and what came of it (P9: every change can explain itself).

import { Button } from "@patternfly/react-core";
import AngleDownIcon from "@patternfly/react-icons/dist/esm/icons/angle-down-icon";
import AngleRightIcon from "@patternfly/react-icons/dist/esm/icons/angle-right-icon";
import { useId, useState, type ReactNode } from "react";
import type { HistoryEntry } from "../../../core/api/contract.js";
import { timeText } from "../../../core/describe/words/words.js";
import { happened } from "../history-words.js";
import { transitionOf, type Mark } from "./lanes.js";
import { ruleSentence } from "./rules.js";
import { stateWord } from "./Timeline.js";

interface ExplanationsProps {
  readonly marks: readonly Mark[];
  /** One alone is open at once. */
  readonly opened: boolean;
}

export function Explanations({ marks, opened }: ExplanationsProps): ReactNode {
  return (
    <ol className="gm-explanations">
      {marks.map(({ key, entry }) => (
        <Explanation key={key} entry={entry} opened={opened && marks.length === 1} />
      ))}
    </ol>
  );
}

interface ExplanationProps {
  readonly entry: HistoryEntry;
  readonly opened: boolean;
}

function Explanation({ entry, opened }: ExplanationProps): ReactNode {
  const [open, setOpen] = useState(opened);
  const id = useId();
  const { at, node, outcome } = entry;
  const Icon = open ? AngleDownIcon : AngleRightIcon;
  return (
    <li className="gm-explanation">
      <Button
        variant="plain"
        className="gm-explanation-head"
        aria-expanded={open}
        aria-controls={id}
        icon={<Icon />}
        onClick={() => {
          setOpen(!open);
        }}
      >
        <span className="gm-explanation-when">
          {timeText(at)} <strong>{node}</strong>
        </span>
        <span className="gm-explanation-what">{happened(entry)}</span>
        <span className="gm-explanation-outcome">{outcomeWords(entry) ?? outcome}</span>
      </Button>
      <div id={id} hidden={!open}>
        {open && <Reasons entry={entry} />}
      </div>
    </li>
  );
}

/** "Primary → Alone" instead of the record's own letters. */
function outcomeWords(entry: HistoryEntry): string | undefined {
  const change = transitionOf(entry);
  if (change === undefined) return undefined;
  const { before, after, work } = change;
  return before === after
    ? `${stateWord(after)}, ${work}`
    : `${stateWord(before)} → ${stateWord(after)}, ${work}`;
}

function Reasons({ entry }: { readonly entry: HistoryEntry }): ReactNode {
  const { rule, inputs, outcome, id, kind } = entry;
  const evidence = Object.entries(inputs);
  const words = ruleSentence(rule);
  return (
    <dl className="gm-reasons">
      {rule !== "" && (
        <div>
          <dt>Rule</dt>
          <dd>
            <strong>{rule}</strong>
            {words === undefined ? "" : `: ${words}`}
          </dd>
        </div>
      )}
      {outcome !== "" && (
        <div>
          <dt>Outcome</dt>
          <dd>{outcome}</dd>
        </div>
      )}
      {evidence.length > 0 && (
        <div>
          <dt>Evidence</dt>
          <dd className="gm-evidence">
            {evidence.map(([name, value]) => (
              <span key={name}>
                {name} <code>{String(value)}</code>
              </span>
            ))}
          </dd>
        </div>
      )}
      <div>
        <dt>Record</dt>
        <dd>
          {kind} {id}
        </dd>
      </div>
    </dl>
  );
}

// SPDX-License-Identifier: Apache-2.0
// All that meets the filter, as a file; not only what the list has loaded so far.

import {
  Dropdown,
  DropdownItem,
  DropdownList,
  MenuToggle,
  type MenuToggleElement,
} from "@patternfly/react-core";
import { useState, type ReactNode, type Ref } from "react";
import type { HistoryEntry } from "../../../core/api/contract.js";
import { csvHead, csvOf } from "../../../core/describe/words/csv.js";
import { failureOf, type ApiFailure } from "../../api.js";
import { useTransport } from "../../asking.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { saveFile } from "../../parts/save-file.js";
import type { Filter } from "./filter.js";
import { readAll } from "./use-history.js";

type Make = (entries: readonly HistoryEntry[]) => string;

/** As the API has it. */
const asJson: Make = (entries) => `${JSON.stringify(entries, null, 2)}\n`;
const asCsv: Make = (entries) => csvHead + csvOf(entries);

const forms = {
  CSV: { make: asCsv, name: "gemel-events.csv", type: "text/csv" },
  JSON: { make: asJson, name: "gemel-events.json", type: "application/json" },
} as const;

export function ExportMenu({
  nodes,
  filter,
}: {
  readonly nodes: readonly string[];
  readonly filter: Filter;
}): ReactNode {
  const transport = useTransport();
  const [isOpen, setOpen] = useState(false);
  const [isReading, setReading] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const save = async (form: keyof typeof forms): Promise<void> => {
    const { make, name, type } = forms[form];
    setReading(true);
    try {
      saveFile(name, type, make(await readAll(transport, nodes, filter)));
      setFailure(null);
    } catch (thrown) {
      setFailure(failureOf(thrown));
    }
    setReading(false);
  };
  return (
    <>
      <Dropdown
        isOpen={isOpen}
        onOpenChange={setOpen}
        shouldFocusToggleOnSelect
        onSelect={() => {
          setOpen(false);
        }}
        popperProps={{ position: "right" }}
        toggle={(toggle: Ref<MenuToggleElement>) => (
          <MenuToggle
            ref={toggle}
            isExpanded={isOpen}
            isDisabled={isReading}
            onClick={() => {
              setOpen(!isOpen);
            }}
          >
            Export
          </MenuToggle>
        )}
      >
        <DropdownList>
          {(["CSV", "JSON"] as const).map((form) => (
            <DropdownItem key={form} onClick={() => void save(form)}>
              As {form}
            </DropdownItem>
          ))}
        </DropdownList>
      </Dropdown>
      {failure !== null && <FailureAlert failure={failure} what="Nothing was exported" />}
    </>
  );
}

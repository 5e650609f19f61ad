// SPDX-License-Identifier: Apache-2.0
// What narrows the list down, each field with its name; changes count at once.

import { Button, FormSelect, FormSelectOption, SearchInput, TextInput } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { ModuleStatus } from "../../../core/api/contract.js";
import { isFiltered, isKind, noFilter, type Filter } from "./filter.js";
import { kindWords } from "../../parts/history-words.js";

interface FilterBarProps {
  readonly filter: Filter;
  readonly nodes: readonly string[];
  /** undefined: not known yet. */
  readonly modules: readonly ModuleStatus[] | undefined;
  readonly onChange: (filter: Filter) => void;
}

export function FilterBar({ filter, nodes, modules, onChange }: FilterBarProps): ReactNode {
  const set = <Name extends keyof Filter>(name: Name, value: Filter[Name]): void => {
    onChange({ ...filter, [name]: value });
  };
  return (
    <search className="gm-filter" aria-label="Filter">
      <div className="gm-filter-text">
        <label htmlFor="events-search">Text</label>
        <SearchInput
          searchInputId="events-search"
          aria-label="Text"
          placeholder="In sentence, rule, evidence or outcome"
          value={filter.search}
          onChange={(_event, value) => {
            set("search", value);
          }}
          onClear={() => {
            set("search", "");
          }}
        />
      </div>
      {filter.view === "all" && (
        <Choice
          id="events-kind"
          label="Kind"
          value={filter.kind}
          options={Object.entries(kindWords).map(([value, { label }]) => ({ value, label }))}
          onChange={(value) => {
            set("kind", isKind(value) ? value : "");
          }}
        />
      )}
      <Choice
        id="events-node"
        label="Host"
        value={filter.node}
        options={nodes.map((value) => ({ value, label: value }))}
        onChange={(value) => {
          set("node", value);
        }}
      />
      <Choice
        id="events-module"
        label="Module"
        value={filter.module}
        options={moduleOptions(modules, filter.module)}
        onChange={(value) => {
          set("module", value);
        }}
      />
      <Moment id="events-from" label="From" value={filter.from} onChange={(value) => set("from", value)} />
      <Moment id="events-to" label="To" value={filter.to} onChange={(value) => set("to", value)} />
      {isFiltered(filter) && (
        <Button
          variant="link"
          onClick={() => {
            onChange({ ...noFilter, view: filter.view });
          }}
        >
          Clear
        </Button>
      )}
    </search>
  );
}

interface Option {
  readonly value: string;
  readonly label: string;
}

/** The history outlives a module: one that is no longer protected stays a choice while it is asked for. */
function moduleOptions(modules: readonly ModuleStatus[] | undefined, asked: string): readonly Option[] {
  const options = (modules ?? []).map(({ id, vm }) => ({
    value: id,
    label: vm === id ? id : `${id} · ${vm}`,
  }));
  if (asked === "" || options.some(({ value }) => value === asked)) return options;
  const label = modules === undefined ? asked : `${asked} · no longer protected`;
  return [...options, { value: asked, label }];
}

interface ChoiceProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly options: readonly Option[];
  readonly onChange: (value: string) => void;
}

function Choice({ id, label, value, options, onChange }: ChoiceProps): ReactNode {
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      <FormSelect
        id={id}
        value={value}
        onChange={(_event, next) => {
          onChange(next);
        }}
      >
        <FormSelectOption value="" label="All" />
        {options.map((one) => (
          <FormSelectOption key={one.value} value={one.value} label={one.label} />
        ))}
      </FormSelect>
    </div>
  );
}

interface MomentProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Moment({ id, label, value, onChange }: MomentProps): ReactNode {
  return (
    <div className="gm-filter-moment">
      <label htmlFor={id}>{label}</label>
      <TextInput
        id={id}
        type="datetime-local"
        value={value}
        onChange={(_event, next) => {
          onChange(next);
        }}
      />
    </div>
  );
}

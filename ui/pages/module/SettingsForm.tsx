// SPDX-License-Identifier: Apache-2.0
// A module's settings. What is typed is judged by the API alone; what it refuses stands beside the field that
// it names, in its own words, and everything typed stays.

import {
  ActionGroup,
  Alert,
  Button,
  Form,
  FormGroup,
  FormHelperText,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
  TextInput,
} from "@patternfly/react-core";
import { useState, type ReactNode } from "react";
import type { ModuleView } from "../../../core/api/contract.js";
import type { ApiFailure } from "../../api.js";
import { useChange } from "../../asking.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import {
  changeOf,
  configured,
  fieldNames,
  fieldOf,
  formOf,
  type FieldName,
  type SettingsValues as Settings,
} from "./settings-form.js";
import { settingsFieldsOf, type SettingsField } from "./settings-fields.js";

interface SettingsFormProps {
  readonly view: ModuleView;
  readonly mayChange: boolean;
  /** What was saved last is what stands here. Held above: each new configuration is a new form. */
  readonly isSaved: boolean;
  readonly onSaved: (isSaved: boolean) => void;
}

export function SettingsForm({ view, mayChange, isSaved, onSaved }: SettingsFormProps): ReactNode {
  const before = formOf(view);
  const [form, setForm] = useState<Settings>(before);
  const change = useChange("PATCH /modules/:module", configured);
  const changed = changeOf(before, form);
  const isChanged = Object.keys(changed).length > 0;
  const refused = change.error === null ? undefined : fieldOf(change.error, fieldNames);
  const save = (): void => {
    // The new configuration may replace this form before a callback of mutate would be called.
    void change.mutateAsync([{ module: view.id }, changed]).then(
      () => onSaved(true),
      () => onSaved(false),
    );
  };
  return (
    <Form
      className="gm-settings"
      onSubmit={(event) => {
        event.preventDefault();
        if (isChanged) save();
      }}
    >
      <div className="gm-settings-fields">
        {settingsFieldsOf(view).map((field) => (
          <FieldOf
            key={field.name}
            field={field}
            value={form[field.name]}
            failure={refused === field.name ? change.error : null}
            isDisabled={!mayChange}
            onType={(name, value) => {
              onSaved(false);
              setForm({ ...form, [name]: value });
            }}
          />
        ))}
      </div>
      {change.error !== null && refused === undefined && (
        <FailureAlert failure={change.error} what="Nothing was changed" />
      )}
      {isSaved && !isChanged && (
        <Alert isInline isPlain component="p" variant="success" title="Saved on both nodes." role="status" />
      )}
      {mayChange && (
        <ActionGroup>
          <Button type="submit" isDisabled={!isChanged || change.isPending} isLoading={change.isPending}>
            Save
          </Button>
          <Button
            variant="link"
            isDisabled={!isChanged}
            onClick={() => {
              setForm(before);
              change.reset();
            }}
          >
            Take back
          </Button>
        </ActionGroup>
      )}
    </Form>
  );
}

interface FieldProps {
  readonly field: SettingsField;
  readonly value: string;
  readonly failure: ApiFailure | null;
  readonly isDisabled: boolean;
  readonly onType: (name: FieldName, value: string) => void;
}

function FieldOf({ field, value, failure, isDisabled, onType }: FieldProps): ReactNode {
  const { name, label, help, choices } = field;
  const id = `setting-${name}`;
  const validated = failure === null ? "default" : "error";
  const typed = (_event: unknown, text: string): void => {
    onType(name, text);
  };
  const described = { id, isDisabled, "aria-describedby": `${id}-help`, validated } as const;
  return (
    <FormGroup label={label} fieldId={id}>
      {choices === undefined ? (
        <TextInput
          {...described}
          value={value}
          inputMode={field.isNumber ? "numeric" : "text"}
          onChange={typed}
        />
      ) : (
        <FormSelect {...described} value={value} onChange={typed}>
          {choices.map((choice) => (
            <FormSelectOption key={choice.value} value={choice.value} label={choice.label} />
          ))}
        </FormSelect>
      )}
      <FormHelperText>
        <HelperText id={`${id}-help`} isLiveRegion>
          {failure === null ? (
            <HelperTextItem>{help}</HelperTextItem>
          ) : (
            <HelperTextItem variant="error">{failure.message}</HelperTextItem>
          )}
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}

// SPDX-License-Identifier: Apache-2.0
// The module's name and its folder. Left empty, the API proposes both; what it refuses stands at its field.

import { FormGroup, FormHelperText, HelperText, HelperTextItem, TextInput } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { ApiFailure } from "../../api.js";
import type { ProtectDraft } from "./plan.js";

export interface WrongField {
  readonly field: "module" | "folder";
  readonly failure: ApiFailure;
}

interface PlaceFieldsProps {
  readonly plan: ProtectDraft;
  readonly proposed: string;
  readonly wrong: WrongField | null;
  readonly onChange: (plan: ProtectDraft) => void;
}

export function PlaceFields({ plan, proposed, wrong, onChange }: PlaceFieldsProps): ReactNode {
  const module = plan.module === "" ? proposed : plan.module;
  return (
    <div className="gm-places">
      <PlaceField
        id={`module-${plan.vm.node}-${plan.vm.id}`}
        label="Name of the module"
        value={plan.module}
        placeholder={proposed}
        help="Small letters, digits and hyphens. Left empty, it is the one shown."
        failure={wrong?.field === "module" ? wrong.failure : null}
        onType={(typed) => {
          onChange({ ...plan, module: typed });
        }}
      />
      <PlaceField
        id={`folder-${plan.vm.node}-${plan.vm.id}`}
        label="Folder, on both hosts"
        value={plan.folder}
        placeholder={module === "" ? "" : `/var/lib/gemel/vm/${module}`}
        help="Where the VM's files will live. Left empty, it is the one shown."
        failure={wrong?.field === "folder" ? wrong.failure : null}
        onType={(typed) => {
          onChange({ ...plan, folder: typed });
        }}
      />
    </div>
  );
}

interface PlaceFieldProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly placeholder: string;
  readonly help: string;
  readonly failure: ApiFailure | null;
  readonly onType: (typed: string) => void;
}

function PlaceField({ id, label, value, placeholder, help, failure, onType }: PlaceFieldProps): ReactNode {
  return (
    <FormGroup label={label} fieldId={id}>
      <TextInput
        id={id}
        value={value}
        placeholder={placeholder}
        validated={failure === null ? "default" : "error"}
        spellCheck={false}
        autoComplete="off"
        aria-describedby={`${id}-help`}
        onChange={(_event, typed) => {
          onType(typed);
        }}
      />
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

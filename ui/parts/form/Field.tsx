// SPDX-License-Identifier: Apache-2.0
// One line of a form with its message: help as long as all is well, and in its place what the API said about
// exactly this field (`where` of the refusal), in the API's own words.

import {
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  TextArea,
  TextInput,
} from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { ApiFailure } from "../../api.js";

/** What a refusal says about one field; undefined: nothing. */
export function saidOf(failure: ApiFailure | null, field: string): string | undefined {
  return failure !== null && failure.where === field ? failure.message : undefined;
}

/** Of a refusal that is about none of these fields the form itself speaks. */
export function leftOver(failure: ApiFailure | null, fields: readonly string[]): ApiFailure | null {
  return failure !== null && fields.includes(failure.where) ? null : failure;
}

export interface FieldProps {
  /** Unique in the page. */
  readonly id: string;
  readonly label: string;
  /** The field's name in the API. */
  readonly name: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly failure: ApiFailure | null;
  readonly help?: ReactNode;
  readonly isRequired?: boolean;
  readonly type?: "text" | "password";
  readonly autoComplete?: string;
  /** More than one line: PEM text, a reason. */
  readonly rows?: number;
  readonly placeholder?: string;
  readonly isMono?: boolean;
}

export function Field(props: FieldProps): ReactNode {
  const { id, label, name, failure, help, isRequired = false } = props;
  const said = saidOf(failure, name);
  return (
    <FormGroup label={label} fieldId={id} isRequired={isRequired}>
      <Entry {...props} isWrong={said !== undefined} />
      <FormHelperText>
        <HelperText id={`${id}-said`} isLiveRegion>
          {said !== undefined && <HelperTextItem variant="error">{said}</HelperTextItem>}
          {said === undefined && help !== undefined && <HelperTextItem>{help}</HelperTextItem>}
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}

function Entry({
  id,
  value,
  onChange,
  isRequired = false,
  isWrong,
  type = "text",
  autoComplete = "off",
  rows,
  placeholder,
  isMono = false,
}: FieldProps & { readonly isWrong: boolean }): ReactNode {
  const own = {
    id,
    value,
    isRequired,
    autoComplete,
    spellCheck: false,
    validated: isWrong ? ("error" as const) : ("default" as const),
    "aria-describedby": `${id}-said`,
    className: isMono ? "gm-mono" : "",
    ...(placeholder !== undefined && { placeholder }),
  };
  const change = (_event: unknown, text: string): void => {
    onChange(text);
  };
  if (rows === undefined) return <TextInput {...own} type={type} onChange={change} />;
  return <TextArea {...own} rows={rows} resizeOrientation="vertical" onChange={change} />;
}

// SPDX-License-Identifier: Apache-2.0
// userconfig.xml as text, with line numbers, because the API's refusals name lines. The text is the API's to
// judge; a refused one stays as it was typed, with its line marked.

import { ActionGroup, Alert, Button, Form } from "@patternfly/react-core";
import { useRef, useState, type ReactNode } from "react";
import type { ModuleView } from "../../../core/api/contract.js";
import { useChange } from "../../asking.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { configured, lineOf } from "./settings-form.js";

interface EditorProps {
  readonly view: ModuleView;
  readonly mayChange: boolean;
}

export function UserconfigEditor({ view, mayChange }: EditorProps): ReactNode {
  const [text, setText] = useState(view.xml);
  const change = useChange("PUT /modules/:module/userconfig", configured);
  const wrong = change.error === null ? undefined : lineOf(change.error.message);
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate([{ module: view.id }, { xml: text }]);
      }}
    >
      {view.warnings.map((warning) => (
        <Alert key={warning} isInline isPlain component="p" variant="warning" title={warning} />
      ))}
      <NumberedText text={text} wrong={wrong} isReadOnly={!mayChange} onType={setText} />
      <div id="userconfig-refusal">
        {change.error !== null && (
          <FailureAlert
            failure={change.error}
            what={wrong === undefined ? "Nothing was changed" : `Nothing was changed, see line ${wrong}`}
          />
        )}
      </div>
      {mayChange && (
        <ActionGroup>
          <Button
            type="submit"
            isDisabled={text === view.xml || change.isPending}
            isLoading={change.isPending}
          >
            Save the file on both nodes
          </Button>
          <Button
            variant="link"
            isDisabled={text === view.xml}
            onClick={() => {
              setText(view.xml);
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

interface NumberedTextProps {
  readonly text: string;
  readonly wrong: number | undefined;
  readonly isReadOnly: boolean;
  readonly onType: (text: string) => void;
}

function NumberedText({ text, wrong, isReadOnly, onType }: NumberedTextProps): ReactNode {
  const gutter = useRef<HTMLDivElement>(null);
  const lines = text.split("\n").length;
  return (
    <div className="gm-editor">
      <div ref={gutter} className="gm-editor-lines" aria-hidden="true">
        {Array.from({ length: lines }, (_, index) => (
          <span key={index} className={index + 1 === wrong ? "gm-editor-wrong" : ""}>
            {index + 1}
          </span>
        ))}
      </div>
      <textarea
        className="gm-editor-text"
        aria-label="userconfig.xml"
        aria-invalid={wrong !== undefined}
        aria-describedby="userconfig-refusal"
        value={text}
        rows={Math.min(28, lines + 1)}
        readOnly={isReadOnly}
        spellCheck={false}
        wrap="off"
        onScroll={(event) => {
          if (gutter.current !== null) gutter.current.scrollTop = event.currentTarget.scrollTop;
        }}
        onChange={(event) => {
          onType(event.currentTarget.value);
        }}
      />
    </div>
  );
}

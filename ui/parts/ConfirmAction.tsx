// SPDX-License-Identifier: Apache-2.0
// The one dialog before a command: what will happen, in the API's own words (GET preview), for one module or
// for several at once. Nothing is sent before the person has read it; what loses data is typed, not clicked.
//
// Invariant: a command that was refused stays in the dialog with its reason and the next step; those that
// were accepted are not sent a second time.

import { FormGroup, FormHelperText, HelperText, HelperTextItem, TextInput } from "@patternfly/react-core";
import { useState, type ReactNode } from "react";
import type { CommandReply, CommandRequest } from "../../core/api/contract.js";
import { verbWords } from "../../core/describe/words/words.js";
import { failureOf, type ApiFailure } from "../api.js";
import { useChange } from "../asking.js";
import { AskDialog } from "./AskDialog.js";
import { FailureAlert } from "./FailureAlert.js";
import { PreviewOf, useAllowed, type AskedAction } from "./Preview.js";

export interface ConfirmActionProps {
  /** One command, or the same verb for several modules. */
  readonly asked: readonly [AskedAction, ...AskedAction[]];
  readonly onClose: () => void;
  /** All were accepted: what the API said to each. The dialog closes by itself. */
  readonly onDone?: (replies: readonly CommandReply[]) => void;
}

export function ConfirmAction({ asked, onClose, onDone }: ConfirmActionProps): ReactNode {
  const [first] = asked;
  const words = verbWords[first.verb];
  const [typed, setTyped] = useState("");
  const { send, waiting, refused, accepted } = useCommands(asked, (replies) => {
    onDone?.(replies);
    onClose();
  });
  const open = asked.filter(({ module }) => !accepted.has(module));
  const { allowed, known } = useAllowed(open);
  const mustType = words.confirm === "type-name";
  const isTyped = !mustType || typed.trim() === first.module;
  const name = asked.length === 1 ? first.vm : `${asked.length} VMs`;
  return (
    <AskDialog
      title={`${words.label}: ${name}`}
      description={words.sentence}
      submit={words.label}
      isDanger={words.danger === "data-lost" || words.danger === "guest-stops"}
      isWide={asked.length > 1}
      isReady={known && allowed && isTyped}
      isPending={waiting}
      onSubmit={send}
      onClose={onClose}
    >
      {open.map((one) => (
        <PreviewOf key={one.module} asked={one} named={asked.length > 1} />
      ))}
      {mustType && allowed && <TypeName module={first.module} typed={typed} onType={setTyped} />}
      {refused.map(({ module, failure }) => (
        <FailureAlert key={module} failure={failure} what={`${words.label}: ${module} was refused`} />
      ))}
    </AskDialog>
  );
}

const commandOf = ({ verb, node, keep, force }: AskedAction): CommandRequest => ({
  verb,
  ...(node !== undefined && { node }),
  ...(keep !== undefined && { keep }),
  ...(force !== undefined && { force }),
});

interface Commands {
  readonly send: () => void;
  readonly waiting: boolean;
  readonly refused: readonly { readonly module: string; readonly failure: ApiFailure }[];
  readonly accepted: ReadonlyMap<string, CommandReply>;
}

function useCommands(
  asked: readonly AskedAction[],
  done: (replies: readonly CommandReply[]) => void,
): Commands {
  const change = useChange("POST /modules/:module/commands", ["GET /status"]);
  const [waiting, setWaiting] = useState(false);
  const [refused, setRefused] = useState<Commands["refused"]>([]);
  const [accepted, setAccepted] = useState<Commands["accepted"]>(new Map());
  const sendAll = async (): Promise<void> => {
    setWaiting(true);
    const good = new Map(accepted);
    const bad: { readonly module: string; readonly failure: ApiFailure }[] = [];
    for (const one of asked.filter(({ module }) => !good.has(module))) {
      const { module } = one;
      try {
        good.set(module, await change.mutateAsync([{ module }, commandOf(one)]));
      } catch (thrown) {
        bad.push({ module, failure: failureOf(thrown) });
      }
    }
    setAccepted(good);
    setRefused(bad);
    setWaiting(false);
    if (bad.length === 0) done([...good.values()]);
  };
  const send = (): void => {
    void sendAll();
  };
  return { send, waiting, refused, accepted };
}

interface TypeNameProps {
  readonly module: string;
  readonly typed: string;
  readonly onType: (typed: string) => void;
}

/** What cannot be taken back is typed, so that no double click does it. A line of the form around it. */
export function TypeName({ module, typed, onType }: TypeNameProps): ReactNode {
  return (
    <FormGroup label={`Type ${module} to confirm`} fieldId="confirm-name">
      <TextInput
        id="confirm-name"
        value={typed}
        autoComplete="off"
        spellCheck={false}
        aria-describedby="confirm-name-help"
        validated={typed.trim() === module ? "success" : "default"}
        onChange={(_event, value) => {
          onType(value);
        }}
      />
      <FormHelperText>
        <HelperText id="confirm-name-help">
          <HelperTextItem>The module&rsquo;s name, letter by letter.</HelperTextItem>
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}

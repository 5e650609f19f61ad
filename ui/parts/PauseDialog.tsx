// SPDX-License-Identifier: Apache-2.0
// Pausing automatic failover. It asks why, and does not insist (nor does the API): at three in the morning it
// must be quick. What is said stands in everybody's red banner until somebody resumes.

import { useState, type ReactNode } from "react";
import { verbWords } from "../../core/describe/words/words.js";
import { useChange } from "../asking.js";
import { AskDialog } from "./AskDialog.js";
import { FailureAlert } from "./FailureAlert.js";
import { Field, leftOver } from "./form/Field.js";

export function PauseDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [why, setWhy] = useState("");
  const { mutate, error, isPending } = useChange("PUT /pause", ["GET /status"]);
  const rest = leftOver(error, ["why"]);
  return (
    <AskDialog
      title={verbWords.pause.label}
      description={verbWords.pause.sentence}
      submit="Pause"
      isDanger
      isPending={isPending}
      onSubmit={() => {
        mutate([{}, { why: why.trim() }], { onSuccess: onClose });
      }}
      onClose={onClose}
    >
      <Field
        id="pause-why"
        name="why"
        label="Why"
        value={why}
        onChange={setWhy}
        failure={error}
        help="Everybody reads it, with your name, until it is resumed."
        placeholder="The switch is replaced, until about 16:00"
      />
      {rest !== null && <FailureAlert failure={rest} what="It was not paused" />}
    </AskDialog>
  );
}

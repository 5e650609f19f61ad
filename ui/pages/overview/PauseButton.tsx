// SPDX-License-Identifier: Apache-2.0
// Pauses automatic failover, with a reason that everybody will see in the red banner (which resumes it).

import {
  Button,
  Form,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextInput,
  Tooltip,
} from "@patternfly/react-core";
import { useState, type ReactNode } from "react";
import { verbWords } from "../../../core/api/words.js";
import { useChange } from "../../asking.js";
import { statusPath, useStatus } from "../../live/live.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { usePermission } from "../../session.js";

export function PauseButton(): ReactNode {
  const status = useStatus();
  const may = usePermission(verbWords.pause.role);
  const [isOpen, setOpen] = useState(false);
  // Paused: the banner above says so and has the button that resumes.
  if (status === undefined || status.pause !== null) return null;
  const button = (
    <Button variant="link" isAriaDisabled={!may.allowed} onClick={() => setOpen(true)}>
      Pause failover
    </Button>
  );
  return (
    <>
      {may.allowed ? button : <Tooltip content={may.why}>{button}</Tooltip>}
      {isOpen ? <PauseDialog onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function PauseDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [why, setWhy] = useState("");
  const [isMissing, setMissing] = useState(false);
  const pause = useChange([statusPath]);
  const send = (): void => {
    setMissing(why.trim() === "");
    if (why.trim() === "") return;
    pause.mutate({ method: "PUT", path: "/pause", body: { why: why.trim() } }, { onSuccess: onClose });
  };
  return (
    <Modal isOpen variant="small" onClose={onClose} aria-labelledby="pause-title">
      <ModalHeader
        title={verbWords.pause.label}
        labelId="pause-title"
        description={verbWords.pause.sentence}
      />
      <ModalBody>
        <Form
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <FormGroup label="Why" fieldId="pause-why" isRequired>
            <TextInput
              id="pause-why"
              value={why}
              isRequired
              maxLength={200}
              placeholder="Switch is replaced, until about 16:00"
              validated={isMissing ? "error" : "default"}
              onChange={(_event, value) => setWhy(value)}
            />
            <FormHelperText>
              <HelperText>
                <HelperTextItem variant={isMissing ? "error" : "default"}>
                  {isMissing ? "Say why: the next person who looks will want to know." : "Everybody sees it."}
                </HelperTextItem>
              </HelperText>
            </FormHelperText>
          </FormGroup>
        </Form>
        {pause.error === null ? null : <FailureAlert failure={pause.error} />}
      </ModalBody>
      <ModalFooter>
        <Button variant="danger" isLoading={pause.isPending} isDisabled={pause.isPending} onClick={send}>
          Pause
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}

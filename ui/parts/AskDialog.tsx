// SPDX-License-Identifier: Apache-2.0
// A dialog that asks one thing and sends it: the shape shared by every form and every confirmation. Return
// sends as the button does, Escape leaves; what the API refused stays in it, beside its field or below them.

import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useEffect, useId, type ReactNode } from "react";

export interface AskDialogProps {
  readonly title: string;
  readonly description?: string;
  /** What the button that sends is called. */
  readonly submit: string;
  /** Somebody or something is lost by it. */
  readonly isDanger?: boolean;
  readonly isWide?: boolean;
  /** False: something is still missing, it cannot be sent. */
  readonly isReady?: boolean;
  readonly isPending: boolean;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function AskDialog({
  title,
  description,
  submit,
  isDanger = false,
  isWide = false,
  isReady = true,
  isPending,
  onSubmit,
  onClose,
  children,
}: AskDialogProps): ReactNode {
  useEffect(() => leave, []);
  const id = useId();
  const [titleId, bodyId, formId] = [`${id}-title`, `${id}-body`, `${id}-form`];
  return (
    <Modal
      isOpen
      variant={isWide ? "medium" : "small"}
      onClose={onClose}
      aria-labelledby={titleId}
      aria-describedby={bodyId}
    >
      <ModalHeader title={title} labelId={titleId} {...(description !== undefined && { description })} />
      <ModalBody id={bodyId} tabIndex={0}>
        <Form
          id={formId}
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (isReady && !isPending) onSubmit();
          }}
        >
          {children}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form={formId}
          variant={isDanger ? "danger" : "primary"}
          isLoading={isPending}
          isDisabled={isPending || !isReady}
        >
          {submit}
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}

/**
 * The focus goes back to what opened the dialog. When that is gone (the line of a user who was removed, the
 * button to pause), it would be nowhere: then it goes to the page's heading.
 */
function leave(): void {
  setTimeout(() => {
    if (document.activeElement !== document.body) return;
    document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
  });
}

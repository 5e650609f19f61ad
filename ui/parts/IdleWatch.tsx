// SPDX-License-Identifier: Apache-2.0
// Announces the idle log-out a minute before it happens, so that nobody loses what they were typing. The
// daemon ends the session; the page only leaves with it. The daemon knows of a person only what requests
// tell it, and many pages ask for nothing by themselves: whoever comes back is told to it at once, else it
// would end the session of somebody who is there.

import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useCallback, useEffect, useState, type ReactNode } from "react";
import { durationText } from "../../core/describe/words/words.js";
import { useTransport } from "../asking.js";
import { idleSeconds, touched } from "../presence.js";
import { sessionWay, useSession, useSessionHold } from "../session.js";

const warnSeconds = 60;
/** Whoever touches the page after so long has come back. */
const awaySeconds = 60;

export function IdleWatch(): ReactNode {
  const { idleSecondsMax } = useSession();
  const { leave } = useSessionHold();
  const transport = useTransport();
  const [left, setLeft] = useState<number | null>(null);
  /** With it the daemon's clock begins anew. */
  const tellPresence = useCallback(() => void transport.ask(sessionWay).catch(() => undefined), [transport]);
  useEffect(() => {
    let isAway = false;
    const look = (): void => {
      const idle = idleSeconds();
      const rest = Math.ceil(idleSecondsMax - idle);
      // Any touch of the page counts, and takes the question away.
      setLeft(rest > warnSeconds ? null : rest);
      if (rest <= 0) leave("idle");
      if (isAway && idle < awaySeconds) tellPresence();
      isAway = idle >= awaySeconds;
    };
    const timer = setInterval(look, 1000);
    return () => clearInterval(timer);
  }, [idleSecondsMax, leave, tellPresence]);
  if (left === null) return null;
  const stay = (): void => {
    touched();
    setLeft(null);
    tellPresence();
  };
  return (
    <Modal isOpen variant="small" onClose={stay} aria-labelledby="idle-title">
      <ModalHeader title="Are you still there?" labelId="idle-title" />
      <ModalBody>
        You will be logged out in {durationText(Math.max(0, left))}, because nobody touched this page.
      </ModalBody>
      <ModalFooter>
        <Button onClick={stay}>Stay logged in</Button>
        <Button variant="link" onClick={() => leave("by-person")}>
          Log out
        </Button>
      </ModalFooter>
    </Modal>
  );
}

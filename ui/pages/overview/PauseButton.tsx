// SPDX-License-Identifier: Apache-2.0
// The way to pause automatic failover; while it is paused the red banner says so and has the way back.

import { useState, type ReactNode } from "react";
import { verbWords } from "../../../core/describe/words/words.js";
import { useStatus } from "../../live/live.js";
import { barOf, MayButton } from "../../parts/MayButton.js";
import { PauseDialog } from "../../parts/PauseDialog.js";
import { usePermission } from "../../session.js";

export function PauseButton(): ReactNode {
  const status = useStatus();
  const may = usePermission(verbWords.pause.role);
  const [isOpen, setOpen] = useState(false);
  if (status === undefined || status.pause !== null) return null;
  return (
    <>
      <MayButton variant="link" why={barOf(may)} onClick={() => setOpen(true)}>
        Pause failover
      </MayButton>
      {isOpen ? <PauseDialog onClose={() => setOpen(false)} /> : null}
    </>
  );
}

// SPDX-License-Identifier: Apache-2.0
// A button that says why it cannot be pressed: it stays in the tab order, refuses, and shows the reason to
// pointer and keyboard alike. Everything whose use depends on a role or on the state of things is one.
//
// Invariant: a reason that comes or goes does not draw the button anew, so it keeps the focus.

import { Button, Tooltip, type ButtonProps } from "@patternfly/react-core";
import { useRef, type ReactNode } from "react";
import type { RolePermission } from "../session.js";

export interface MayButtonProps extends Omit<ButtonProps, "isAriaDisabled" | "isDisabled" | "ref"> {
  /** Null: it may be pressed. */
  readonly why: string | null;
  /** What else is to be known about a button that may be pressed. */
  readonly note?: string;
  /** The request is on its way: not pressed twice. */
  readonly isPending?: boolean;
}

export function MayButton({ why, note = "", isPending = false, ...rest }: MayButtonProps): ReactNode {
  const button = useRef<HTMLButtonElement>(null);
  const told = why ?? note;
  return (
    <>
      <Button {...rest} ref={button} isAriaDisabled={why !== null || isPending} isLoading={isPending} />
      {told !== "" && <Tooltip content={told} triggerRef={button} />}
    </>
  );
}

/** Why the person may not; null: the person may. */
export const barOf = (may: RolePermission): string | null => (may.allowed ? null : may.why);

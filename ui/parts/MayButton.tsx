// SPDX-License-Identifier: Apache-2.0
// A button that says why it cannot be pressed: it stays in the tab order, refuses, and shows the reason to
// pointer and keyboard alike. Everything whose use depends on a role or on the state of things is one.

import { Button, Tooltip, type ButtonProps } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { Permission } from "../session.js";

export interface MayButtonProps extends Omit<ButtonProps, "isAriaDisabled" | "isDisabled" | "ref"> {
  /** Null: it may be pressed. */
  readonly why: string | null;
  /** The request is on its way: not pressed twice. */
  readonly isPending?: boolean;
}

export function MayButton({ why, isPending = false, ...rest }: MayButtonProps): ReactNode {
  const button = <Button {...rest} isAriaDisabled={why !== null || isPending} isLoading={isPending} />;
  return why === null ? button : <Tooltip content={why}>{button}</Tooltip>;
}

/** Why the person may not; null: the person may. */
export const barOf = (may: Permission): string | null => (may.allowed ? null : may.why);

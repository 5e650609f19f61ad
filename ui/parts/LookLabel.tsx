// SPDX-License-Identifier: Apache-2.0
// A word with its colour and icon, as core/describe/words/words.ts gives them: never colour alone.

import { Label } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { LookColour, Look } from "../../core/describe/words/words.js";
import { WordIcon } from "./WordIcon.js";

export const patternflyStatus: Readonly<
  Record<LookColour, { readonly status?: "success" | "warning" | "danger"; readonly color?: "grey" }>
> = {
  green: { status: "success" },
  amber: { status: "warning" },
  red: { status: "danger" },
  grey: { color: "grey" },
};

/** `children` instead of the look's own word, where a place says it better. */
export function LookLabel({
  look,
  children,
}: {
  readonly look: Look;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <Label
      isCompact
      variant="outline"
      icon={<WordIcon name={look.icon} />}
      {...patternflyStatus[look.colour]}
    >
      {children ?? look.word}
    </Label>
  );
}

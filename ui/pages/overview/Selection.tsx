// SPDX-License-Identifier: Apache-2.0
// What may be done with several selected cards at once. A button tells with how many of them it can.

import { Button } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { ModuleStatus } from "../../../core/api/contract.js";
import type { ModuleVerb } from "../../../core/base/vocabulary.js";
import { verbWords } from "../../../core/describe/words/words.js";
import { barOf, MayButton } from "../../parts/MayButton.js";
import { WordIcon } from "../../parts/WordIcon.js";
import { usePermission } from "../../session.js";
import { split } from "./columns.js";

const verbs = ["swap", "start", "stop"] as const satisfies readonly ModuleVerb[];

export function Selection({
  modules,
  onVerb,
  onClear,
}: {
  readonly modules: readonly ModuleStatus[];
  readonly onVerb: (modules: readonly ModuleStatus[], verb: ModuleVerb) => void;
  readonly onClear: () => void;
}): ReactNode {
  if (modules.length === 0) return null;
  return (
    <div className="gm-selection" role="toolbar" aria-label="Selected VMs">
      <span className="gm-selection-count">{modules.length} selected</span>
      {verbs.map((verb) => (
        <GroupButton key={verb} modules={modules} verb={verb} onVerb={onVerb} />
      ))}
      <Button variant="link" className="gm-selection-end" onClick={onClear}>
        Select none
      </Button>
    </div>
  );
}

function GroupButton({
  modules,
  verb,
  onVerb,
}: {
  readonly modules: readonly ModuleStatus[];
  readonly verb: ModuleVerb;
  readonly onVerb: (modules: readonly ModuleStatus[], verb: ModuleVerb) => void;
}): ReactNode {
  const may = usePermission(verbWords[verb].role);
  const { able, refused } = split(modules, verb);
  const why = barOf(may) ?? (able.length === 0 ? (refused[0]?.why ?? "") : null);
  const label = verb === "swap" ? "Move to the other host" : verbWords[verb].label;
  return (
    <MayButton
      variant="secondary"
      icon={<WordIcon name={verbWords[verb].icon} />}
      why={why}
      note={refused.map(({ module, why: reason }) => `${module.vm}: ${reason}`).join(" ")}
      onClick={() => onVerb(able, verb)}
    >
      {able.length === modules.length || able.length === 0 ? label : `${label} (${able.length})`}
    </MayButton>
  );
}

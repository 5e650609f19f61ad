// SPDX-License-Identifier: Apache-2.0
// The VM's disks and drives: mirrored, or left out on purpose. A disk that is left out is one that the other
// host starts without, so it says so at the choice.

import { FormSelect, FormSelectOption } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { DiskView } from "../../../core/api/contract.js";
import { bytesText } from "../../../core/describe/words/words.js";
import { leftOut, type Leaving, type ProtectDraft } from "./plan.js";

interface DiskChoicesProps {
  readonly plan: ProtectDraft;
  readonly disks: readonly DiskView[];
  readonly onChange: (plan: ProtectDraft) => void;
}

export function DiskChoices({ plan, disks, onChange }: DiskChoicesProps): ReactNode {
  const known = disks.filter(({ device, source }) => device === "disk" || source !== undefined);
  if (known.length === 0) return null;
  return (
    <fieldset className="gm-disks">
      <legend>Disks and drives</legend>
      {known.map((disk) => (
        <div key={disk.target} className="gm-disk">
          <span>
            <strong>{disk.target}</strong> {bytesText(disk.bytes)}{" "}
            <code className="gm-disk-source">{disk.source ?? "empty"}</code>
          </span>
          {disk.device === "disk" ? (
            <DiskChoice plan={plan} disk={disk} onChange={onChange} />
          ) : (
            <DriveChoice plan={plan} disk={disk} onChange={onChange} />
          )}
        </div>
      ))}
    </fieldset>
  );
}

interface ChoiceProps {
  readonly plan: ProtectDraft;
  readonly disk: DiskView;
  readonly onChange: (plan: ProtectDraft) => void;
}

const isLeaving = (value: string): value is Leaving => value === "detach" || value === "empty";

function DiskChoice({ plan, disk, onChange }: ChoiceProps): ReactNode {
  const { target } = disk;
  return (
    <FormSelect
      aria-label={`Disk ${target} of ${plan.vm.name}`}
      value={plan.exclude[target] ?? "mirror"}
      onChange={(_event, value) => {
        onChange(leftOut(plan, target, isLeaving(value) ? value : null));
      }}
    >
      <FormSelectOption value="mirror" label="Mirror it" />
      <FormSelectOption value="detach" label="Leave it out: the other host starts without it" />
      <FormSelectOption value="empty" label="Leave it out: the other host starts with an empty one" />
    </FormSelect>
  );
}

function DriveChoice({ plan, disk, onChange }: ChoiceProps): ReactNode {
  return (
    <FormSelect
      aria-label={`Drive ${disk.target} of ${plan.vm.name}`}
      value={plan.eject ? "eject" : "copy"}
      onChange={(_event, value) => {
        onChange({ ...plan, eject: value === "eject" });
      }}
    >
      <FormSelectOption value="copy" label="Copy what is in it into the folder" />
      <FormSelectOption value="eject" label="Empty the drive" />
    </FormSelect>
  );
}

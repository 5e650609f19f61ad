// SPDX-License-Identifier: Apache-2.0
// One VM of the dialog: what stands against protecting it and how to settle that, what may be chosen, where
// it will live, and how long the first copy takes.

import { Alert, Button, Checkbox, Label, List, ListItem, Skeleton, Title } from "@patternfly/react-core";
import { useState, type ReactNode } from "react";
import type { FindingView, ProtectReply } from "../../../core/api/contract.js";
import { bytesText, durationText } from "../../../core/describe/words/words.js";
import type { ApiFailure } from "../../api.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { DiskChoices } from "./DiskChoices.js";
import { PlaceFields } from "./PlaceFields.js";
import { refusedField, repaired, repairsOf, sorted, type ProtectDraft, type Repair } from "./plan.js";

export interface ProtectJudgement {
  readonly reply: ProtectReply | undefined;
  readonly failure: ApiFailure | null;
  readonly isAsking: boolean;
}

interface VmPlanProps {
  readonly plan: ProtectDraft;
  readonly judgement: ProtectJudgement;
  /** It was started and refused. */
  readonly refusal: ApiFailure | null;
  readonly onChange: (plan: ProtectDraft) => void;
}

export function VmPlan({ plan, judgement, refusal, onChange }: VmPlanProps): ReactNode {
  const { vm } = plan;
  const { failure, isAsking } = judgement;
  const reply = useLast(judgement.reply);
  const wrong = failure ?? refusal;
  const field = wrong === null ? undefined : refusedField(wrong, plan);
  const isOn = vm.power !== "off" && vm.power !== "saved";
  return (
    <section className="gm-plan" aria-label={vm.name} aria-busy={isAsking}>
      <Title headingLevel="h2" size="lg">
        {vm.name} <Verdict reply={reply} isAsking={isAsking} isRefused={wrong !== null} />
      </Title>
      {reply === undefined && wrong === null && (
        <Skeleton height="4rem" screenreaderText="Both hosts are being asked" />
      )}
      {wrong !== null && field === undefined && (
        <FailureAlert
          failure={wrong}
          what={refusal === null ? "It cannot be judged" : "It was not started"}
        />
      )}
      {reply !== undefined && failure === null && <Findings reply={reply} plan={plan} onChange={onChange} />}
      {isOn && (
        <Checkbox
          id={`stop-${vm.node}-${vm.id}`}
          label="Shut the guest down first, and start it again afterwards"
          description="Its files cannot move while it writes to them. How long it is down stands below."
          isChecked={plan.stop}
          onChange={(_event, stop) => {
            onChange({ ...plan, stop });
          }}
        />
      )}
      <DiskChoices plan={plan} disks={reply?.disks ?? []} onChange={onChange} />
      <PlaceFields
        plan={plan}
        proposed={reply?.module ?? ""}
        wrong={wrong !== null && field !== undefined ? { field, failure: wrong } : null}
        onChange={onChange}
      />
      {reply !== undefined && failure === null && <WhatHappens reply={reply} />}
    </section>
  );
}

/** While both hosts are asked anew the last answer stays: a choice must not vanish under the hand. */
function useLast(reply: ProtectReply | undefined): ProtectReply | undefined {
  const [last, setLast] = useState(reply);
  if (reply !== undefined && reply !== last) setLast(reply);
  return reply ?? last;
}

interface VerdictProps {
  readonly reply: ProtectReply | undefined;
  readonly isAsking: boolean;
  readonly isRefused: boolean;
}

function Verdict({ reply, isAsking, isRefused }: VerdictProps): ReactNode {
  if (isRefused) return <Label status="danger">Refused</Label>;
  if (isAsking || reply === undefined) return <Label color="grey">Both hosts are asked …</Label>;
  const blocks = reply.findings.filter(({ severity }) => severity === "blocks").length;
  if (blocks === 0) return <Label status="success">Ready to start</Label>;
  return <Label status="danger">{blocks === 1 ? "1 thing blocks it" : `${blocks} things block it`}</Label>;
}

interface FindingsProps {
  readonly reply: ProtectReply;
  readonly plan: ProtectDraft;
  readonly onChange: (plan: ProtectDraft) => void;
}

function Findings({ reply, plan, onChange }: FindingsProps): ReactNode {
  return (
    <>
      {sorted(reply.findings).map((finding) => (
        <Alert
          key={`${finding.node}${finding.message}`}
          isInline
          variant={finding.severity === "blocks" ? "danger" : "warning"}
          title={`${finding.node}: ${finding.message}`}
          component="h3"
          actionLinks={<Repairs finding={finding} plan={plan} onChange={onChange} />}
        >
          {finding.next}
        </Alert>
      ))}
    </>
  );
}

interface RepairsProps {
  readonly finding: FindingView;
  readonly plan: ProtectDraft;
  readonly onChange: (plan: ProtectDraft) => void;
}

function Repairs({ finding, plan, onChange }: RepairsProps): ReactNode {
  return repairsOf(finding)
    .filter(({ kind }) => kind !== "folder")
    .map((repair) => (
      <Button
        key={repair.kind}
        variant="secondary"
        size="sm"
        onClick={() => {
          onChange(repaired(plan, repair));
        }}
      >
        {repairWords(repair)}
      </Button>
    ));
}

function repairWords(repair: Repair): string {
  switch (repair.kind) {
    case "stop":
      return "Let Gemel shut it down";
    case "eject":
      return "Empty the drive";
    case "exclude":
      return `Leave disk ${repair.target} out`;
    case "folder":
      return "Choose another folder";
  }
}

function WhatHappens({ reply }: { readonly reply: ProtectReply }): ReactNode {
  const { notes, firstCopy } = reply;
  if (notes.length === 0) return null;
  const time = firstCopy === undefined ? null : firstCopy.seconds;
  return (
    <>
      <Title headingLevel="h3" size="md">
        What will happen
      </Title>
      <List>
        {notes.map((note) => (
          <ListItem key={note}>{note}</ListItem>
        ))}
        {firstCopy !== undefined && (
          <ListItem>
            Until the first copy is whole, the VM is not protected: {bytesText(firstCopy.bytes)},{" "}
            {time === null ? "how long was never measured here" : `about ${durationText(time)}`}.
          </ListItem>
        )}
      </List>
    </>
  );
}

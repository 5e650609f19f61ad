// SPDX-License-Identifier: Apache-2.0
// One dialog for one VM or several: each is judged on both hosts (a dry run) with whatever is chosen, and
// what blocks can often be settled by a switch right there. Only what nothing blocks is started.
//
// Invariant: nothing is changed before "start"; what was refused stays here with its reason, what was started
// is not started twice.

import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useQueries } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import type { FindingView, ProtectReply, ProtectRequest, VmView } from "../../../core/api/contract.js";
import { failureOf, type ApiFailure } from "../../api.js";
import { useChange, useTransport } from "../../asking.js";
import { planFor, requestOf, type ProtectDraft } from "./plan.js";
import { VmPlan, type ProtectJudgement } from "./VmPlan.js";

interface DialogProps {
  readonly vms: readonly VmView[];
  readonly onClose: () => void;
}

export function ProtectDialog({ vms, onClose }: DialogProps): ReactNode {
  const [plans, setPlans] = useState<readonly ProtectDraft[]>(() => vms.map(planFor));
  const judged = useJudgements(plans);
  const { start, waiting, failures } = useStart(onClose);
  const ready = plans.filter((_plan, index) => isReady(judged[index]));
  const blocked = plans.length - ready.length;
  const change = (plan: ProtectDraft): void => {
    setPlans(plans.map((one) => (one.vm === plan.vm ? plan : one)));
  };
  return (
    <Modal isOpen variant="large" onClose={onClose} aria-labelledby="protect-title">
      <ModalHeader
        labelId="protect-title"
        title={vms.length === 1 ? `Protect ${vms[0]?.name ?? ""}` : `Protect ${vms.length} VMs`}
        description="Nothing is changed before you start it. Both hosts are asked what stands against it."
      />
      <ModalBody tabIndex={0}>
        <div className="gm-plans">
          {plans.map((plan, index) => (
            <VmPlan
              key={`${plan.vm.node}/${plan.vm.id}`}
              plan={plan}
              judgement={judged[index] ?? notYet}
              refusal={failures.get(plan.vm.id) ?? null}
              onChange={change}
            />
          ))}
        </div>
      </ModalBody>
      <ModalFooter>
        <Button
          isDisabled={ready.length === 0 || waiting}
          isLoading={waiting}
          onClick={() => {
            start(ready, blocked === 0);
          }}
        >
          {ready.length > 1 ? `Start with ${ready.length} VMs` : "Start"}
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
        {blocked > 0 && (
          <span className="gm-quiet" role="status">
            {plans.length === 1 ? "Something stands against it." : `${blocked} cannot be started yet.`}
          </span>
        )}
      </ModalFooter>
    </Modal>
  );
}

const blocks = ({ severity }: FindingView): boolean => severity === "blocks";

const notYet: ProtectJudgement = { reply: undefined, failure: null, isAsking: true };

const isReady = (judgement: ProtectJudgement | undefined): boolean =>
  judgement?.reply !== undefined &&
  judgement.failure === null &&
  !judgement.isAsking &&
  !judgement.reply.findings.some(blocks);

/** So long nothing is typed before both hosts are asked again: a preflight looks at disks. */
const restMs = 500;
const askAgainMs = 5_000;

function useJudgements(plans: readonly ProtectDraft[]): readonly ProtectJudgement[] {
  const transport = useTransport();
  const requests = plans.map((plan) => JSON.stringify(requestOf(plan, true)));
  const asked = useRested(requests.join("\n"), restMs).split("\n");
  return useQueries({
    queries: asked.map((body) => ({
      queryKey: ["protect-dry-run", body],
      queryFn: () => transport.ask("POST /protect", {}, JSON.parse(body) as ProtectRequest),
      retry: false,
      staleTime: 5000,
      // What stands against it may be put right outside: space freed, libvirtd restarted.
      refetchInterval: ({ state }: { readonly state: { readonly data: ProtectReply | undefined } }) =>
        state.data?.findings.some(blocks) === true ? askAgainMs : false,
    })),
    combine: (answers) =>
      answers.map(({ data, error, isPending }, index) => ({
        reply: data,
        failure: error === null ? null : failureOf(error),
        isAsking: isPending || asked[index] !== requests[index],
      })),
  });
}

/** The value once it has stopped changing. */
function useRested(value: string, ms: number): string {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => {
      setRested(value);
    }, ms);
    return () => {
      clearTimeout(timer);
    };
  }, [value, ms]);
  return rested;
}

interface Starting {
  readonly start: (plans: readonly ProtectDraft[], closes: boolean) => void;
  readonly waiting: boolean;
  /** By the VM's id. */
  readonly failures: ReadonlyMap<string, ApiFailure>;
}

function useStart(onClose: () => void): Starting {
  const change = useChange("POST /protect", ["GET /status", "GET /vms"]);
  const [waiting, setWaiting] = useState(false);
  const [failures, setFailures] = useState<ReadonlyMap<string, ApiFailure>>(new Map());
  const startAll = async (plans: readonly ProtectDraft[], closes: boolean): Promise<void> => {
    setWaiting(true);
    const bad = new Map<string, ApiFailure>();
    // One after the other: each takes a place among the modules.
    for (const plan of plans) {
      try {
        await change.mutateAsync([{}, requestOf(plan, false)]);
      } catch (thrown) {
        bad.set(plan.vm.id, failureOf(thrown));
      }
    }
    setFailures(bad);
    setWaiting(false);
    if (bad.size === 0 && closes) onClose();
  };
  const start = (plans: readonly ProtectDraft[], closes: boolean): void => {
    void startAll(plans, closes);
  };
  return { start, waiting, failures };
}

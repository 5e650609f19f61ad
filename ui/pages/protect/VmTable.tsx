// SPDX-License-Identifier: Apache-2.0
// What the hypervisors have: one row per VM of either host.

import { Button, Checkbox } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { VmView } from "../../../core/api/contract.js";
import { bytesText, moduleLooks, type Look } from "../../../core/describe/words/words.js";
import { useModule } from "../../live/live.js";
import { LookLabel } from "../../parts/LookLabel.js";
import { paths } from "../../paths.js";

interface VmTableProps {
  readonly vms: readonly VmView[];
  readonly chosen: readonly string[];
  readonly mayProtect: boolean;
  readonly onChoose: (chosen: readonly string[]) => void;
  readonly onProtect: (vm: VmView) => void;
}

/** Ids are the hypervisors' own: the same one on two hosts is two VMs. */
export const vmKeyOf = ({ node, id }: VmView): string => `${node}/${id}`;

export function VmTable({ vms, chosen, mayProtect, onChoose, onProtect }: VmTableProps): ReactNode {
  const choose = (key: string, isChosen: boolean): void => {
    onChoose(isChosen ? [...chosen, key] : chosen.filter((one) => one !== key));
  };
  return (
    <Table aria-label="VMs of both hosts" variant="compact" gridBreakPoint="grid-lg">
      <Thead>
        <Tr>
          <Th screenReaderText="Choose" />
          <Th>VM</Th>
          <Th>Host</Th>
          <Th>State</Th>
          <Th>Memory</Th>
          <Th>CPUs</Th>
          <Th>Protection</Th>
        </Tr>
      </Thead>
      <Tbody>
        {vms.map((vm) => (
          <Tr key={vmKeyOf(vm)}>
            <Td>
              <Checkbox
                id={`choose-${vmKeyOf(vm)}`}
                aria-label={`Choose ${vm.name} on ${vm.node}`}
                isChecked={chosen.includes(vmKeyOf(vm))}
                isDisabled={vm.module !== undefined || !mayProtect}
                onChange={(_event, isChosen) => {
                  choose(vmKeyOf(vm), isChosen);
                }}
              />
            </Td>
            <Td dataLabel="VM">
              <strong>{vm.name}</strong>
            </Td>
            <Td dataLabel="Host">{vm.node}</Td>
            <Td dataLabel="State">{vm.power === "on" ? "running" : vm.power}</Td>
            <Td dataLabel="Memory">{bytesText(vm.memory)}</Td>
            <Td dataLabel="CPUs">{vm.vcpus}</Td>
            <Td dataLabel="Protection">
              {vm.module === undefined ? (
                <Button
                  variant="link"
                  isInline
                  isDisabled={!mayProtect}
                  aria-label={`Protect ${vm.name}`}
                  onClick={() => {
                    onProtect(vm);
                  }}
                >
                  Protect …
                </Button>
              ) : (
                <Protection module={vm.module} />
              )}
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

const unknownLook: Look = { word: "Being set up", colour: "grey", icon: "InProgressIcon" };

function Protection({ module: id }: { readonly module: string }): ReactNode {
  const module = useModule(id);
  const look = module === undefined ? unknownLook : moduleLooks[module.colour];
  return (
    <span className="gm-protection">
      <LookLabel look={look} />
      <Link className="gm-link" to={paths.module(id)}>
        {id}
      </Link>
    </span>
  );
}

// SPDX-License-Identifier: Apache-2.0
// What a firewall between the hosts must let through.

import { ExpandableSection } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState, type ReactNode } from "react";
import type { PortUse } from "../../../core/api/contract.js";

export function Ports({ ports }: { readonly ports: readonly PortUse[] }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  return (
    <ExpandableSection
      toggleText={`Ports that a firewall must let through (${ports.length})`}
      isExpanded={isOpen}
      onToggle={(_event, next) => {
        setOpen(next);
      }}
    >
      <Table variant="compact" aria-label="Ports">
        <Thead>
          <Tr>
            <Th width={20}>Port</Th>
            <Th>Used for</Th>
          </Tr>
        </Thead>
        <Tbody>
          {ports.map(({ port, protocol, use }) => (
            <Tr key={`${port}/${protocol}`}>
              <Td dataLabel="Port" className="gm-mono">
                {port}/{protocol}
              </Td>
              <Td dataLabel="Used for">{use}</Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
    </ExpandableSection>
  );
}

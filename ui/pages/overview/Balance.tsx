// SPDX-License-Identifier: Apache-2.0
// What balancing would do, and why, before anything happens. A proposal is called by a mark on the button;
// the dialog shows hosts before and after, each move with its reason, and what stays although moving would
// help.

import { Badge, Button, Modal, ModalBody, ModalFooter, ModalHeader, Skeleton } from "@patternfly/react-core";
import { useState, type ReactNode } from "react";
import type { ModuleStatus, Placement } from "../../../core/api/contract.js";
import { bytesText, coresText, verbWords } from "../../../core/describe/words/words.js";
import { useAnswer } from "../../asking.js";
import { useStatus } from "../../live/live.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { barOf, MayButton } from "../../parts/MayButton.js";
import { useMoves } from "../../parts/moves/MovesProvider.js";
import { usePermission } from "../../session.js";

const askEveryMs = 30_000;

export function Balance(): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const { data } = useAnswer("GET /placement", [], { everyMs: askEveryMs });
  const count = data?.moves.length ?? 0;
  return (
    <>
      <Button variant="secondary" onClick={() => setOpen(true)}>
        Balance
        {count === 0 ? null : (
          <>
            {" "}
            <Badge screenReaderText={count === 1 ? "move proposed" : "moves proposed"}>{count}</Badge>
          </>
        )}
      </Button>
      {isOpen ? <BalanceDialog onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function BalanceDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { data, error } = useAnswer("GET /placement", []);
  const modules = useStatus()?.modules ?? [];
  const may = usePermission(verbWords.balance.role);
  const { begin, isRunning } = useMoves();
  const why = barOf(may) ?? whyNot(data, isRunning);
  const apply = (): void => {
    if (data === undefined) return;
    begin(data.moves.map(({ module, from, to }) => ({ module, vm: nameOf(modules, module), from, to })));
    onClose();
  };
  return (
    <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="balance-title">
      <ModalHeader
        title="Balance the hosts"
        labelId="balance-title"
        description="Nothing happens before you say so. Each VM that moves restarts on the other host."
      />
      <ModalBody tabIndex={0}>
        {error === null ? null : <FailureAlert failure={error} what="No proposal" />}
        {data === undefined && error === null ? <Skeleton screenreaderText="Looking for moves" /> : null}
        {data === undefined ? null : <Proposal placement={data} modules={modules} />}
      </ModalBody>
      <ModalFooter>
        <MayButton why={why} onClick={apply}>
          Move them, one after another
        </MayButton>
        <Button variant="link" onClick={onClose}>
          Close
        </Button>
      </ModalFooter>
    </Modal>
  );
}

function whyNot(placement: Placement | undefined, isRunning: boolean): string | null {
  if (isRunning) return "Moves are under way already.";
  if (placement === undefined) return "Moves are still being looked for.";
  return placement.moves.length === 0 ? "There is nothing to move." : null;
}

const nameOf = (modules: readonly ModuleStatus[], id: string): string =>
  modules.find((module) => module.id === id)?.vm ?? id;

function Proposal({
  placement,
  modules,
}: {
  readonly placement: Placement;
  readonly modules: readonly ModuleStatus[];
}): ReactNode {
  const { sentence, moves, held, before, after } = placement;
  return (
    <div className="gm-proposal">
      <p className="gm-proposal-sentence">{sentence}</p>
      {moves.length === 0 ? null : (
        <ol className="gm-proposal-moves">
          {moves.map(({ module, from, to, why }) => (
            <li key={module}>
              <strong>{nameOf(modules, module)}</strong> {from} → {to}
              <p className="gm-quiet">{why}</p>
            </li>
          ))}
        </ol>
      )}
      <Loads before={before} after={after} isSame={moves.length === 0} />
      {held.length === 0 ? null : (
        <>
          <h3>Stays where it is</h3>
          <ul>
            {held.map(({ module, why }) => (
              <li key={module}>
                {nameOf(modules, module)}: <span className="gm-quiet">{why}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function Loads({
  before,
  after,
  isSame,
}: Pick<Placement, "before" | "after"> & { readonly isSame: boolean }): ReactNode {
  return (
    <table className="gm-loads">
      <thead>
        <tr>
          <th scope="col">Host</th>
          <th scope="col">Now</th>
          {isSame ? null : <th scope="col">Afterwards</th>}
        </tr>
      </thead>
      <tbody>
        {before.map((now) => (
          <tr key={now.node}>
            <th scope="row">{now.node}</th>
            <td>{loadText(now)}</td>
            {isSame ? null : <td>{loadText(after.find(({ node }) => node === now.node))}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const loadText = (load: Placement["before"][number] | undefined): string =>
  load === undefined ? "–" : `${coresText(load.cpu)}, ${bytesText(load.memory)}`;

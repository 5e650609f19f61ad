// SPDX-License-Identifier: Apache-2.0
// The hosts side by side, each with its cards; below them what runs nowhere. Cards are dragged from column to
// column; a drop asks, it never acts.

import { memo, useId, type ReactNode } from "react";
import { createPortal } from "react-dom";
import type { Capacity, HostCapacity, ModuleStatus, NodeStatus, Status } from "../../../core/api/contract.js";
import { boardOf } from "./columns.js";
import type { Drag } from "./dragging.js";
import { HostHead } from "./HostHead.js";
import { ModuleCard, type CardHandlers } from "./ModuleCard.js";

interface BoardProps extends CardHandlers {
  readonly status: Status;
  readonly capacity: Capacity | undefined;
  readonly selected: ReadonlySet<string>;
  readonly drag: Drag | null;
}

export function Board({ status, capacity, selected, drag, ...handlers }: BoardProps): ReactNode {
  const { columns, nowhere } = boardOf(status);
  const grasped = drag?.modules ?? nobody;
  const minute = status.at.slice(0, 16);
  return (
    <>
      {nowhere.length === 0 ? null : (
        <section className="gm-nowhere" aria-labelledby="gm-nowhere">
          <h2 id="gm-nowhere">Running nowhere</h2>
          <Cards modules={nowhere} selected={selected} grasped={grasped} handlers={handlers} />
        </section>
      )}
      <div className="gm-board">
        {columns.map(({ node, modules }) => (
          <Column
            key={node.name}
            node={node}
            capacity={capacity?.hosts.find((host) => host.node === node.name)}
            at={minute}
            modules={modules}
            drop={dropOf(node.name, modules, drag)}
            selected={selected}
            grasped={grasped}
            handlers={handlers}
          />
        ))}
      </div>
    </>
  );
}

const nobody: readonly string[] = [];

type Drop = "none" | "may" | "here";

/** A column that holds all that is dragged is no target. */
function dropOf(node: string, modules: readonly ModuleStatus[], drag: Drag | null): Drop {
  if (drag === null) return "none";
  if (drag.modules.every((id) => modules.some((module) => module.id === id))) return "none";
  return drag.over === node ? "here" : "may";
}

interface ColumnProps {
  readonly node: NodeStatus;
  readonly capacity: HostCapacity | undefined;
  readonly at: string;
  readonly modules: readonly ModuleStatus[];
  readonly drop: Drop;
  readonly selected: ReadonlySet<string>;
  readonly grasped: readonly string[];
  readonly handlers: CardHandlers;
}

function Column({ node, capacity, at, modules, drop, selected, grasped, handlers }: ColumnProps): ReactNode {
  const titleId = useId();
  return (
    <section
      className="gm-host"
      aria-labelledby={titleId}
      data-node={node.name}
      data-drop={drop}
      data-heard={node.reachable}
    >
      <HostHead node={node} capacity={capacity} at={at} titleId={titleId} />
      {modules.length > 0 ? (
        <Cards modules={modules} selected={selected} grasped={grasped} handlers={handlers} />
      ) : (
        <p className="gm-host-empty">
          {node.reachable
            ? `No VM runs on ${node.name}. Drag a card here to move it.`
            : `${node.name} is silent: nothing is known to run there.`}
        </p>
      )}
      {drop === "here" ? <p className="gm-drop-word">Let go to move to {node.name}</p> : null}
    </section>
  );
}

interface CardsProps {
  readonly modules: readonly ModuleStatus[];
  readonly selected: ReadonlySet<string>;
  readonly grasped: readonly string[];
  readonly handlers: CardHandlers;
}

const Cards = memo(function Cards({ modules, selected, grasped, handlers }: CardsProps): ReactNode {
  return (
    <div className="gm-cards">
      {modules.map((module) => (
        <ModuleCard
          key={module.id}
          module={module}
          selected={selected.has(module.id)}
          grasped={grasped.includes(module.id)}
          onSelect={handlers.onSelect}
          onGrasp={handlers.onGrasp}
          onCommand={handlers.onCommand}
        />
      ))}
    </div>
  );
});

/** What hangs at the pointer while cards are dragged. */
export function Ghost({
  drag,
  modules,
  place,
}: {
  readonly drag: Drag | null;
  readonly modules: readonly ModuleStatus[];
  readonly place: React.RefObject<HTMLDivElement | null>;
}): ReactNode {
  if (drag === null) return null;
  const [first] = modules.filter(({ id }) => drag.modules.includes(id));
  const more = drag.modules.length - 1;
  return createPortal(
    <div className="gm-ghost" ref={place} aria-hidden="true">
      <strong>{first?.vm}</strong>
      {more > 0 ? ` and ${more} more` : ""}
    </div>,
    document.body,
  );
}

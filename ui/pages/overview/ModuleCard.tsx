// SPDX-License-Identifier: Apache-2.0
// A VM in one card: name, the one sentence, what would happen if its host died, both nodes' roles, live
// figures, what may be done. Memoised: it redraws when its own module changed, not with every second.

import { Checkbox, Progress, Tooltip } from "@patternfly/react-core";
import GripVerticalIcon from "@patternfly/react-icons/dist/esm/icons/grip-vertical-icon";
import ShieldAltIcon from "@patternfly/react-icons/dist/esm/icons/shield-alt-icon";
import { memo, type PointerEvent, type ReactNode } from "react";
import { Link } from "react-router";
import type { ModuleOnNode, ModuleStatus } from "../../../core/api/contract.js";
import {
  copyingWords,
  donePart,
  lastKnownLook,
  moduleLooks,
  percentText,
  reintegrationDetail,
  roles,
  stateLooks,
} from "../../../core/describe/words/words.js";
import { LookLabel } from "../../parts/LookLabel.js";
import { WordIcon } from "../../parts/WordIcon.js";
import { paths } from "../../paths.js";
import { otherNode } from "./columns.js";
import { CardFigures } from "./CardFigures.js";
import { ModuleMenu, type MenuCommand } from "./ModuleMenu.js";

export interface CardHandlers {
  readonly onSelect: (module: string, selected: boolean) => void;
  readonly onGrasp: (module: ModuleStatus, event: PointerEvent) => void;
  readonly onCommand: (module: ModuleStatus, command: MenuCommand) => void;
}

interface CardProps extends CardHandlers {
  readonly module: ModuleStatus;
  readonly selected: boolean;
  /** It is being dragged just now. */
  readonly grasped: boolean;
}

export const ModuleCard = memo(function ModuleCard(props: CardProps): ReactNode {
  const { module, selected, grasped, onSelect, onGrasp, onCommand } = props;
  const { id, vm, sentence, colour, ifHostDied, nodes, active, conflict } = module;
  return (
    <article
      className="gm-card"
      data-colour={colour}
      data-selected={selected}
      data-grasped={grasped}
      data-module={id}
      aria-label={vm}
      onPointerDown={(event) => onGrasp(module, event)}
    >
      <div className="gm-card-head">
        <Checkbox
          id={`select-${id}`}
          aria-label={`Select ${vm}`}
          isChecked={selected}
          onChange={(_event, checked) => onSelect(id, checked)}
        />
        <h3 className="gm-card-name">
          <Link to={paths.module(id)} draggable={false}>
            {vm}
          </Link>
          {vm === id ? null : <span className="gm-card-id">{id}</span>}
        </h3>
        <Grip {...props} />
        <ModuleMenu module={module} onCommand={onCommand} />
      </div>
      <p className="gm-card-sentence">
        <WordIcon name={moduleLooks[colour].icon} />
        <span>{sentence}</span>
      </p>
      {conflict ? (
        <Link className="gm-card-decide" to={paths.decide(id)} draggable={false}>
          Compare both copies and decide
        </Link>
      ) : null}
      <Copying module={module} />
      <ul className="gm-card-nodes" aria-label={`${vm} on its hosts`}>
        {nodes.map((one) => (
          <li key={one.node}>
            <NodeBadge one={one} />
          </li>
        ))}
      </ul>
      {active === null ? null : <CardFigures module={id} />}
      <p className="gm-card-died gm-quiet">
        <ShieldAltIcon />
        <span>{ifHostDied.sentence}</span>
      </p>
    </article>
  );
});

/** Grasped by pointer it drags; pressed, by keyboard too, it asks for the move at once. */
function Grip({ module, onCommand }: CardProps): ReactNode {
  const to = otherNode(module);
  if (to === null) return null;
  return (
    <Tooltip content={`Drag to ${to}, or press to move it there`} entryDelay={700}>
      <button
        type="button"
        className="gm-grip"
        data-grip="true"
        aria-label={`Move ${module.vm} to ${to}`}
        onClick={() => onCommand(module, { kind: "verb", verb: "swap" })}
      >
        <GripVerticalIcon />
      </button>
    </Tooltip>
  );
}

function NodeBadge({ one }: { readonly one: ModuleOnNode }): ReactNode {
  const look = one.live ? stateLooks[one.state][one.stability] : lastKnownLook;
  const words = `${one.node}: ${look.word}. ${roles[one.state].sentence}`;
  return (
    <Tooltip content={one.upToDate ? words : `${words} Its copy is not up to date.`} entryDelay={500}>
      <LookLabel look={look}>
        {one.node} · {one.live ? roles[one.state].badge : `last known: ${roles[one.state].badge}`}
      </LookLabel>
    </Tooltip>
  );
}

function Copying({ module }: { readonly module: ModuleStatus }): ReactNode {
  const copy = module.reintegration;
  if (copy === null) return null;
  const part = donePart(copy);
  return (
    <Progress
      className="gm-card-progress"
      size="sm"
      measureLocation="none"
      value={Math.round(part * 1000) / 10}
      aria-label={`${copyingWords[copy.kind]}: ${percentText(part)}`}
      helperText={reintegrationDetail(copy)}
    />
  );
}

// SPDX-License-Identifier: Apache-2.0
// Everything that may be done with a module, by menu and so by keyboard. What is not possible stays visible,
// greyed, and says why: by role or by state.

import {
  Divider,
  Dropdown,
  DropdownItem,
  DropdownList,
  MenuToggle,
  type MenuToggleElement,
} from "@patternfly/react-core";
import EllipsisVIcon from "@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon";
import { memo, useState, type ReactNode, type Ref } from "react";
import type { ModuleStatus } from "../../../core/api/contract.js";
import type { ModuleVerb } from "../../../core/base/vocabulary.js";
import { verbWords } from "../../../core/describe/words/words.js";
import { barOf } from "../../parts/MayButton.js";
import { WordIcon } from "../../parts/WordIcon.js";
import { usePermission } from "../../session.js";
import { actionOf, otherNode } from "./columns.js";

export type MenuCommand =
  | { readonly kind: "verb"; readonly verb: ModuleVerb; readonly node?: string }
  | { readonly kind: "verify" }
  | { readonly kind: "open" }
  | { readonly kind: "decide" };

interface Entry {
  readonly key: string;
  readonly label: string;
  readonly icon: string;
  readonly command: MenuCommand;
  /** Null: it may be done. */
  readonly why: string | null;
}

/** Not into the body: what lies outside of every landmark is lost on who navigates by them. */
const insideMain = (): HTMLElement => document.querySelector("main") ?? document.body;

interface MenuProps {
  readonly module: ModuleStatus;
  readonly onCommand: (module: ModuleStatus, command: MenuCommand) => void;
}

export const ModuleMenu = memo(function ModuleMenu({ module, onCommand }: MenuProps): ReactNode {
  const [isOpen, setOpen] = useState(false);
  return (
    <Dropdown
      isOpen={isOpen}
      onOpenChange={setOpen}
      shouldFocusToggleOnSelect
      onSelect={() => setOpen(false)}
      popperProps={{ position: "right", preventOverflow: true, appendTo: insideMain }}
      toggle={(toggle: Ref<MenuToggleElement>) => (
        <MenuToggle
          ref={toggle}
          variant="plain"
          icon={<EllipsisVIcon />}
          isExpanded={isOpen}
          aria-label={`Actions for ${module.vm}`}
          onClick={() => setOpen(!isOpen)}
        />
      )}
    >
      {isOpen ? <Entries module={module} onCommand={onCommand} /> : null}
    </Dropdown>
  );
});

function Entries({ module, onCommand }: MenuProps): ReactNode {
  const may = usePermission("control");
  const entries = entriesOf(module, barOf(may));
  return (
    <DropdownList>
      <DropdownItem key="open" onClick={() => onCommand(module, { kind: "open" })}>
        Open {module.vm}
      </DropdownItem>
      <Divider key="line" component="li" />
      {entries.map(({ key, label, icon, command, why }) => (
        <DropdownItem
          key={key}
          icon={<WordIcon name={icon} />}
          isAriaDisabled={why !== null}
          {...(why === null ? {} : { description: why })}
          onClick={() => {
            if (why === null) onCommand(module, command);
          }}
        >
          {label}
        </DropdownItem>
      ))}
    </DropdownList>
  );
}

/** `barred`: why the person's role forbids all of it. */
function entriesOf(module: ModuleStatus, barred: string | null): Entry[] {
  const to = otherNode(module);
  const entry = (verb: ModuleVerb, label: string = verbWords[verb].label): Entry => {
    const { allowed, why } = actionOf(module, verb);
    const { icon } = verbWords[verb];
    return {
      key: verb,
      label,
      icon,
      command: { kind: "verb", verb },
      why: barred ?? (allowed ? null : why),
    };
  };
  return [
    entry("swap", to === null ? verbWords.swap.label : `Move to ${to}`),
    entry("start"),
    entry("stop"),
    entry("restart"),
    entry("stopstart"),
    {
      key: "verify",
      label: verbWords.verify.label,
      icon: verbWords.verify.icon,
      command: { kind: "verify" },
      why:
        barred ?? (module.active === null ? "The VM does not run: there is nothing to compare with." : null),
    },
    // Whether a node may become secondary, that node's preview says.
    ...module.nodes.map(({ node }): Entry => ({
      ...entry("second", `Start ${node} as secondary`),
      key: `second-${node}`,
      command: { kind: "verb", verb: "second", node },
      why: barred,
    })),
    {
      ...entry("prim", module.conflict ? verbWords.resolve.label : "Choose the copy that counts"),
      key: "decide",
      icon: verbWords.resolve.icon,
      command: { kind: "decide" },
      why: barred,
    },
  ];
}

// SPDX-License-Identifier: Apache-2.0
// What may be done with the module: the commonest as buttons, everything in the menu. What is not possible
// stays where it is and says why. Each opens the dialog that says what would happen.

import {
  Alert,
  AlertActionCloseButton,
  AlertGroup,
  Dropdown,
  DropdownItem,
  DropdownList,
  MenuToggle,
  type MenuToggleElement,
} from "@patternfly/react-core";
import { useState, type ReactNode, type Ref } from "react";
import { useNavigate } from "react-router";
import type { ModuleStatus } from "../../../core/api/contract.js";
import { ConfirmAction } from "../../parts/ConfirmAction.js";
import type { AskedAction } from "../../parts/Preview.js";
import { barOf, MayButton } from "../../parts/MayButton.js";
import { WordIcon } from "../../parts/WordIcon.js";
import { paths } from "../../paths.js";
import { usePermission } from "../../session.js";
import { choicesOf, type Choice } from "./choices.js";

export function ActionBar({ module }: { readonly module: ModuleStatus }): ReactNode {
  const may = usePermission("control");
  const navigate = useNavigate();
  const [asked, setAsked] = useState<AskedAction | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const choices = choicesOf(module, barOf(may));
  const choose = ({ verb, node, decides }: Choice): void => {
    if (decides === true) void navigate(paths.decide(module.id));
    else setAsked({ module: module.id, vm: module.vm, verb, ...(node !== undefined && { node }) });
  };
  return (
    <>
      {choices
        .filter(({ upFront }) => upFront)
        .map((choice) => (
          <ChoiceButton key={choice.key} choice={choice} onChoose={choose} />
        ))}
      <ChoiceMenu name={module.vm} choices={choices} onChoose={choose} />
      {asked !== null && (
        <ConfirmAction
          asked={[asked]}
          onClose={() => {
            setAsked(null);
          }}
          onDone={(replies) => {
            setSaid(replies.map(({ sentence }) => sentence).join(" "));
          }}
        />
      )}
      {said !== null && <Said sentence={said} onClose={setSaid} />}
    </>
  );
}

interface ChoiceProps {
  readonly choice: Choice;
  readonly onChoose: (choice: Choice) => void;
}

function ChoiceButton({ choice, onChoose }: ChoiceProps): ReactNode {
  const { label, icon, why } = choice;
  return (
    <MayButton
      variant={choice.verb === "swap" || choice.verb === "resolve" ? "primary" : "secondary"}
      icon={<WordIcon name={icon} />}
      why={why}
      onClick={() => onChoose(choice)}
    >
      {label}
    </MayButton>
  );
}

interface ChoiceMenuProps {
  readonly name: string;
  readonly choices: readonly Choice[];
  readonly onChoose: (choice: Choice) => void;
}

function ChoiceMenu({ name, choices, onChoose }: ChoiceMenuProps): ReactNode {
  const [isOpen, setOpen] = useState(false);
  return (
    <Dropdown
      isOpen={isOpen}
      onOpenChange={setOpen}
      shouldFocusToggleOnSelect
      onSelect={() => {
        setOpen(false);
      }}
      popperProps={{ position: "right", preventOverflow: true, appendTo: "inline" }}
      toggle={(toggle: Ref<MenuToggleElement>) => (
        <MenuToggle
          ref={toggle}
          isExpanded={isOpen}
          aria-label={`All actions for ${name}`}
          onClick={() => {
            setOpen(!isOpen);
          }}
        >
          All actions
        </MenuToggle>
      )}
    >
      <DropdownList>
        {choices.map((choice) => (
          <DropdownItem
            key={choice.key}
            icon={<WordIcon name={choice.icon} />}
            isAriaDisabled={choice.why !== null}
            description={choice.why ?? choice.sentence}
            onClick={() => {
              if (choice.why === null) onChoose(choice);
            }}
          >
            {choice.label}
          </DropdownItem>
        ))}
      </DropdownList>
    </Dropdown>
  );
}

interface SaidProps {
  readonly sentence: string;
  readonly onClose: (said: null) => void;
}

function Said({ sentence, onClose }: SaidProps): ReactNode {
  const close = (): void => {
    onClose(null);
  };
  return (
    <AlertGroup isToast isLiveRegion>
      <Alert
        variant="success"
        title={sentence}
        timeout={8000}
        onTimeout={close}
        actionClose={<AlertActionCloseButton onClose={close} />}
      />
    </AlertGroup>
  );
}

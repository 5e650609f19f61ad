// SPDX-License-Identifier: Apache-2.0
// Who is logged in, as what, and the way out.

import {
  Divider,
  Dropdown,
  DropdownItem,
  DropdownList,
  MenuToggle,
  type MenuToggleElement,
} from "@patternfly/react-core";
import UserIcon from "@patternfly/react-icons/dist/esm/icons/user-icon";
import { useState, type ReactNode, type Ref } from "react";
import { useNavigate } from "react-router";
import { roleWords } from "../../core/describe/words/words.js";
import { paths } from "../paths.js";
import { useSession, useSessionHold } from "../session.js";

export function PersonMenu(): ReactNode {
  const { user, role, node } = useSession();
  const { leave } = useSessionHold();
  const [isOpen, setOpen] = useState(false);
  const navigate = useNavigate();
  return (
    <Dropdown
      isOpen={isOpen}
      onOpenChange={setOpen}
      shouldFocusToggleOnSelect
      onSelect={() => setOpen(false)}
      popperProps={{ position: "right", appendTo: "inline" }}
      toggle={(toggle: Ref<MenuToggleElement>) => (
        <MenuToggle
          ref={toggle}
          variant="plainText"
          icon={<UserIcon />}
          isExpanded={isOpen}
          aria-label={`${user}, ${roleWords[role].label}`}
          onClick={() => setOpen(!isOpen)}
        >
          <span className="gm-wide-only">{user}</span>
        </MenuToggle>
      )}
    >
      <DropdownList>
        <DropdownItem key="who" isDisabled description={roleWords[role].sentence}>
          {user} · {roleWords[role].label} · on {node}
        </DropdownItem>
        <Divider key="line" component="li" />
        <DropdownItem key="account" onClick={() => void navigate(paths.account)}>
          Account and alarm sound
        </DropdownItem>
        <DropdownItem key="leave" onClick={() => leave("by-person")}>
          Log out
        </DropdownItem>
      </DropdownList>
    </Dropdown>
  );
}

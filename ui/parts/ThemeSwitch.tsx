// SPDX-License-Identifier: Apache-2.0
// Dark or light, by one button; the choice stays in this browser.

import { Button, Tooltip } from "@patternfly/react-core";
import MoonIcon from "@patternfly/react-icons/dist/esm/icons/moon-icon";
import SunIcon from "@patternfly/react-icons/dist/esm/icons/sun-icon";
import type { ReactNode } from "react";
import { useIsDark, useTheme } from "../theme.js";

export function ThemeSwitch(): ReactNode {
  const dark = useIsDark();
  const [, choose] = useTheme();
  const label = dark ? "Light theme" : "Dark theme";
  return (
    <Tooltip content={label}>
      <Button
        variant="plain"
        aria-label={label}
        icon={dark ? <SunIcon /> : <MoonIcon />}
        onClick={() => choose(dark ? "light" : "dark")}
      />
    </Tooltip>
  );
}

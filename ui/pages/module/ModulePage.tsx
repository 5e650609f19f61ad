// SPDX-License-Identifier: Apache-2.0
// The page Module.

import type { ReactNode } from "react";
import { Page } from "../../parts/Page.js";

export default function ModulePage(): ReactNode {
  return <Page title="Module">{null}</Page>;
}

// SPDX-License-Identifier: Apache-2.0
// The page Protect.

import type { ReactNode } from "react";
import { Page } from "../../parts/Page.js";

export default function Protect(): ReactNode {
  return <Page title="Protect">{null}</Page>;
}

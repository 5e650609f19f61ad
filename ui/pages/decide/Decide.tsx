// SPDX-License-Identifier: Apache-2.0
// The page Decide.

import type { ReactNode } from "react";
import { Page } from "../../parts/Page.js";

export default function Decide(): ReactNode {
  return <Page title="Decide">{null}</Page>;
}

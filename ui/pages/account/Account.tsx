// SPDX-License-Identifier: Apache-2.0
// The page Account.

import type { ReactNode } from "react";
import { Page } from "../../parts/Page.js";

export default function Account(): ReactNode {
  return <Page title="Account">{null}</Page>;
}

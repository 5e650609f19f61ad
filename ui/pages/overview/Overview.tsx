// SPDX-License-Identifier: Apache-2.0
// The page Overview.

import type { ReactNode } from "react";
import { Page } from "../../parts/Page.js";

export default function Overview(): ReactNode {
  return <Page title="Overview">{null}</Page>;
}

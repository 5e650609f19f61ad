// SPDX-License-Identifier: Apache-2.0
// The page Events.

import type { ReactNode } from "react";
import { Page } from "../../parts/Page.js";

export default function Events(): ReactNode {
  return <Page title="Events">{null}</Page>;
}

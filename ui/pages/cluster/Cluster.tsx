// SPDX-License-Identifier: Apache-2.0
// The page Cluster.

import type { ReactNode } from "react";
import { Page } from "../../parts/Page.js";

export default function Cluster(): ReactNode {
  return <Page title="Cluster">{null}</Page>;
}

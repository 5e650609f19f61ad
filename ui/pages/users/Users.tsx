// SPDX-License-Identifier: Apache-2.0
// The page Users.

import type { ReactNode } from "react";
import { Page } from "../../parts/Page.js";

export default function Users(): ReactNode {
  return <Page title="Users">{null}</Page>;
}

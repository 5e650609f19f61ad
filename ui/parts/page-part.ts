// SPDX-License-Identifier: Apache-2.0
// A page, or a part of one, that is fetched only when somebody looks at it. When that fails although the node
// answers, the file is gone: a new console has taken the old one's place while this page was open. That is
// said in words, not in the browser's.

import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import { ApiFailure } from "../api.js";

export function pagePart<Props>(
  load: () => Promise<{ readonly default: ComponentType<Props> }>,
): LazyExoticComponent<ComponentType<Props>> {
  return lazy(() => load().catch(gone));
}

function gone(thrown: unknown): never {
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  const told = {
    code: "",
    message: "A part of the console could not be fetched: the console on this node was probably updated.",
    where: why,
    next: "Load it again: you stay logged in, and the cluster is not touched by this.",
  };
  throw new ApiFailure(-1, told);
}

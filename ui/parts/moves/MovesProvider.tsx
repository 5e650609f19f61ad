// SPDX-License-Identifier: Apache-2.0
// Carries out a row of swaps while the person goes on working on any page. Lives above the pages; what it
// does is shown by MovesProgress.

import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { ApiFailure, failureOf } from "../../api.js";
import { useTransport } from "../../asking.js";
import { useStatus } from "../../live/live.js";
import { current, planned, told, type MoveEvent, type MoveStep, type RowMove } from "./moves.js";

interface Moves {
  readonly steps: readonly MoveStep[];
  readonly isRunning: boolean;
  readonly begin: (moves: readonly RowMove[]) => void;
  /** What is under way ends, what waits is not begun. */
  readonly stop: () => void;
  readonly forget: () => void;
}

const MovesContext = createContext<Moves | undefined>(undefined);

export function useMoves(): Moves {
  const moves = useContext(MovesContext);
  if (moves === undefined) throw new Error("No MovesProvider above this component");
  return moves;
}

export function MovesProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [steps, setSteps] = useState<readonly MoveStep[]>([]);
  const tell = useCallback((event: MoveEvent) => setSteps((before) => told(before, event)), []);
  const now = current(steps);
  useNextSwap(now, tell);
  useArrival(now, tell);
  const moves = useMemo<Moves>(
    () => ({
      steps,
      isRunning: now !== undefined,
      begin: (wanted) => setSteps(planned(wanted)),
      stop: () => tell({ kind: "stop" }),
      forget: () => setSteps([]),
    }),
    [steps, now, tell],
  );
  return <MovesContext value={moves}>{children}</MovesContext>;
}

function useNextSwap(now: MoveStep | undefined, tell: (event: MoveEvent) => void): void {
  const transport = useTransport();
  const waiting = now?.state.kind === "waiting" ? now.module : undefined;
  useEffect(() => {
    if (waiting === undefined) return;
    tell({ kind: "asked" });
    transport.ask("POST /modules/:module/commands", { module: waiting }, { verb: "swap" }).then(
      () => tell({ kind: "accepted" }),
      (thrown: unknown) => tell({ kind: "refused", why: failureOf(thrown) }),
    );
  }, [waiting, transport, tell]);
}

function useArrival(now: MoveStep | undefined, tell: (event: MoveEvent) => void): void {
  const status = useStatus();
  const module = status?.modules.find(({ id }) => id === now?.module);
  const isUnderWay = now?.state.kind === "under-way";
  useEffect(() => {
    if (module !== undefined && isUnderWay) tell({ kind: "seen", module, cameBack: cameBack(module.vm) });
  }, [module, isUnderWay, tell]);
}

const cameBack = (vm: string): ApiFailure =>
  new ApiFailure(-1, {
    code: "",
    message: "It did not start on the other host and runs again where it was.",
    where: vm,
    next: "The module's timeline says why; then move it again.",
  });

// SPDX-License-Identifier: Apache-2.0
// Who is logged in here. Nobody: the login stands in place of the page, at the same address, so that the
// person is back where the session ended. The cookie is http-only; all a script knows is GET /session.

import { useQueryClient } from "@tanstack/react-query";
import { createContext, useCallback, useContext, useState, type ReactNode } from "react";
import type { CallWay, Role, Session } from "../core/api/contract.js";
import { mayDo, roleWords } from "../core/describe/words/words.js";
import type { ApiFailure } from "./api.js";
import { useAnswer, useTransport } from "./asking.js";
import { forget } from "./live/last-known.js";

export const sessionWay = "GET /session" satisfies CallWay;

/** Why the login is shown. */
export type LoggedOut = "first" | "ended" | "idle" | "by-person";

export type SessionState =
  | { readonly kind: "asking" }
  | { readonly kind: "nobody"; readonly why: LoggedOut }
  | { readonly kind: "silent"; readonly failure: ApiFailure }
  | { readonly kind: "somebody"; readonly session: Session };

interface SessionHold {
  readonly state: SessionState;
  readonly enter: (session: Session) => void;
  readonly leave: (why: LoggedOut) => void;
  readonly askAgain: () => void;
}

const SessionContext = createContext<SessionHold | undefined>(undefined);

export function SessionProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const transport = useTransport();
  const client = useQueryClient();
  const { data, error, refetch } = useAnswer(sessionWay, []);
  const [left, setLeft] = useState<LoggedOut | undefined>();
  const enter = useCallback(
    (session: Session) => {
      setLeft(undefined);
      client.setQueryData([sessionWay], session);
    },
    [client],
  );
  const leave = useCallback(
    (why: LoggedOut) => {
      setLeft(why);
      forget();
      if (why !== "ended") void transport.ask("POST /logout").catch(() => undefined);
      // What the last person saw is not the next one's: the role may be another.
      client.removeQueries({ predicate: ({ queryKey: [key] }) => key !== sessionWay });
    },
    [client, transport],
  );
  const askAgain = useCallback(() => void refetch(), [refetch]);
  const state = stateOf(data, error, left);
  return <SessionContext value={{ state, enter, leave, askAgain }}>{children}</SessionContext>;
}

function stateOf(
  session: Session | undefined,
  failure: ApiFailure | null,
  left: LoggedOut | undefined,
): SessionState {
  if (left !== undefined) return { kind: "nobody", why: left };
  if (failure?.isLoggedOut === true)
    return { kind: "nobody", why: session === undefined ? "first" : "ended" };
  // A node that falls silent later does not end anybody's session: the page stays as it was.
  if (session !== undefined) return { kind: "somebody", session };
  return failure === null ? { kind: "asking" } : { kind: "silent", failure };
}

export function useSessionHold(): SessionHold {
  const hold = useContext(SessionContext);
  if (hold === undefined) throw new Error("No SessionProvider above this component");
  return hold;
}

/** Below the login gate there is always somebody. */
export function useSession(): Session {
  const { state } = useSessionHold();
  if (state.kind !== "somebody") throw new Error("Nobody is logged in above this component");
  return state.session;
}

export interface RolePermission {
  readonly allowed: boolean;
  /** For a greyed button: why not. */
  readonly why: string;
}

/** May the person do what needs `role`? */
export function usePermission(role: Role): RolePermission {
  const { role: own } = useSession();
  if (mayDo(own, role)) return { allowed: true, why: "" };
  return {
    allowed: false,
    why: `This needs the role ${roleWords[role].label}; you are logged in as ${roleWords[own].label}.`,
  };
}

// SPDX-License-Identifier: Apache-2.0
// Commands that need no confirmation: sent at once, what the API says to them is announced, a refusal stays
// on the page until it is closed.

import { useCallback, useMemo, useState } from "react";
import type { CommandReply, ModuleStatus } from "../../../core/api/contract.js";
import { verbWords } from "../../../core/describe/words/words.js";
import { failureOf, type ApiFailure } from "../../api.js";
import { useChange } from "../../asking.js";
import { statusPath } from "../../live/live.js";
import type { AskedAction } from "../../parts/Preview.js";

export interface Immediate {
  readonly send: (asked: readonly AskedAction[]) => void;
  readonly verify: (module: ModuleStatus) => void;
  readonly said: string;
  readonly failure: { readonly what: string; readonly why: ApiFailure } | null;
  readonly clear: () => void;
}

export function useImmediate(): Immediate {
  const { mutateAsync } = useChange<CommandReply | { readonly started: boolean }>([statusPath]);
  const [said, setSaid] = useState("");
  const [failure, setFailure] = useState<Immediate["failure"]>(null);
  const post = useCallback(
    async (what: string, path: string, body: unknown) => {
      try {
        const reply = await mutateAsync({ method: "POST", path, body });
        setSaid("sentence" in reply ? reply.sentence : `${what}: begun.`);
      } catch (thrown) {
        setFailure({ what, why: failureOf(thrown) });
      }
    },
    [mutateAsync],
  );
  const send = useCallback(
    (asked: readonly AskedAction[]) => {
      for (const { module, vm, verb, node } of asked)
        void post(`${verbWords[verb].label} ${vm}`, `/modules/${module}/commands`, {
          verb,
          ...(node === undefined ? {} : { node }),
        });
    },
    [post],
  );
  const verify = useCallback(
    ({ id, vm }: ModuleStatus) => void post(`${verbWords.verify.label} ${vm}`, `/modules/${id}/verify`, {}),
    [post],
  );
  const clear = useCallback(() => setFailure(null), []);
  return useMemo(() => ({ send, verify, said, failure, clear }), [send, verify, said, failure, clear]);
}

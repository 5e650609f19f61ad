// SPDX-License-Identifier: Apache-2.0
// Commands that need no confirmation: sent at once, what the API says to them is announced, a refusal stays
// on the page until it is closed.

import { useCallback, useMemo, useState } from "react";
import type { ModuleStatus } from "../../../core/api/contract.js";
import { verbWords } from "../../../core/describe/words/words.js";
import { failureOf, type ApiFailure } from "../../api.js";
import { useChange } from "../../asking.js";
import type { AskedAction } from "../../parts/Preview.js";

export interface Immediate {
  readonly send: (asked: readonly AskedAction[]) => void;
  readonly verify: (module: ModuleStatus) => void;
  readonly said: string;
  readonly failure: { readonly what: string; readonly why: ApiFailure } | null;
  readonly clear: () => void;
}

export function useImmediate(): Immediate {
  const { mutateAsync: command } = useChange("POST /modules/:module/commands", ["GET /status"]);
  const { mutateAsync: compare } = useChange("POST /modules/:module/verify", ["GET /status"]);
  const [said, setSaid] = useState("");
  const [failure, setFailure] = useState<Immediate["failure"]>(null);
  const tell = useCallback(async (what: string, answer: Promise<string>) => {
    try {
      setSaid(await answer);
    } catch (thrown) {
      setFailure({ what, why: failureOf(thrown) });
    }
  }, []);
  const send = useCallback(
    (asked: readonly AskedAction[]) => {
      for (const { module, vm, verb, node } of asked) {
        const reply = command([{ module }, { verb, ...(node === undefined ? {} : { node }) }]);
        void tell(
          `${verbWords[verb].label} ${vm}`,
          reply.then(({ sentence }) => sentence),
        );
      }
    },
    [command, tell],
  );
  const verify = useCallback(
    ({ id, vm }: ModuleStatus) => {
      const what = `${verbWords.verify.label} ${vm}`;
      void tell(
        what,
        compare([{ module: id }, {}]).then(() => `${what}: begun.`),
      );
    },
    [compare, tell],
  );
  const clear = useCallback(() => setFailure(null), []);
  return useMemo(() => ({ send, verify, said, failure, clear }), [send, verify, said, failure, clear]);
}

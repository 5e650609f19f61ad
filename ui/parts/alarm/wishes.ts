// SPDX-License-Identifier: Apache-2.0
// How this browser calls for a person: sound and notification, both off until somebody wants them. Title and
// favicon always show alarms.

import { useCallback, useSyncExternalStore } from "react";

export type CallWish = "sound" | "notification";
const listeners = new Set<() => void>();
const keyOf = (call: CallWish): string => `gemel-alarm-${call}`;

export const isWanted = (call: CallWish): boolean => localStorage.getItem(keyOf(call)) === "on";

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useWish(call: CallWish): readonly [boolean, (wanted: boolean) => void] {
  const wanted = useSyncExternalStore(subscribe, () => isWanted(call));
  const choose = useCallback(
    (isOn: boolean) => {
      localStorage.setItem(keyOf(call), isOn ? "on" : "off");
      listeners.forEach((listener) => {
        listener();
      });
    },
    [call],
  );
  return [wanted, choose];
}

// SPDX-License-Identifier: Apache-2.0
// How this browser calls for a person: sound and notification, both off until somebody wants them. Title and
// favicon always show alarms.

import { useCallback, useSyncExternalStore } from "react";

export type Call = "sound" | "notification";
const listeners = new Set<() => void>();
const keyOf = (call: Call): string => `gemel-alarm-${call}`;

export const isWanted = (call: Call): boolean => localStorage.getItem(keyOf(call)) === "on";

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useWish(call: Call): readonly [boolean, (wanted: boolean) => void] {
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

/** Two short tones, made here: no file, no request. */
export function ring(): void {
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.type = "triangle";
  tone.connect(volume).connect(audio.destination);
  const begin = audio.currentTime;
  tone.frequency.setValueAtTime(880, begin);
  tone.frequency.setValueAtTime(660, begin + 0.18);
  volume.gain.setValueAtTime(0.001, begin);
  volume.gain.exponentialRampToValueAtTime(0.25, begin + 0.03);
  volume.gain.exponentialRampToValueAtTime(0.001, begin + 0.42);
  tone.start(begin);
  tone.stop(begin + 0.45);
  tone.onended = () => void audio.close();
}

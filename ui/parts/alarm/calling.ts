// SPDX-License-Identifier: Apache-2.0
// The calls themselves: two tones, and a notification of the browser. Each browser has its own reasons to
// refuse them, and none of those may break a page that shows an alarm.

import { useSyncExternalStore } from "react";

/** One for the page: each holds a device, and one that the browser keeps silent never ends by itself. */
let audio: AudioContext | undefined;
/** Waiting for the browser's leave; told: it has taken so long that a person should know. */
let wait: "none" | "short" | "told" = "none";
const listeners = new Set<() => void>();
/** A browser that gives its leave at once needs some milliseconds for it. */
const toldMs = 1_000;

function become(next: typeof wait): void {
  wait = next;
  for (const tell of listeners) tell();
}

/**
 * Made here: no file, no request. A browser keeps sound back until somebody has touched the page; then it
 * rings once, at the first touch.
 */
export function ring(): void {
  const device = deviceOf();
  if (device === undefined) return;
  if (device.state === "running") play(device);
  if (device.state === "running" || wait !== "none") return;
  become("short");
  const timer = setTimeout(() => {
    become("told");
  }, toldMs);
  const leaves = new AbortController();
  const sounds = (): void => {
    if (leaves.signal.aborted) return;
    leaves.abort();
    clearTimeout(timer);
    become("none");
    play(device);
  };
  // Asked for again with each touch: a browser that refused once does not look again by itself.
  const ask = (): void => {
    void device.resume().then(sounds, () => undefined);
  };
  for (const kind of ["pointerdown", "pointerup", "keydown"] as const)
    addEventListener(kind, ask, { capture: true, signal: leaves.signal });
  ask();
}

/** Undefined: this computer has none to give. */
function deviceOf(): AudioContext | undefined {
  try {
    audio ??= new AudioContext();
  } catch {
    return undefined;
  }
  return audio;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The browser does not let an alarm be heard. */
export const useIsSilenced = (): boolean => useSyncExternalStore(subscribe, () => wait === "told");

function play(device: AudioContext): void {
  const tone = device.createOscillator();
  const volume = device.createGain();
  tone.type = "triangle";
  tone.connect(volume).connect(device.destination);
  const begin = device.currentTime;
  tone.frequency.setValueAtTime(880, begin);
  tone.frequency.setValueAtTime(660, begin + 0.18);
  volume.gain.setValueAtTime(0.001, begin);
  volume.gain.exponentialRampToValueAtTime(0.25, begin + 0.03);
  volume.gain.exponentialRampToValueAtTime(0.001, begin + 0.42);
  tone.start(begin);
  tone.stop(begin + 0.45);
}

/** False: this browser shows none. On telephones the class is there, and making one throws. */
export function notify(sentence: string, next: string, id: string): boolean {
  if (!("Notification" in window) || Notification.permission !== "granted") return false;
  try {
    new Notification(sentence, { body: next, tag: id });
    return true;
  } catch {
    return false;
  }
}

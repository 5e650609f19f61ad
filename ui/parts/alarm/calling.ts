// SPDX-License-Identifier: Apache-2.0
// The calls themselves: two tones, and a notification of the browser. Each browser has its own reasons to
// refuse them, and none of those may break a page that shows an alarm.

/** One for the page: each holds a device, and one that the browser keeps silent never ends by itself. */
let audio: AudioContext | undefined;
let isHeldBack = false;

/**
 * Made here: no file, no request. A browser that has not been touched since the page was loaded keeps sound
 * back; then it rings once, as soon as somebody touches the page.
 */
export function ring(): void {
  if (isHeldBack) return;
  audio ??= new AudioContext();
  if (audio.state === "running") {
    play(audio);
    return;
  }
  isHeldBack = true;
  const device = audio;
  void device
    .resume()
    .then(() => play(device))
    .catch(() => undefined)
    .finally(() => (isHeldBack = false));
}

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

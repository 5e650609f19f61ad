// SPDX-License-Identifier: Apache-2.0
// How long nobody has touched the page. The idle log-out is the daemon's; the page only tells it, and warns
// the person before it happens.

let lastTouch = performance.now();

export function touched(): void {
  lastTouch = performance.now();
}

export function watchPresence(): void {
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const)
    addEventListener(kind, touched, { passive: true, capture: true });
}

export const idleSeconds = (): number => (performance.now() - lastTouch) / 1000;

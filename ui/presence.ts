// SPDX-License-Identifier: Apache-2.0
// How long nobody has touched the page. The idle log-out is the daemon's; the page only tells it, and warns
// the person before it happens.

let lastTouch = performance.now();

export function watchPresence(): void {
  const touch = (): void => {
    lastTouch = performance.now();
  };
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const)
    addEventListener(kind, touch, { passive: true, capture: true });
}

export const idleSeconds = (): number => (performance.now() - lastTouch) / 1000;

// SPDX-License-Identifier: Apache-2.0
// Arrow keys in a long row of things, beside Tab: with thirty cards or hundreds of entries nobody walks that
// far by Tab. Pure.

const steps: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  Home: () => 0,
  End: (_at, count) => count - 1,
};

/** Which one of `count` the key leads to; undefined: it is no such key, or there is nothing that way. */
export function placeAfter(key: string, at: number, count: number): number | undefined {
  const to = steps[key]?.(at, count);
  return to === undefined || to < 0 || to >= count ? undefined : to;
}

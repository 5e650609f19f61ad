// SPDX-License-Identifier: Apache-2.0
// Chance that repeats itself: a number from a seed and a place, without memory, so that the figure of a
// module at a second is the same whoever asks and in whichever order.

/** A whole number of 32 bits from text: FNV-1a, then mixed until neighbours have nothing in common. */
export function hashed(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  value = Math.imul(value ^ (value >>> 15), 0x846ca68b);
  return (value ^ (value >>> 16)) >>> 0;
}

/** 0 ≤ x < 1 */
export const chance = (seed: number, place: string): number => hashed(`${seed}/${place}`) / 2 ** 32;

/** Smooth in time: between two neighbouring knots of `knotMs` the value glides. */
export function wave(seed: number, place: string, atMs: number, knotMs: number): number {
  const knot = Math.floor(atMs / knotMs);
  const part = atMs / knotMs - knot;
  const glide = part * part * (3 - 2 * part);
  const [from, to] = [chance(seed, `${place}@${knot}`), chance(seed, `${place}@${knot + 1}`)];
  return from + (to - from) * glide;
}

/** `length` hexadecimal digits. */
export function hex(seed: number, place: string, length: number): string {
  let text = "";
  for (let part = 0; text.length < length; part++) {
    text += hashed(`${seed}/${place}/${part}`).toString(16).padStart(8, "0");
  }
  return text.slice(0, length);
}

/** What a UUID looks like. */
export function uuid(seed: number, place: string): string {
  const digits = hex(seed, place, 32);
  const variant = `a${digits.slice(17, 20)}`;
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    variant,
    digits.slice(20),
  ].join("-");
}

// SPDX-License-Identifier: Apache-2.0
// A broken invariant is a bug: it stops the process, always, also in production. What comes from outside is
// never checked with this; it is refused with a GemelError (base/errors.ts).

export function check(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${invariant}`);
}

/** At the end of an exhaustive switch: the compiler proves that it is never reached. */
export function unreachable(value: never): never {
  throw new Error(`broken invariant: unexpected variant ${JSON.stringify(value)}`);
}

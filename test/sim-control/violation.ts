// SPDX-License-Identifier: Apache-2.0
// A broken invariant. Its signature says what was broken without the chance of this run (no names, numbers
// or instants), so that the same fault has the same signature in every seed.

export class Violation extends Error {
  constructor(
    readonly invariant: string,
    readonly signature: string,
    detail: string,
  ) {
    super(`${invariant}: ${signature}${detail === "" ? "" : ` (${detail})`}`);
    this.name = "Violation";
  }
}

export function demand(holds: boolean, invariant: string, signature: string, detail = ""): asserts holds {
  if (!holds) throw new Violation(invariant, signature, detail);
}

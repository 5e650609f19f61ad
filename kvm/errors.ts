// SPDX-License-Identifier: Apache-2.0
// What libvirt says, as Gemel's codes. libvirt's own error numbers reach neither virsh's output nor the
// binding, so the untranslated texts (LC_ALL=C in every child) are matched; what is not known here keeps
// libvirt's words under a general code. The order counts: the first match wins.

import { failure, type ErrorCode } from "../core/base/errors.js";
import type { Outcome } from "../core/ports/hypervisor.js";

export type Refusal = Extract<Outcome<never>, { readonly ok: false }>;

interface Known {
  readonly says: RegExp;
  readonly code: ErrorCode;
}

const words = (...alternatives: readonly string[]): RegExp => new RegExp(alternatives.join("|"), "i");

const table: readonly Known[] = [
  {
    says: words(
      "failed to connect|cannot connect to|connection refused|client socket is closed",
      "end of file while reading|disconnected from|broken pipe|connection reset|cannot (recv|write) data",
    ),
    code: "GEMEL-3001",
  },
  // By setpriv, which is there wherever Linux is.
  { says: /failed to execute virsh/i, code: "GEMEL-4023" },
  { says: /gemel: refused/i, code: "GEMEL-3007" },
  { says: /domain not found|failed to get domain|no domain with matching/i, code: "GEMEL-3005" },
  {
    says: words(
      "already exists with uuid|is already defined with uuid|XML error|unsupported configuration",
      "unknown (os|machine)|does not support machine|could not find capabilities",
      "emulator .* (not|does not)|cannot check QEMU binary",
    ),
    code: "GEMEL-3008",
  },
];

export const done = <T>(value: T): Outcome<T> => ({ ok: true, value });

export function refused(code: ErrorCode, detail: string, next?: string): Refusal {
  const { message, next: following, code: registered } = failure(code, "", detail, next);
  return { ok: false, code: registered, message, next: following };
}

/** What the kernel would not show (too many open files, a disk error) proves nothing, and ends nobody. */
export async function orUnseen<T>(code: ErrorCode, work: Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).errno === undefined) throw error;
    return refused(code, (error as Error).message);
  }
}

/** A call ran into its limit: nobody knows whether it took effect, so the caller reads the state again. */
export function overdue(what: string, limitMs: number): Refusal {
  // What was left of a limit is no round number.
  const within = Math.max(0.1, Math.round(limitMs / 100) / 10);
  const refusal = refused("GEMEL-3001", `${what} had no answer within ${within} s; its outcome is unknown.`);
  return { ...refusal, slow: true };
}

/** `otherwise` names what failed when libvirt's text is not known. */
export function fromLibvirt(text: string, otherwise: ErrorCode = "GEMEL-3009"): Refusal {
  const words = plain(text);
  const known = table.find(({ says }) => says.test(words));
  return refused(known?.code ?? otherwise, words);
}

/** One line, without virsh's "error:" before each part. */
function plain(text: string): string {
  return text
    .split("\n")
    .map((line) => line.replace(/^error:\s*/, "").trim())
    .filter((line) => line !== "")
    .join("; ")
    .slice(0, 2000);
}

// SPDX-License-Identifier: Apache-2.0
// A process as Linux knows it: number and start time (field 22 of /proc/PID/stat), since a number alone can
// be reused. Dead means: no thread of it can execute any more. A main thread that is a zombie while another
// is still in the kernel (D state) is not dead; so all threads are looked at.

import { readdirSync, readFileSync } from "node:fs";

export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

export function identityOf(pid: number): ProcessIdentity | undefined {
  try {
    const fields = statFields(`/proc/${pid}/stat`);
    return fields === undefined ? undefined : { pid, startTime: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}

/** What cannot be looked at (too many open files, a disk error) may well live. */
export function isDead({ pid, startTime }: ProcessIdentity): boolean {
  try {
    if (statFields(`/proc/${pid}/stat`)?.[19] !== startTime) return true;
    return (unlessGone(() => readdirSync(`/proc/${pid}/task`)) ?? []).every((thread) => {
      const state = statFields(`/proc/${pid}/task/${thread}/stat`)?.[0];
      return state === undefined || state === "Z" || state === "X";
    });
  } catch {
    return false;
  }
}

/** True when it was still ours to signal. */
export function signal(process_: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (identityOf(process_.pid)?.startTime !== process_.startTime) return false;
  try {
    process.kill(process_.pid, name);
    return true;
  } catch {
    return false;
  }
}

export async function untilDead(process_: ProcessIdentity, limitMs: number): Promise<boolean> {
  const end = process.hrtime.bigint() + BigInt(limitMs) * 1_000_000n;
  while (!isDead(process_)) {
    if (process.hrtime.bigint() > end) return false;
    await new Promise((done) => setTimeout(done, 10));
  }
  return true;
}

/** Fields from the third on: the second, the name, may hold anything. */
function statFields(file: string): string[] | undefined {
  const text = unlessGone(() => readFileSync(file, "utf8"));
  return text?.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** Only these two mean that there is no such process. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Tests and the lab wait for states, never for times. The message of a wait that ends in vain says what was
 * waited for and what was seen last, since that is all that a log of a failed run shows.
 */
import { setTimeout as sleep } from "node:timers/promises";

/** Short enough not to matter beside what is waited for, long enough to leave the processor to it. */
const pollMs = 50;

/** Calls `look` until it gives something other than undefined or false; gives that back. */
export async function waitFor<Value>(
  what: string,
  look: () => Promise<Value | undefined | false> | Value | undefined | false,
  limitMs: number,
  lastSeen: () => string | Promise<string> = () => "",
): Promise<Value> {
  const begin = performance.now();
  for (;;) {
    const seen = await tryLook(look);
    if (seen.value !== undefined && seen.value !== false) return seen.value;
    if (performance.now() - begin >= limitMs) {
      const last = [await lastSeen(), seen.failure].filter((text) => text !== "").join("; ");
      throw new Error(`waited ${limitMs} ms in vain for ${what}${last === "" ? "" : `. Last seen: ${last}`}`);
    }
    await sleep(pollMs);
  }
}

/** A look that throws is a look in vain: what it said is kept for the message. */
async function tryLook<Value>(
  look: () => Promise<Value | undefined | false> | Value | undefined | false,
): Promise<{ value?: Value | undefined | false; failure: string }> {
  try {
    return { value: await look(), failure: "" };
  } catch (error) {
    return { failure: String(error) };
  }
}

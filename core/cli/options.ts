// SPDX-License-Identifier: Apache-2.0
// What options of many commands have in common: numbers, seconds to wait, files that a person names.

import { Option } from "commander";
import { readFileSync } from "node:fs";
import { usage } from "./outcome.js";

export function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 0 && seconds < 1e7)) throw usage(`"${text}" is not a number of seconds`);
  return seconds;
}

export function numberOf(text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw usage(`"${text}" is not a whole number`);
  return Number(text);
}

/** Whoever waits says for how long. */
export const timeoutOption = (seconds: number, words = "stop waiting after this time (exit 3)"): Option =>
  new Option("--timeout <seconds>", words).argParser(secondsOf).default(seconds);

/** "-" is stdin. */
export function readNamed(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw usage(`${file} cannot be read: ${(error as Error).message}`);
  }
}

/** Those of these options that were given; what commander knows beside them (--json) is not the API's. */
export function given<T extends object, K extends keyof T>(options: T, ...names: readonly K[]): Pick<T, K> {
  const found = names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]);
  return Object.fromEntries(found) as Pick<T, K>;
}

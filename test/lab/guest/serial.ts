// SPDX-License-Identifier: Apache-2.0
/**
 * What a guest said on its serial console. Each host that ran it has a file of its own; within a file the
 * boots are in order, between files the time that the guest prints at each boot orders them (its clock is
 * the machine's).
 */

export type SerialBoot = {
  /** Seconds since 1970 as the guest saw them. */
  readonly time: number;
  readonly text: string;
};

/** The boots of one host's file. What comes before the first boot line is no guest of ours. */
function bootsOf(text: string): SerialBoot[] {
  return text
    .replaceAll("\r", "")
    .split(/^(?=guest boot \d+$)/m)
    .map((part) => ({ time: Number(/^guest boot (\d+)$/m.exec(part)?.[1] ?? Number.NaN), text: part }))
    .filter((boot) => !Number.isNaN(boot.time));
}

/** The whole output of a guest over all its boots on all hosts, in order. */
export function mergeSerial(files: readonly string[]): string {
  return files
    .flatMap(bootsOf)
    .sort((left, right) => left.time - right.time)
    .map((boot) => boot.text)
    .join("");
}

function numbers(pattern: RegExp, text: string): number[] {
  return [...text.matchAll(pattern)].map((match) => Number(match[1]));
}

/** Every acknowledged record, in the order printed. A line without its end is left out: digits may lack. */
export function readAcks(text: string): number[] {
  return numbers(/^ack (\d+)\r?\n/gm, text);
}

/** What each boot found on its disk. */
export function foundValues(text: string): number[] {
  return numbers(/^found (\d+)\r?\n/gm, text);
}

export function bootCount(text: string): number {
  return numbers(/^guest boot (\d+)\r?\n/gm, text).length;
}

/** The longest pause of an acknowledgement that the guest noticed, in ms of its own clock; 0: none. */
export function pauseMsMax(text: string): number {
  return Math.max(0, ...numbers(/^pause \d+ (\d+)\r?\n/gm, text));
}

/** Lines that must never appear: contradictions on the disk, I/O errors. */
export function complaints(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => /^(contradiction:|error )/.test(line));
}

/**
 * What the serial output itself contradicts: a disk that did not hold together, or a boot that found less
 * than an earlier boot had been promised.
 */
export function contradictions(text: string): string[] {
  const found: string[] = [];
  let promised = 0;
  for (const line of text.split("\n").map((part) => part.trimEnd())) {
    if (line.startsWith("contradiction:")) found.push(line);
    const ack = /^ack (\d+)$/.exec(line)?.[1];
    if (ack !== undefined) promised = Math.max(promised, Number(ack));
    const highest = /^found (\d+)$/.exec(line)?.[1];
    if (highest !== undefined && Number(highest) < promised) {
      found.push(`found ${highest} after record ${promised} had been acknowledged`);
    }
  }
  return found;
}

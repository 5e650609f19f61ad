// SPDX-License-Identifier: Apache-2.0
// How quantities and times look, once for CLI and console: bytes in powers of 1024, durations in the unit a
// person thinks in, times in the reader's own zone and always with their UTC offset (two people on the phone
// may sit in two zones). What is not known is "–", never 0.

const unknown = "–";

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

export function bytesText(bytes: number | null): string {
  if (bytes === null || !Number.isFinite(bytes)) return unknown;
  const size = Math.max(0, bytes);
  const fits = size < 1 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log2(size) / 10));
  const rounded = (power: number): string => (size / 1024 ** power).toFixed(power === 0 ? 0 : 1);
  // 1023.97 MiB is 1.0 GiB, not "1024.0 MiB".
  const power = rounded(fits) === "1024.0" && fits < byteUnits.length - 1 ? fits + 1 : fits;
  return `${rounded(power)} ${byteUnits[power] ?? "B"}`;
}

/** "12 of 32 GiB", "3.5 of 4 GiB": one unit for both, the whole one's. */
export function bytesOfText(part: number, whole: number): string {
  const [, unit = "B"] = bytesText(whole).split(" ");
  const power = Math.max(0, (byteUnits as readonly string[]).indexOf(unit));
  const amount = (size: number): string => (Math.max(0, size) / 1024 ** power).toFixed(1).replace(/\.0$/, "");
  return `${amount(part)} of ${amount(whole)} ${unit}`;
}

export const rateText = (bytesPerSecond: number | null): string =>
  bytesPerSecond === null ? unknown : `${bytesText(bytesPerSecond)}/s`;

/** 1234 → "1 234", with a narrow space that never breaks: the same in every language. */
export const countText = (count: number | null): string =>
  count === null || !Number.isFinite(count)
    ? unknown
    : String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, "\u202f");

/** What a guest waits: 85 µs, 1.2 ms, 3.4 s. */
export function latencyText(microseconds: number | null): string {
  if (microseconds === null || !Number.isFinite(microseconds)) return unknown;
  if (microseconds < 999.5) return `${Math.round(microseconds)} µs`;
  if (microseconds < 999_950) return `${(microseconds / 1000).toFixed(1)} ms`;
  return `${(microseconds / 1e6).toFixed(1)} s`;
}

export function durationText(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return unknown;
  const whole = Math.max(0, seconds);
  if (whole < 90) return `${Math.round(whole)} s`;
  if (whole < 5400) return `${Math.round(whole / 60)} min`;
  if (whole < 36 * 3600) return `${(whole / 3600).toFixed(1)} h`;
  return `${Math.round(whole / 86_400)} days`;
}

/** 0.4321 → "43 %". Never "100 %" before it is all: people switch off what says 100 %. */
export function percentText(part: number): string {
  const percent = Math.round(Math.min(1, Math.max(0, part)) * 100);
  return `${part < 1 ? Math.min(99, percent) : percent} %`;
}

/** Cores busy, as "3.1 of 16 cores". */
export const coresText = (busy: number | null, of?: number): string =>
  (busy === null ? unknown : busy.toFixed(1)) + (of === undefined ? " cores" : ` of ${of} cores`);

/** The reader's zone at that moment: "UTC+1", "UTC+5:30", "UTC". */
export function offsetText(at: Date, minutes = -at.getTimezoneOffset()): string {
  if (minutes === 0) return "UTC";
  const whole = Math.floor(Math.abs(minutes) / 60);
  const rest = Math.abs(minutes) % 60;
  return `UTC${minutes < 0 ? "−" : "+"}${whole}${rest === 0 ? "" : `:${String(rest).padStart(2, "0")}`}`;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

const two = (value: number): string => String(value).padStart(2, "0");

interface TimeParts {
  readonly date: Date;
  readonly day: string;
  readonly minute: string;
}

function partsOf(at: string | number): TimeParts | undefined {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return undefined;
  const day = `${date.getDate()} ${months[date.getMonth()] ?? ""} ${date.getFullYear()}`;
  return { date, day, minute: `${two(date.getHours())}:${two(date.getMinutes())}` };
}

/** "03:12:07 UTC+1": for a line whose day is beyond doubt. */
export function clockText(at: string | number): string {
  const parts = partsOf(at);
  if (parts === undefined) return String(at);
  return `${parts.minute}:${two(parts.date.getSeconds())} ${offsetText(parts.date)}`;
}

/** "21 Nov 2026 03:12:07 UTC+1" */
export function timeText(at: string | number): string {
  const parts = partsOf(at);
  return parts === undefined ? String(at) : `${parts.day} ${clockText(at)}`;
}

/** In a sentence: "03:12 UTC+1", with the day when it is not the day of `now`. */
export function momentText(at: string | number, now: string | number): string {
  const parts = partsOf(at);
  if (parts === undefined) return String(at);
  const minute = `${parts.minute} ${offsetText(parts.date)}`;
  return parts.day === partsOf(now)?.day ? minute : `${parts.day} ${minute}`;
}

/** "2 min ago" */
export function ageText(at: string | number, now: string | number): string {
  const seconds = (new Date(now).getTime() - new Date(at).getTime()) / 1000;
  if (Number.isNaN(seconds)) return unknown;
  return seconds < 1 ? "just now" : `${durationText(seconds)} ago`;
}

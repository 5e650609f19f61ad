// SPDX-License-Identifier: Apache-2.0
// Quantities are types at function borders: a duration cannot be passed where a point in time is meant.

declare const unit: unique symbol;
type Quantity<Base, Name extends string> = Base & { readonly [unit]: Name };

/** A duration in milliseconds. */
export type Milliseconds = Quantity<number, "Milliseconds">;
/** A point on the node's boot-time clock, in milliseconds: counts while the host sleeps, never jumps. */
export type Instant = Quantity<number, "Instant">;
/** Wall-clock time as ISO 8601 UTC: shown to people, never decided upon (P4). */
export type WallTime = Quantity<string, "WallTime">;
export type Bytes = Quantity<number, "Bytes">;
export type NodeName = Quantity<string, "NodeName">;
/** `[a-z][a-z0-9-]{0,30}` */
export type ModuleId = Quantity<string, "ModuleId">;

export const milliseconds = (value: number): Milliseconds => value as Milliseconds;
export const seconds = (value: number): Milliseconds => (value * 1000) as Milliseconds;
export const instant = (value: number): Instant => value as Instant;
export const wallTime = (value: string): WallTime => value as WallTime;
export const bytes = (value: number): Bytes => value as Bytes;
export const nodeName = (value: string): NodeName => value as NodeName;
export const moduleId = (value: string): ModuleId => value as ModuleId;

export const later = (from: Instant, by: Milliseconds): Instant => (from + by) as Instant;
export const elapsed = (from: Instant, to: Instant): Milliseconds => (to - from) as Milliseconds;

// SPDX-License-Identifier: Apache-2.0
// Values are never changed in place: an optional field is taken away by making a copy without it.

export function without<T extends object, K extends keyof T>(value: T, ...fields: readonly K[]): Omit<T, K> {
  const copy = { ...value };
  for (const field of fields) Reflect.deleteProperty(copy, field);
  return copy;
}

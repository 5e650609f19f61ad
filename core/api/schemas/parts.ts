// SPDX-License-Identifier: Apache-2.0
// What the schemas of many calls are made of. Requests are closed and bounded: what is not in them is refused
// with the field's name. Answers are open, so that a program does not fall over a field that a later version
// adds.

import { Optional, Type, type TObject, type TSchema } from "@sinclair/typebox";

export { nullable as orNull, oneOf as oneOfPart } from "../../base/shape.js";

export const closed = { additionalProperties: false } as const;
export const optionalPart = Optional;
export const textPart = Type.String({ minLength: 1, maxLength: 4096 });
export const word = Type.String({ minLength: 1, maxLength: 255 });
export const moduleName = Type.String({ pattern: "^[a-z][a-z0-9-]{0,30}$" });

/** An object with these fields, all of one kind. */
export const each = <const Word extends string, Schema extends TSchema>(
  words: readonly Word[],
  schema: Schema,
): TObject<Record<Word, Schema>> =>
  Type.Object(Object.fromEntries(words.map((one) => [one, schema])) as Record<Word, Schema>);

export const moduleParams = Type.Object({ module: moduleName });
export const nodeQuery = Type.Object({ node: optionalPart(word) }, closed);

/** What was done, said to a person. */
export const said = Type.Object({ sentence: Type.String() });

export const apiError = Type.Object({
  code: Type.String(),
  message: Type.String(),
  where: Type.String(),
  next: Type.String(),
});

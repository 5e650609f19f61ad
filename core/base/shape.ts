// SPDX-License-Identifier: Apache-2.0
// What comes from outside is looked at before it is believed: a shape says of a value what is wrong with it,
// and where. It is a schema of typebox like those of the API, so that each can stand within the other. A
// shape is written for a type and follows it: a field, a word or a variant that one of them lacks is a type
// error, so none is forgotten when the type grows. Fields that a shape does not know are passed over: a newer
// version may say more than this one understands.

import { Type, type Static, type TSchema } from "@sinclair/typebox";
import { Value, type ValueError } from "@sinclair/typebox/value";

export interface Shape<T> extends TSchema {
  static: T;
  /** Never there: it binds the shape to exactly this type, neither a wider nor a narrower one. */
  readonly exactly?: (value: T) => T;
}

type Fields<T> = { readonly [F in keyof T]-?: Shape<Exclude<T[F], undefined>> };
export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** `what` names the value for a person: "message", "status". */
export function parse<S extends TSchema>(shape: S, value: unknown, what: string): Parsed<Static<S>> {
  return isOfShape(shape, value) ? { ok: true, value } : { ok: false, why: whyNot(shape, value, what) };
}

/** The same for what need not be explained. */
export const isOfShape = <S extends TSchema>(shape: S, value: unknown): value is Static<S> =>
  Value.Check(shape, value);

export const text: Shape<string> = Type.String();
export const flag: Shape<boolean> = Type.Boolean();
export const count: Shape<number> = Type.Number();
/** For whoever keeps it as it came and looks at it later. */
export const anything: Shape<unknown> = Type.Unknown();
/** A text or number that has a name of its own here (ModuleId, Instant). */
export const name = <T extends string>(): Shape<T> => Type.Unsafe<T>(text);
export const quantity = <T extends number>(): Shape<T> => Type.Unsafe<T>(count);

export const oneOf = <const T extends string>(...words: readonly T[]): Shape<T> =>
  Type.Unsafe<T>(Type.Union(words.map((word) => Type.Literal(word))));

export const nullable = <S extends TSchema>(shape: S): Shape<Static<S> | null> =>
  Type.Unsafe<Static<S> | null>(Type.Union([shape, Type.Null()]));

/** The same, with the field left out allowed. */
export const optional = <T>(shape: Shape<T>): Shape<T> => Type.Optional(shape);

export const list = <T>(of: Shape<T>, max: number): Shape<readonly T[]> =>
  Type.Unsafe<readonly T[]>(Type.Array(of, { maxItems: max }));

export const dictionary = <T>(of: Shape<T>, max: number): Shape<Readonly<Record<string, T>>> =>
  Type.Unsafe<Readonly<Record<string, T>>>(Type.Record(Type.String(), of, { maxProperties: max }));

export const objectOf = <T extends object>(fields: Fields<T>): Shape<T> =>
  Type.Unsafe<T>(Type.Object(fields));

/** One of several records, told apart by the word in the field `tag`. */
export const choice = <T extends object, K extends keyof T & string>(
  tag: K,
  variants: {
    readonly [V in T[K] & string]: Fields<Omit<Extract<T, { readonly [P in K]: V }>, K>>;
  },
): Shape<T> => {
  const records = Object.entries<object>(variants).map(([word, fields]) =>
    Type.Object({ [tag]: Type.Literal(word), ...fields }),
  );
  return Type.Unsafe<T>(Type.Union(records, { tag }));
};

/** A union does not say by itself which of its variants was meant: the one whose tag is right. */
function whyNot(schema: TSchema, value: unknown, at: string): string {
  const wrong = Value.Errors(schema, value).First();
  if (wrong === undefined) return `${at} is not known here`;
  const where = at + wrong.path.replaceAll("/", ".");
  const variants = (wrong.schema["anyOf"] ?? []) as readonly TSchema[];
  const words = variants.flatMap((one) => ("const" in one ? [String(one["const"])] : []));
  if (words.length > 0) return `${where} is ${quoted(wrong.value)}, not ${words.join(" or ")}`;
  const tag: unknown = wrong.schema["tag"];
  if (typeof tag !== "string" || kindOf(wrong.value) !== "an object") return `${where} ${complaint(wrong)}`;
  const word = (wrong.value as Readonly<Record<string, unknown>>)[tag];
  const meant = variants.find(({ properties }) => (properties as Tagged)[tag]?.const === word);
  return meant === undefined
    ? `${where}.${tag} is ${quoted(word)}, which is not known here`
    : whyNot(meant, wrong.value, `${where} ${String(word)}`);
}

type Tagged = Readonly<Record<string, { readonly const?: unknown } | undefined>>;

const complaint = ({ value, message }: ValueError): string =>
  value === undefined ? "is missing" : `is ${kindOf(value)}: ${message.toLowerCase()}`;

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return value === null ? "null" : "missing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Words of strangers are shown short: reasons are counted by their text. */
const quoted = (value: unknown): string =>
  typeof value === "string" ? `"${value.slice(0, 24)}"` : kindOf(value);

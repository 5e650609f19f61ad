// SPDX-License-Identifier: Apache-2.0
// What comes from outside is looked at before it is believed: a shape says of a value what is wrong with it,
// and where. A shape is written for a type and follows it: a field, a word or a variant that one of them
// lacks is a type error, so none is forgotten when the type grows. Fields that a shape does not know are
// passed over: a newer version may say more than this one understands.

export interface Shape<T> {
  /** What is wrong and where it stands; undefined: it fits. */
  readonly wrong: (value: unknown, at: string) => string | undefined;
  readonly optional?: true;
  /** Never there: it binds the shape to exactly this type, neither a wider nor a narrower one. */
  readonly type?: (value: T) => T;
}

type Fields<T> = { readonly [F in keyof T]-?: Shape<Exclude<T[F], undefined>> };
export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** `what` names the value for a person: "message", "status". */
export function parse<T>(shape: Shape<T>, value: unknown, what: string): Parsed<T> {
  const why = shape.wrong(value, what);
  return why === undefined ? { ok: true, value: value as T } : { ok: false, why };
}

const simple = <T>(name: string, fits: (value: unknown) => boolean): Shape<T> => ({
  wrong: (value, at) => (fits(value) ? undefined : `${at} is ${kindOf(value)}, not ${name}`),
});

export const text: Shape<string> = simple("a text", (value) => typeof value === "string");
export const flag: Shape<boolean> = simple("true or false", (value) => typeof value === "boolean");
export const count: Shape<number> = simple("a number", Number.isFinite);
/** For whoever keeps it as it came and looks at it later. */
export const anything: Shape<unknown> = simple("a value", () => true);
/** A text or number that has a name of its own here (ModuleId, Instant). */
export const name = <T extends string>(): Shape<T> => simple("a text", (value) => typeof value === "string");
export const quantity = <T extends number>(): Shape<T> => simple("a number", Number.isFinite);

export const oneOf = <const T extends string>(...words: readonly T[]): Shape<T> => ({
  wrong: (value, at) =>
    words.some((word) => word === value) ? undefined : `${at} is ${quoted(value)}, not ${words.join(" or ")}`,
});

/** The same, with the field left out allowed. */
export const optional = <T>({ wrong }: Shape<T>): Shape<T> => ({ wrong, optional: true });

export const list = <T>(of: Shape<T>, max: number): Shape<readonly T[]> => ({
  wrong: (value, at) => {
    if (!Array.isArray(value)) return `${at} is ${kindOf(value)}, not a list`;
    if (value.length > max) return `${at} has ${value.length} entries, ${max} are the most`;
    return firstWrong(value.map((one: unknown, index) => [of, one, `${at}[${index}]`]));
  },
});

export const dictionary = <T>(of: Shape<T>, max: number): Shape<Readonly<Record<string, T>>> => ({
  wrong: (value, at) => {
    if (!isObject(value)) return `${at} is ${kindOf(value)}, not an object`;
    const entries = Object.values(value);
    if (entries.length > max) return `${at} has ${entries.length} entries, ${max} are the most`;
    return firstWrong(entries.map((one) => [of, one, `an entry of ${at}`]));
  },
});

export const objectOf = <T extends object>(fields: Fields<T>): Shape<T> => ({
  wrong: (value, at) =>
    isObject(value) ? wrongField(fields, value, at) : `${at} is ${kindOf(value)}, not an object`,
});

/** One of several records, told apart by the word in the field `tag`. */
export const choice = <T extends object, K extends keyof T & string>(
  tag: K,
  variants: {
    readonly [V in T[K] & string]: Fields<Omit<Extract<T, { readonly [P in K]: V }>, K>>;
  },
): Shape<T> => ({
  wrong: (value, at) => {
    if (!isObject(value)) return `${at} is ${kindOf(value)}, not an object`;
    const word = value[tag];
    const known = typeof word === "string" && Object.hasOwn(variants, word);
    if (!known) return `${at}.${tag} is ${quoted(word)}, which is not known here`;
    const fields: object = variants[word as T[K] & string];
    return wrongField(fields, value, `${at} ${word}`);
  },
});

function wrongField(
  fields: object,
  value: Readonly<Record<string, unknown>>,
  at: string,
): string | undefined {
  const known = Object.entries(fields as Readonly<Record<string, Shape<unknown>>>);
  return firstWrong(
    known
      .filter(([field, shape]) => shape.optional !== true || value[field] !== undefined)
      .map(([field, shape]) => [shape, value[field], `${at}.${field}`]),
  );
}

type Part = readonly [shape: Pick<Shape<unknown>, "wrong">, value: unknown, at: string];

function firstWrong(parts: readonly Part[]): string | undefined {
  for (const [shape, value, at] of parts) {
    const found = shape.wrong(value, at);
    if (found !== undefined) return found;
  }
  return undefined;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const kindOf = (value: unknown): string =>
  value === undefined
    ? "missing"
    : value === null
      ? "null"
      : Array.isArray(value)
        ? "a list"
        : `a ${typeof value}`;

/** Words of strangers are shown short: reasons are counted by their text. */
const quoted = (value: unknown): string =>
  typeof value === "string" ? `"${value.slice(0, 24)}"` : kindOf(value);

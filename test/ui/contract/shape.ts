// SPDX-License-Identifier: Apache-2.0
// What two JSON values have in common as forms: which keys, of which types, always or sometimes. Values
// themselves do not count. A list's elements are taken together; null says nothing about a type.

interface Seen {
  count: number;
  readonly types: Set<string>;
}

/** Path → what was seen there; "[]" stands for a list's elements, "*" for the keys of a dictionary. */
export type Shape = Map<string, Seen>;

/** Objects whose keys are data: names of networks, evidence, columns. */
const dictionaries = new Set(["inputs", "addresses", "values", "status"]);

export function shapeOf(value: unknown, path = "", shape: Shape = new Map()): Shape {
  const seen = shape.get(path) ?? { count: 0, types: new Set<string>() };
  seen.count++;
  seen.types.add(typeOf(value));
  shape.set(path, seen);
  if (Array.isArray(value)) for (const one of value) shapeOf(one, `${path}[]`, shape);
  else if (typeof value === "object" && value !== null) {
    const isDictionary = dictionaries.has(path.split(".").at(-1) ?? "");
    for (const [key, one] of Object.entries(value))
      shapeOf(one, `${path}.${isDictionary ? "*" : key}`, shape);
  }
  return shape;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}

/** `optional`: keys that one of two right answers may lack. Empty when both have one form. */
export function differences(left: Shape, right: Shape, optional: ReadonlySet<string>): string[] {
  return [
    ...lacking(left, right, optional).map((path) => `only in the first: ${path}`),
    ...lacking(right, left, optional).map((path) => `only in the second: ${path}`),
    ...[...left].flatMap(([path, { types }]) => {
      const other = right.get(path)?.types;
      const isData = path.includes(".*");
      return isData || other === undefined || agree(types, other)
        ? []
        : [`${path}: ${[...types].join("|")} or ${[...other].join("|")}`];
    }),
  ];
}

/** What every object of one has and none of the other, where both have such an object at all. */
function lacking(has: Shape, lacks: Shape, optional: ReadonlySet<string>): string[] {
  return [...has.keys()].filter((path) => {
    if (lacks.has(path) || path.endsWith("[]") || path.includes(".*")) return false;
    const parent = path.slice(0, path.lastIndexOf("."));
    const key = path.slice(path.lastIndexOf(".") + 1);
    const isObject = lacks.get(parent)?.types.has("object") === true;
    const isAlways = has.get(path)?.count === has.get(parent)?.count;
    return isObject && isAlways && !optional.has(key);
  });
}

function agree(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  const [a, b] = [one, other].map((types) =>
    [...types]
      .filter((type) => type !== "null")
      .sort()
      .join(),
  );
  return a === "" || b === "" || a === b;
}

// SPDX-License-Identifier: Apache-2.0
// A client made of nothing but the OpenAPI document that a daemon serves: it asks every read, and each answer
// is what the document says, with no field beside it.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { Ajv } from "ajv";
import { protectCam1 } from "./pair/cam1.js";
import { Pair } from "./pair/pair.js";

type Json = Readonly<Record<string, unknown>>;
interface Operation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
  }[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema: Json }>> }>
  >;
}
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

let pair: Pair;
before(async () => {
  pair = await Pair.up();
  await protectCam1(pair, { id: randomUUID(), name: "Kamera Süd" });
});
after(async () => {
  await pair.close();
});

async function get(path: string): Promise<{ readonly status: number; readonly body: string }> {
  return await new Promise((done, failed) => {
    const socketPath = pair.path("alpha", "run/gemel.sock");
    const sent = request({ socketPath, path }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (body += part));
      response.on("end", () => done({ status: response.statusCode ?? 0, body }));
    });
    sent.on("error", failed);
    sent.end();
  });
}

/** Whatever a document cannot know: of which module, which way. */
const values: Readonly<Record<string, string>> = {
  module: "cam1",
  id: "nothing",
  verb: "swap",
  range: "1h",
  limit: "20",
};

/** Closed: a field that the document does not name is found. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const parts = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const isOpen = parts["properties"] !== undefined && parts["patternProperties"] === undefined;
  return isOpen ? { ...parts, additionalProperties: false } : parts;
}

test("every-read-answers-as-openapi-says", async () => {
  const { paths } = JSON.parse((await get("/api/v1/openapi.json")).body) as { readonly paths: Paths };
  const ajv = new Ajv({ strict: false, allErrors: true });
  const wrong: string[] = [];
  let asked = 0;
  for (const [pattern, { get: operation }] of Object.entries(paths)) {
    const json = operation?.responses["200"]?.content?.["application/json"];
    if (operation === undefined || json === undefined) continue;
    const query = new URLSearchParams();
    for (const { name, in: where, required } of operation.parameters ?? [])
      if (where === "query" && required === true) query.set(name, values[name] ?? "");
    if (pattern.endsWith("/series")) query.set("module", "cam1");
    const path = pattern.replaceAll(/\{(\w+)\}/g, (_all, name: string) => values[name] ?? name);
    const { status, body } = await get(`${path}?${query.toString()}`);
    const key = status === 200 ? "200" : "4XX";
    const { schema } = operation.responses[key]?.content?.["application/json"] ?? json;
    asked++;
    if (!ajv.validate(closed(schema) as Json, JSON.parse(body)))
      wrong.push(`${path} (${status}): ${ajv.errorsText()}\n    ${body.slice(0, 300)}`);
  }
  assert.deepEqual(wrong, [], wrong.join("\n"));
  assert.ok(asked > 18, `${asked} reads`);
});

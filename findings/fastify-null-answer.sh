#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fastify 5.12.8 (fast-json-stringify 7.3.6): an answer with a response schema turns "unknown" into a figure.
#
# One would guess that a null where the schema says a number is refused or sent as null. It is sent as 0 (a
# text as "", a truth value as false, an object as {}), with status 200; integers are cut (1.999 is 1), while
# a union of integer and null refuses 2.9 with status 500. A console that shows an unknown lag would show 0 s.
#
# Gemel writes answers with JSON.stringify and describes them for OpenAPI only (core/api/server.ts); what a
# daemon really answers is held against the descriptions by test/core/api-client.test.ts.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact fastify@5.12.8 fast-json-stringify@7.3.6
cat >ask.mjs <<'JS'
import Fastify from "fastify";
const app = Fastify();
const object = (properties) => ({ schema: { response: { 200: { type: "object", properties } } } });
const number = { type: "number" };
const integer = { type: "integer" };
const figures = {
  lag: number,
  name: { type: "string" },
  green: { type: "boolean" },
  peer: { type: "object", properties: { lag: number } },
  series: { type: "array", items: integer },
};
app.get("/unknown", object(figures), async () => ({
  lag: null,
  name: null,
  green: null,
  peer: null,
  series: [null, 1.999],
}));
app.get("/nullable", object({ lag: { anyOf: [integer, { type: "null" }] } }), async () => ({ lag: 2.9 }));
app.get("/endless", object({ lag: number }), async () => ({ lag: Infinity }));
for (const url of ["/unknown", "/nullable", "/endless"]) {
  const { statusCode, body } = await app.inject({ url });
  console.log(`${url} -> ${statusCode} ${statusCode === 200 ? body : JSON.parse(body).message}`);
}
JS
cat >expected <<'TEXT'
/unknown -> 200 {"lag":0,"name":"","green":false,"peer":{},"series":[0,1]}
/nullable -> 500 The value of '#/properties/lag' does not match schema definition.
/endless -> 200 {"lag":null}
TEXT
node ask.mjs >seen
cat seen
diff expected seen && echo "As seen before: fastify 5.12.8 sends null as 0."

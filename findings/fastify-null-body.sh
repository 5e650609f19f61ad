#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fastify 5.12.8 (its default ajv 8.20.0): the judge of a JSON body rewrites the body before it judges it.
#
# One would guess that a schema of {type: "integer"} refuses null. It does not: with no options given, null
# becomes 0, "" or false, true becomes 1, "false" becomes false, a text where a list is wanted becomes a list
# of one, and a key that `additionalProperties: false` forbids is removed, each with status 200. A client that
# sends null for "leave as it is" sets a limit to 0; a mistyped key is lost without a word.
#
# Gemel judges bodies with an ajv of its own that changes nothing (core/api/server.ts; the test is
# a-body-means-what-it-says).
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact fastify@5.12.8 ajv@8.20.0
cat >ask.mjs <<'JS'
import Fastify from "fastify";
const app = Fastify();
const properties = {
  limit: { type: "integer" },
  name: { type: "string" },
  enabled: { type: "boolean" },
  addresses: { type: "array", items: { type: "string" } },
};
const body = { type: "object", additionalProperties: false, properties };
app.post("/settings", { schema: { body } }, async (request) => request.body);
for (const payload of [
  { limit: null, name: null, enabled: null },
  { limit: true, enabled: "false", addresses: "a" },
  { limti: 5 },
  { limit: "" },
]) {
  const answer = await app.inject({ method: "POST", url: "/settings", payload });
  const told = answer.statusCode === 200 ? answer.body : answer.json().message;
  console.log(`${JSON.stringify(payload)} -> ${answer.statusCode} ${told}`);
}
JS
cat >expected <<'TEXT'
{"limit":null,"name":null,"enabled":null} -> 200 {"limit":0,"name":"","enabled":false}
{"limit":true,"enabled":"false","addresses":"a"} -> 200 {"limit":1,"enabled":false,"addresses":["a"]}
{"limti":5} -> 200 {}
{"limit":""} -> 400 body/limit must be integer
TEXT
node ask.mjs >seen
cat seen
diff expected seen && echo "As seen before: fastify 5.12.8 rewrites a body before it judges it."

// SPDX-License-Identifier: Apache-2.0
/** Node's module hook of exchange.ts: it lives on a thread of its own and knows one place of one module. */
import type { LoadHook } from "node:module";
import type { Exchange } from "./control.js";

const { url, from, to } = JSON.parse(process.env["GEMEL_SABOTAGE"] ?? "{}") as Exchange;

export const load: LoadHook = async (address, context, nextLoad) => {
  const loaded = await nextLoad(address, context);
  if (address !== url) return loaded;
  const text = Buffer.from(loaded.source as Uint8Array).toString("utf8");
  return { ...loaded, source: text.replace(from, () => to) };
};

// SPDX-License-Identifier: Apache-2.0
// What the console's pages may do in a browser: run our own files and nothing else, be shown in nobody's
// frame, ask nobody but this node. The other nodes stand in two places: a page whose node has died looks
// whether they answer (connect-src) and posts its ticket there (form-action).
//
// Styles: 'self' alone. What scripts set through the style object is not subject to this; style elements and
// style attributes in HTML are, and the console has none.

export function contentPolicy(otherNodes: readonly string[]): string {
  const others = otherNodes.map((url) => ` ${url}`).join("");
  return [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self'${others}`,
    `form-action 'self'${others}`,
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

// SPDX-License-Identifier: Apache-2.0
// When the page's own node has fallen silent, and what is done then. Pure, so that the order of things can be
// tested: first be sure, then look who answers, then go there.
//
//     fine ──stream stale──▶ doubted ──asked twice, no answer──▶ lost ──another node answers──▶ moving
//       ▲                       │ it answers                      │ it answers
//       └───────────────────────┴─────────────────────────────────┘

export type Silence =
  | { readonly kind: "fine" }
  | { readonly kind: "doubted"; readonly unanswered: number }
  | { readonly kind: "lost" }
  | { readonly kind: "moving"; readonly node: string; readonly url: string };

export type SilenceEvent =
  | { readonly kind: "stream"; readonly isStale: boolean }
  | { readonly kind: "asked"; readonly answered: boolean }
  | { readonly kind: "found"; readonly node: string; readonly url: string };

/** One unanswered question can be a hiccup. */
const unansweredMax = 2;

export function heard(before: Silence, event: SilenceEvent): Silence {
  switch (event.kind) {
    case "stream":
      if (!event.isStale) return before.kind === "fine" ? before : { kind: "fine" };
      return before.kind === "fine" ? { kind: "doubted", unanswered: 0 } : before;
    case "asked":
      return asked(before, event.answered);
    case "found":
      return before.kind === "lost" ? { kind: "moving", node: event.node, url: event.url } : before;
  }
}

function asked(before: Silence, answered: boolean): Silence {
  if (before.kind === "fine" || before.kind === "moving") return before;
  // It answers although its stream stands still: the banner says so, the page stays.
  if (answered) return { kind: "doubted", unanswered: 0 };
  if (before.kind === "lost") return before;
  const unanswered = before.unanswered + 1;
  return unanswered >= unansweredMax ? { kind: "lost" } : { kind: "doubted", unanswered };
}

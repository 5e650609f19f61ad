// SPDX-License-Identifier: Apache-2.0
// The twins: two equal shapes, one over the other, as one copy over the other.

import type { ReactNode } from "react";

export function Brand({ size }: { readonly size: number }): ReactNode {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect x="1" y="3" width="18" height="18" rx="6" fill="var(--gm-twin-one)" />
      <rect x="13" y="11" width="18" height="18" rx="6" fill="var(--gm-twin-two)" fillOpacity="0.88" />
    </svg>
  );
}

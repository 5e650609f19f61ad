// SPDX-License-Identifier: Apache-2.0
// Where everything stands in the two drawings of a write's way. Numbers only; units are the drawing's.

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly anchor: "start" | "middle" | "end";
}

export interface Geometry {
  readonly width: number;
  readonly height: number;
  readonly boxes: Readonly<Record<"guest" | "mirror" | "local" | "network" | "remote", Box>>;
  readonly legs: Readonly<Record<"guest" | "local" | "network" | "remote", string>>;
  readonly figures: Readonly<Record<"guest" | "local" | "peer", Spot>>;
  /** On the way to the peer, where it is cut. */
  readonly cut: { readonly x: number; readonly y: number };
}

export const geometries: Readonly<Record<"wide" | "narrow", Geometry>> = {
  /**
   *   guest ── mirror ─┬──────────────── disk here
   *                    └── network ───── disk there
   */
  wide: {
    width: 900,
    height: 220,
    boxes: {
      guest: { x: 10, y: 80, width: 130, height: 60 },
      mirror: { x: 250, y: 80, width: 130, height: 60 },
      local: { x: 730, y: 14, width: 160, height: 60 },
      network: { x: 500, y: 146, width: 130, height: 60 },
      remote: { x: 730, y: 146, width: 160, height: 60 },
    },
    legs: {
      guest: "M140 110 H250",
      local: "M380 110 H400 C430 110 420 44 450 44 H730",
      network: "M380 110 H400 C430 110 420 176 450 176 H500",
      remote: "M630 176 H730",
    },
    figures: {
      guest: { x: 195, y: 80, anchor: "middle" },
      local: { x: 590, y: 17, anchor: "middle" },
      peer: { x: 680, y: 149, anchor: "middle" },
    },
    cut: { x: 465, y: 176 },
  },
  /** The same, downwards. */
  narrow: {
    width: 360,
    height: 470,
    boxes: {
      guest: { x: 110, y: 8, width: 140, height: 58 },
      mirror: { x: 110, y: 128, width: 140, height: 58 },
      local: { x: 8, y: 400, width: 164, height: 58 },
      network: { x: 188, y: 270, width: 164, height: 58 },
      remote: { x: 188, y: 400, width: 164, height: 58 },
    },
    legs: {
      guest: "M180 66 V128",
      local: "M180 186 V196 C180 226 90 216 90 246 V400",
      network: "M180 186 V196 C180 226 270 216 270 246 V270",
      remote: "M270 328 V400",
    },
    figures: {
      guest: { x: 194, y: 92, anchor: "start" },
      local: { x: 102, y: 296, anchor: "start" },
      peer: { x: 282, y: 358, anchor: "start" },
    },
    cut: { x: 270, y: 248 },
  },
};

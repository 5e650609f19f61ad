// SPDX-License-Identifier: Apache-2.0
// The bounds of the adapter of libvirt.

import { milliseconds, seconds } from "../units.js";

/** Several lines of one action become one look. */
export const eventSettle = milliseconds(30);
/** A daemon that restarts is back within some seconds. */
export const eventRetry = milliseconds(1000);
/** Of a raw image on any disk that a host may have: QEMU refuses to write past the host's cache to others. */
export const imageAlignment = 4096;
/** swtpm ends some milliseconds after its QEMU. */
export const tpmAgain = milliseconds(50);
/** Of the descriptions that travel inside a definition: what the mirror process takes as one file. */
export const takenBytesMax = 512 * 1024;
/** Longer chains are loops. */
export const backingChainMax = 64;
/** A guest that boots does not hear the power button: it is pressed again this often. */
export const powerButtonAgain = seconds(10);
/** A frozen guest answers none; others must still get through. */
export const monitorCallsMax = 8;
/** A definition is a few KiB; what is longer is not an answer. */
export const virshOutputMax = 4 * 1024 * 1024;
/** A start's command line has some kilobytes, what QEMU says at its end a line. */
export const logTailBytes = 32 * 1024;

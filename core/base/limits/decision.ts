// SPDX-License-Identifier: Apache-2.0
// The bounds of deciding: how long the middle waits for the peer, its own host and a person.

import { pulse } from "../limits.js";
import { milliseconds, seconds, type Milliseconds } from "../units.js";

/** Silent for this long: shown as suspect (three pulses missed). */
export const suspectAfter: Milliseconds = milliseconds(3 * pulse);
/** A peer's view older than this is history, not evidence. */
export const viewAgeMax: Milliseconds = seconds(3);
/**
 * A mirror process that has said nothing for so long is silent (R36): several statuses were lost, and a host
 * whose last sign was its word is taken for dead no later than one that nobody speaks for.
 */
export const mirrorSilentAfter: Milliseconds = seconds(5);
/** A request to the peer is repeated this often until it is answered. */
export const repeatInterval: Milliseconds = milliseconds(500);
/** After a failed task the same thing is not tried again before this. */
export const failurePause: Milliseconds = seconds(2);
/** A node that ranks lower lets the other claim first, this long. */
export const deferLimit: Milliseconds = seconds(6);
/** A node that was left alone last itself is not asked again before this. */
export const refusalPause: Milliseconds = seconds(10);
/** Two waiting nodes give the data link this long to come up before they use words only. */
export const linkPatience: Milliseconds = seconds(8);
/** How long a leaving node waits for an answering peer to take its goodbye; a dead one is not waited for. */
export const goodbyeLimit: Milliseconds = seconds(20);
/**
 * How long a secondary that is to leave last waits for its primary: its VM may take this long to shut down.
 */
export const turnSlack: Milliseconds = seconds(60);
/** A flush of both copies; a slow disk needs some seconds. */
export const demoteLimit: Milliseconds = seconds(20);
/** A program that is just copying something out of the folder may end; a swap's guest is off meanwhile. */
export const writerPatience: Milliseconds = seconds(5);
/** R38: what keeps a file open this often keeps it. */
export const demoteTriesMax = 3;
/** After a swap that was given up the VM stays where it is: whoever was in the way may still be. */
export const homeAgain: Milliseconds = seconds(600);
/** So often within the window a VM goes home by itself (defaultprim): more is a loop, not a home-coming. */
export const homeSwapsMax = 3;
export const homeSwapsWindow: Milliseconds = seconds(3600);
/** Between two attempts to start: what was in the way has had time to end. */
export const startPause: Milliseconds = seconds(5);
/** A status this much younger than the last change of work is of after it. */
export const youngStatus: Milliseconds = seconds(2);
/** The third failure in a row is no accident. */
export const startAttemptsMax = 3;
/** R39: the last host alive tries this often at least; what was in the way may go at any moment. */
export const startPauseMax: Milliseconds = seconds(300);
/** So long a node that could not start the VM is not given it again, unless a person says so. */
export const ableAgain: Milliseconds = seconds(600);
/** A libvirtd that is being restarted, by a package for instance, is back by then. */
export const hypervisorPatience: Milliseconds = seconds(30);
/** Three starts at their limit: a host as slow as that is not waited for where another one could. */
export const slowStartPatience: Milliseconds = seconds(180);
/**
 * R35: more than this many deaths of a mirror process within the window, and it is not restarted any more.
 */
export const mirrorDeathsMax = 3;
/** Deaths further apart are not counted together. */
export const mirrorDeathsWindow: Milliseconds = seconds(60);
/** After a swap or an election the other needs this long at most to show itself as primary. */
export const primaryPatience: Milliseconds = seconds(15);
/** Swap: the other has not gone ahead; whoever may run is decided anew. */
export const handOverLimit: Milliseconds = seconds(20);
/** A claim or a request unanswered for this long is given up and judged anew. */
export const requestLimit: Milliseconds = seconds(10);
/** A restarted mirror waits this long for the word it owes to be taken. */
export const wordPatience: Milliseconds = seconds(5);
/** Between two attempts to open: a disk that is coming up has had time. */
export const openPause: Milliseconds = seconds(3);
/** Chosen by what it costs the daemon's thread: some ten milliseconds per round on a small machine. */
export const positionsMax = 3_000;
/** The finest wait of the middle is five times this. */
export const tickEvery = milliseconds(100);
/** A loop that has not turned for so long speaks for nobody: before its peer would suspect it. */
export const stillMax: Milliseconds = seconds(1);
/** Events come at once; this finds what no event told. */
export const workloadLookEvery = seconds(2);
/** R39: so many lists in a row that ran into their limit are a hypervisor that is gone; fewer, a slow one. */
export const slowLooksMax = 6;
/** A definition has some kilobytes. */
export const definitionFileLimit = seconds(10);

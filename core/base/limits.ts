// SPDX-License-Identifier: Apache-2.0
// Bounds and time limits of the control plane. The relations between them that safety rests on (R17) are
// asserted when this file is loaded.

import { bytes, type Bytes, milliseconds, type Milliseconds, seconds } from "./units.js";

/** One heartbeat per network this often. */
export const pulse: Milliseconds = milliseconds(500);
/** All networks silent for this long: the peer is suspected. */
export const heartbeatTimeout: Milliseconds = seconds(5);
/** T_link: an operation unanswered for this long is a stall (R17). */
export const stallLimit: Milliseconds = seconds(3);
/** T_ask: the longest wait for an arbiter's answer (R17). */
export const askLimit: Milliseconds = seconds(2);
/** T_stop: a denied or silent primary has stopped executing within this time (R17). */
export const stopLimit: Milliseconds = seconds(2);
/** How long a frozen engine waits before it pauses its guest, without a lease (R17, R21). */
export const freezeDeadlineWithoutLease: Milliseconds = milliseconds(
  Math.max(askLimit, heartbeatTimeout + pulse + 1000),
);
export const freezeDeadlineWithLease: Milliseconds = askLimit;
/** With a lease, without word or fence: earliest start after the data link was closed (R17). */
export const leaseTakeoverWait: Milliseconds = milliseconds(stallLimit + askLimit + stopLimit);
/** A gap between two turns of the daemon above this voids every running timeout (R16). */
export const turnGapMax: Milliseconds = stallLimit;

export const modulesMax = 32;
/** Memory that a host keeps for itself when it is asked what fits: kernel, hypervisor, daemon, mirrors. */
export const hostMemoryReserve: Bytes = bytes(1024 ** 3);
export const niceStopTimeout: Milliseconds = seconds(300);
/** A QEMU that was switched off writes nothing back and is gone in a moment; then it is killed. */
export const forceStopTimeout: Milliseconds = seconds(20);
/** Automatic restarts within loopInterval before the module stops locally. */
export const maxLoop = 3;
export const loopInterval: Milliseconds = seconds(24 * 3600);

/** What the silence of every network costs beyond the timeout before the VM is started (P7, R21). */
export const arbiterMargin: Milliseconds = milliseconds(1_500);
/** How long a VM takes to start, as long as it was never measured: for people's eyes. */
export const startGuess: Milliseconds = seconds(15);
/** A file system of modules filled further than this is an alarm: thin disks grow at night. */
export const diskUsedShareMax = 0.9;
/** Two nodes' clocks further apart are shown in red: logs and recordings stop making sense. */
export const clockDifferenceMax: Milliseconds = seconds(5);
/** What each node finds out about itself is told to the other one this often. */
export const nodeFactsInterval: Milliseconds = seconds(10);
/** An alarm that has been over for this long is over: its acknowledgement goes. */
export const alarmOverAfter: Milliseconds = seconds(60);

/** Entries of the shared record: users, acknowledged alarms, and what is left of removed ones. */
export const sharedEntriesMax = 2_000;

/** NIST's floor is eight; ten, because a console of a cupboard has no second factor. */
export const passwordLengthMin = 10;
/** Longer ones cost us, not the guesser. */
export const passwordLengthMax = 256;
export const usersMax = 200;
/** So long without a request by a person, and a session ends. */
export const sessionIdleLimit: Milliseconds = seconds(30 * 60);
/** However busy: after this the password is asked for again. */
export const sessionLimit: Milliseconds = seconds(12 * 3600);
/** The oldest go first: whoever opens more has lost them. */
export const sessionsMax = 1_000;
/** A page fetches a new ticket every five minutes; one that is lost in between must do until the next. */
export const ticketLimit: Milliseconds = seconds(10 * 60);
/** Wrong passwords that cost nothing; each further one doubles the wait. */
export const loginTriesFree = 5;
/** Guessing from one address ends here. A user may be guessed at from anywhere: its wait locks out less. */
export const loginWaitOfAddressMax: Milliseconds = seconds(15 * 60);
export const loginWaitOfUserMax: Milliseconds = seconds(60);

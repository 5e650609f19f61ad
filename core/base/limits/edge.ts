// SPDX-License-Identifier: Apache-2.0
// The bounds of the edge: network, mirror processes, files, metrics and procedures.

import { milliseconds, seconds, type Milliseconds } from "../units.js";

/** What the other node tells of its alarms; bounded, since it comes from outside. */
export const toldAlarmsMax = 200;
/** More than this is a person's pause or a hung guest: it says nothing about the next time. */
export const measureMsMax = 3_600_000;
/** Of one value in an audit sentence. */
export const auditWordMax = 120;
/** The loop answers within one turn; a turn waits for an fsync at most. */
export const commandAnswerLimitMs = 10_000;
/** So soon an edited file and a shared entry are on the other node. */
export const exchangeEveryMs = 2_000;
/** A key is made in some hundred milliseconds. */
export const opensslLimitMs = 20_000;
/** The other node issues a certificate meanwhile. */
export const joinLimit = seconds(30);
/** More cables between two hosts were never seen. */
export const networksMax = 4;
/** So many removed modules are remembered; the oldest are forgotten. */
export const removedModulesMax = 256;
/** The other host changes rarely, and a person who did it looks at the status within minutes. */
export const standbyAskEvery = seconds(600);
/** The other host did not answer as it should: not at each turn. */
export const standbyAskPause = seconds(30);
/** As fast as a person sees. */
export const statusTellEveryMs = 250;
/** What the CLI shows while the daemon is silent is not older. */
export const keepStatusEveryMs = 2_000;
/** So far back it is looked for when a copy began to run alone. */
export const decisionsReadMax = 500;
/** Within the second in which it is shown. */
export const sampleLimit: Milliseconds = milliseconds(800);
/** Nobody watches: a slow answer is still a figure. */
export const keptSampleLimit: Milliseconds = seconds(3);
/** So long after its last word another node counts as watched, and its figures as of now. */
export const figuresFreshMs = 3_500;
/** Two and a half of the slow rhythm. */
export const figuresIdleFreshMs = 25_000;
/** What `balance` calls the load of a VM: its mean over so long; a minute of work is no reason to move it. */
export const loadWindowSeconds = 900;
/** Less says more about the latency of the beginning than about the speed of a copy. */
export const copyRateBytesMin = 8 * 1024 ** 2;
/** A file system that does not answer is shown as unknown. */
export const diskSpaceLimitMs = 2_000;
/** Its files are walked through by the mirror. */
export const copySizesLimit = seconds(5);
/** A copy's files are walked through by its mirror: not with every sample. */
export const copySizesEvery = 6;
/** Shorter intervals would turn one write into thousands per second. */
export const sampleIntervalMsMin = 100;
/** A chart has about as many pixels. */
export const seriesPointsMax = 600;
/** The grid of the last day. */
export const fineSeconds = 10;
/** The grid of the last month. */
export const coarseSeconds = 300;
/** A clock that was set back leaves rows in what is now the future; so far ahead they are taken for that. */
export const figuresFutureMax = 600;
/** A definition or a list of files in one line. */
export const mirrorLineBytesMax = 16 * 1024 * 1024;
/** The last words of a process that died are among them. */
export const mirrorLogBytesMax = 8 * 1024 * 1024;
/** Longer than systemd waits for a guest that nobody has ended in order (90 s). */
export const mirrorUnitStopLimit = seconds(120);
/** A lazy unmount waits for nothing; it may only be the host that is slow. */
export const unmountLimitMs = 5_000;
/** Reflinks of a large image on a busy file system. */
export const cloneLimitMs = 600_000;
/** Renames and small files. */
export const setAsideLimitMs = 30_000;
/** Opening walks the whole tree once; a folder of a VM is small, one of a file server is not. */
export const mirrorOpenLimit = seconds(60);
/** A mirror that is silent for longer is looked at as hanging. */
export const mirrorStatusLimit = seconds(3);
/** Changes come at once; this shows that it lives. */
export const mirrorStatusEveryMs = 1_000;
/** A local socket. */
export const mirrorReconnectLimitMs = 1_000;
/** Of calls that name none of their own. */
export const peerCallLimit = seconds(30);
/** Changes are told at once; a view may be three times as old (viewAgeMax). */
export const viewsEveryMs = 1_000;
/** 32 views and what is told for people's eyes need some tens of kilobytes. */
export const controlLineBytesMax = 1024 * 1024;
/** As often as a heartbeat. */
export const controlPingEveryMs = 500;
/** Five pings unanswered. */
export const controlAnswerLimitMs = 2_500;
/** Back within a second when the cable is. */
export const controlDialAgainMs = 500;
/** A TLS handshake between busy hosts. */
export const controlDialLimit = milliseconds(3_000);
/**
 * Passes every path that IPv6 may take (1280 with both headers) and most tunnels: what is larger dies there
 * in silence once modules are many. The views then go by the control connection alone.
 */
export const datagramMax = 1200;
/** What a UDP datagram can carry at all. */
export const heartbeatPayloadMax = 64 * 1024;
/** The next network is tried after it. */
export const peerDialLimit = milliseconds(2_000);
/** A line between the daemons is bounded: of what is over, the last ones are told. */
export const finishedToldMax = 4;
/** The last ones. */
export const notesToldMax = 5;
/** A page of the history is the largest. */
export const peerAnswerBytesMax = 16 * 1024 * 1024;
/** Years of a quiet pair, weeks of a very busy one. */
export const historyRowsMax = 50_000;
/** Many entries of one turn are written at once. */
export const historyWriteAfterMs = 100;
/** "<" and "=" in a settings file: the largest one has some hundred. Ten thousand take tenths of a second. */
export const settingsMarksMax = 10_000;
/** No definition and no settings of anybody lie deeper. */
export const xmlDepthMax = 256;
/** A person who looks into a database must not hold up the loop: tried again soon. */
export const databaseBusyMs = 100;
/** Set aside, given room, opened alone: each may help once. */
export const databaseTriesMax = 3;
/** A full disk is not asked for room with every entry. */
export const historyWriteAgainMs = 5_000;
/** What must be written while a person makes room: two databases' logs of 4 MB grow no further. */
export const reserveBytes = 8 * 1024 ** 2;
/** More than this unwritten (disk gone): the oldest unwritten are dropped and counted. */
export const historyWaitingMax = 5_000;
/** Thirty-two modules need about 16 KiB. */
export const recordSlotBytes = 128 * 1024;
/** Longer than closing takes; systemd waits for longer. */
export const daemonEndLimitMs = 5_000;
/** A procedure whose journal could not be written goes on when there is room again. */
export const procedureAgainMs = 10_000;
/** Finished procedures are kept this many, for whoever asks how one ended. */
export const proceduresFinishedMax = 20;
/** A bar that moves. */
export const protectProgressEveryMs = 500;
/** A slow disk's speed: an estimate that is kept. */
export const copyRateGuess = 100 * 1024 ** 2;
/** Mirror up, promoted, VM started: seconds; a busy host with slow disks: a minute or two. */
export const protectStartLimit = seconds(180);
/** A VM changes within tenths of a second. */
export const protectLookEveryMs = 200;
/** Earlier generations of a copy in a mirror's status: the engine keeps far fewer. */
export const generationHistoryMax = 1_000;
/** What a procedure has noted for a person: the last ones. */
export const procedureNotesMax = 50;
/** Steps of a procedure as the other node tells them: more than any procedure has. */
export const procedureStepsMax = 64;
/** Reasons for a refusal that are remembered: what a stranger can make us keep is bounded. */
export const refusalReasonsMax = 64;

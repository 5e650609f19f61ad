// SPDX-License-Identifier: Apache-2.0
// The bounds of access: API, console, CLI, sessions and certificates.

import { seconds } from "../units.js";

/** A page that was away for a moment catches up from these. */
export const liveEventsKeptMax = 1000;
/** A comment line keeps proxies and dead peers from holding a silent stream open. */
export const liveKeepAliveMs = 10_000;
/** A reader that does not read is let go; it comes back with its Last-Event-ID. */
export const liveUnreadBytesMax = 4 * 1024 * 1024;
/** The largest request is a userconfig.xml of some kilobytes. */
export const requestBytesMax = 1024 * 1024;
/** Slashes in an address within the console: its deepest page has two. */
export const pageDepthMax = 8;
/** Of whoever is not let in yet: a login, a ticket of 8 KiB at most, a host that wants to join. */
export const strangerBodyBytesMax = 12 * 1024;
/** Of a host that wants to join; a cluster has fewer networks. */
export const nodeAddressesMax = 16;
/** Each network is tried once, by a person who repeats it. */
export const admissionsPerMinuteMax = 20;
/** A page asks over six at once and keeps a stream; a reverse proxy brings everybody from one address. */
export const connectionsOfAddressMax = 128;
/** An eighth of the unit's LimitNOFILE: what a daemon of 32 modules has open fits beside it many times. */
export const connectionsMax = 1_024;
/** Of another node: control connections over each network, and what people ask there of modules here. */
export const connectionsOfPeerMax = 256;
/** A request's first words are sent at once; TLS has had its own time. */
export const requestHeadersLimitMs = 10_000;
/** The largest is a userconfig.xml over a bad mobile network. */
export const requestWholeLimitMs = 30_000;
/** The first message of TLS: with keys against quantum computers some two kilobytes. */
export const helloBytesMax = 16 * 1024;
/** It is what a client sends at once. */
export const helloLimitMs = 5_000;
/** Two ways over a bad mobile network; TLS' own default is two minutes. */
export const tlsHandshakeLimitMs = 10_000;
/** The API gives this many at once. */
export const eventsPageMax = 1_000;
/** As many as the history keeps. */
export const eventsCountMax = 50_000;
/** Longer than the slowest call: protect on the other node. */
export const cliAnswerLimitMs = 120_000;
/** A person waits in front of it. */
export const cliAskAgainMs = 250;
/** A certificate with fewer days left is an alarm. */
export const certificateDaysMin = 30;
/** A certificate, its issuers and some room. */
export const certificateChainMax = 8;
/** Wrong passwords of so long ago are forgotten. */
export const loginMemory = seconds(30 * 60);
/** Names and addresses that are remembered; the oldest go. */
export const loginKeptMax = 10_000;
/** Each costs 32 MiB for a third of a second. */
export const passwordChecksMax = 2;
/** Whoever comes after these is refused at once. */
export const passwordChecksWaitingMax = 16;
/** Refused rather than computed: a record that came from elsewhere must not cost us a gigabyte. */
export const hashMemoryMax = 256 * 1024 * 1024;
/** A touch is written no oftener: a restart may cost somebody so much of their idle time. */
export const sessionTouchAfterMs = 20_000;
/** A ticket has some hundred bytes. */
export const ticketBytesMax = 8192;
/** Clocks of two nodes may differ by so much and tickets still work. */
export const ticketSkewMaxMs = 60_000;
/** Long enough to walk to the other host. */
export const tokenLifeMs = 60 * 60 * 1000;
/** Two months to plan a visit. */
export const certificateWarnDays = 60;
/** A day is their unit; ten minutes are often enough. */
export const certificatesEvery = seconds(600);

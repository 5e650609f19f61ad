// SPDX-License-Identifier: Apache-2.0
// Words that the parts of this page share.

export const passwordHelp = "Ten characters or more; several words are easy to type and hard to guess.";

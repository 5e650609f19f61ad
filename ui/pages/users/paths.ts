// SPDX-License-Identifier: Apache-2.0
// Answers and names that the parts of this page share.

export const usersPath = "/users";
export const userPath = (name: string): string => `${usersPath}/${encodeURIComponent(name)}`;
export const passwordHelp = "Ten characters or more; several words are easy to type and hard to guess.";

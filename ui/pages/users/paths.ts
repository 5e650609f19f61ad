// SPDX-License-Identifier: Apache-2.0
// Answers and names that the parts of this page share.

export const usersPath = "/users";
/** The title of whatever dialog is open. */
export const dialogId = "users-dialog";
export const passwordHelp = "Ten characters or more; several words are easy to type and hard to guess.";

// SPDX-License-Identifier: Apache-2.0
// Answers that more than one part of this page asks for, by their path.

export const certificatesPath = "/certificates";

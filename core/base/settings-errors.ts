// SPDX-License-Identifier: Apache-2.0
// The part of the registry of errors (errors.ts) that is about settings and the files that hold them.

export const settingsErrors = {
  "GEMEL-1022": {
    sentence: "The VM has gone home by itself too often within an hour; it stays where it is.",
    next: "See why: gemel explain MODULE; compare defaultprim: gemel module show MODULE",
  },
  "GEMEL-4006": {
    status: 400,
    sentence: "The configuration file is not valid.",
    next: "Correct the line that the message names.",
  },
  "GEMEL-4024": {
    sentence: "The module's settings cannot be read; those that were read last stay in force.",
    next: "Mend the file that is named (gemel module check FILE says all that is wrong), or put it back.",
  },
  "GEMEL-4025": {
    sentence: "The cluster's settings cannot be read; those that were read last stay in force.",
    next: "Mend /etc/gemel/cluster.xml at the line that the message names, or copy it from the other node.",
  },
  "GEMEL-4026": {
    sentence: "A file of Gemel could not be written; nothing was changed.",
    next: "Make room there, or mend the disk, then do it again; VMs and failover go on.",
  },
} as const;

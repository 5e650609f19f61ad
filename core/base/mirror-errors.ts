// SPDX-License-Identifier: Apache-2.0
// What a mirror process refuses, in the registry's form. It has words of its own ("still-open"), which travel
// on the control socket; here each of them gets its code. GEMEL-2010 is left for a word that a newer mirror
// process knows and this daemon does not.

export const mirrorErrors = {
  "GEMEL-2013": {
    sentence: "The module runs on this copy.",
    next: "Stop it first: gemel stop MODULE",
  },
  "GEMEL-2014": {
    sentence: "This copy cannot be proven current.",
    next: "Start the other node; or, accepting what would be lost: gemel prim MODULE --force",
  },
  "GEMEL-2015": {
    sentence: "The copies are not in sync.",
    next: "Wait until they are: gemel wait MODULE --for protected",
  },
  "GEMEL-2016": {
    sentence: "The module is frozen until it is known whether this node may go on alone.",
    next: "See what it waits for with: gemel explain MODULE",
  },
  "GEMEL-2017": {
    sentence: "A flush to the disk failed.",
    next: "Check the disk; see its errors with: gemel log MODULE",
  },
  "GEMEL-2018": {
    sentence: "The kernel keeps old content of the module's files.",
    next: "Stop the module on this node, then start it again: gemel start MODULE",
  },
  "GEMEL-2019": {
    sentence: "The answer came too late: what it answers is over.",
    next: "Nothing to do; it is decided anew.",
  },
  "GEMEL-2020": {
    sentence: "This copy ran alone last, so it cannot step back for the other one.",
    next: "Let both copies meet: bring the other node back.",
  },
  "GEMEL-2021": {
    sentence: "The copies are not of the same generation.",
    next: "See both with: gemel status; it is decided anew when they meet.",
  },
  "GEMEL-2022": {
    sentence: "The other copy is not known yet.",
    next: "Bring the other node back, then try again.",
  },
  "GEMEL-2023": {
    sentence: "The state beside the module's data could not be written.",
    next: "Check the file system that holds the module: is it full, or mounted read-only?",
  },
  "GEMEL-2024": {
    sentence: "The state beside the module's data is damaged.",
    next: "Let the other node fill this copy anew; nothing starts here before that.",
  },
  "GEMEL-2025": {
    sentence: "The state beside the module's data cannot be read.",
    next: "Check the file system that holds the module, then: gemel start MODULE",
  },
  "GEMEL-2026": {
    sentence: "There is a copy of the module on this node already; it was left as it is.",
    next: "See it with: gemel status",
  },
  "GEMEL-2027": {
    sentence: "Copies are compared from the node on which the guest runs.",
    next: "See where that is with: gemel status, then: gemel verify MODULE",
  },
  "GEMEL-2028": {
    sentence: "The copies are being compared already.",
    next: "See how far it is with: gemel status",
  },
  "GEMEL-2029": {
    sentence: "The comparison of the copies did not come to its end.",
    next: "When both are up to date again: gemel verify MODULE",
  },
  "GEMEL-2030": {
    sentence: "The files of a copy that follows cannot be changed.",
    next: "Do it on the node on which the module runs: gemel status",
  },
  "GEMEL-2031": {
    sentence: "A file of the module could not be read or written.",
    next: "See why with: gemel log MODULE",
  },
  "GEMEL-2032": {
    sentence: "The VM's process is not the one that was started.",
    next: "Nothing to do; the hypervisor is asked for it again.",
  },
  "GEMEL-2033": {
    sentence: "The module's folder cannot be used.",
    next: "Remove the cause that the message names, then: gemel start MODULE",
  },
  "GEMEL-2034": {
    sentence: "Daemon and mirror process do not understand each other.",
    next: "They may be of different versions: stop the module on this node, then: gemel start MODULE",
  },
  "GEMEL-2036": {
    sentence: "The mirror process was killed and does not die: the kernel still waits for a disk of it.",
    next: "The other node may go on. See what hangs with: dmesg; the module comes back when it has died",
  },
  "GEMEL-2038": {
    sentence: "The copy on this node is half filled: it cannot be the good one.",
    next: "Let the other node fill it (gemel status), or set it aside with: gemel resolve MODULE",
  },
} as const;

type MirrorError = keyof typeof mirrorErrors | `GEMEL-20${"01" | "02" | "08" | "09" | "11"}` | "GEMEL-9002";

/** The mirror's word for a command that it did not carry out → the code. */
export const refusalCodes: Readonly<Record<string, MirrorError>> = {
  runs: "GEMEL-2013",
  "not-current": "GEMEL-2014",
  "not-in-sync": "GEMEL-2015",
  frozen: "GEMEL-2016",
  "flush-failed": "GEMEL-2017",
  caches: "GEMEL-2018",
  "grant-void": "GEMEL-2019",
  "too-late": "GEMEL-9002",
  "deny-void": "GEMEL-2019",
  "was-left-alone": "GEMEL-2020",
  "other-generation": "GEMEL-2021",
  "peer-unknown": "GEMEL-2022",
  "state-write-failed": "GEMEL-2023",
  "already-initialised": "GEMEL-2026",
  "half-filled": "GEMEL-2038",
  "on-the-other-node": "GEMEL-2027",
  busy: "GEMEL-2028",
  interrupted: "GEMEL-2029",
  "read-only": "GEMEL-2030",
  "file-error": "GEMEL-2031",
  "no-such-guest": "GEMEL-2032",
  "bad-command": "GEMEL-2034",
  "bad-request": "GEMEL-2034",
  "still-open": "GEMEL-2008",
  "in-use": "GEMEL-2011",
};

/** Its word for data that it does not touch; the next step is its own, since it names the place. */
export const dataCodes: Readonly<Record<string, MirrorError>> = {
  "data-not-there": "GEMEL-2001",
  "file-system-changed": "GEMEL-2001",
  "volume-not-mounted": "GEMEL-2001",
  "state-missing": "GEMEL-2001",
  "identity-mismatch": "GEMEL-2001",
  "root-missing": "GEMEL-2001",
  "state-elsewhere": "GEMEL-2001",
  "files-without-state": "GEMEL-2002",
  "state-newer": "GEMEL-2009",
  "newer-format": "GEMEL-2009",
  "directory-in-use": "GEMEL-2011",
  "state-damaged": "GEMEL-2024",
  "state-unreadable": "GEMEL-2025",
  "directory-unusable": "GEMEL-2033",
  "place-unusable": "GEMEL-2033",
  "root-is-mount-point": "GEMEL-2033",
  "no-lasting-file-system": "GEMEL-2033",
};

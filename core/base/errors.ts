// SPDX-License-Identifier: Apache-2.0
// The one registry of what can be refused or fail: code → what it means, and what the operator does next.
// API, CLI, console, log and docs/errors.md (generated) take their words from here, so they cannot drift
// apart.
//
// 1xxx command refused · 2xxx data and mirror · 3xxx hypervisor and VM · 4xxx cluster, network, API · 5xxx
// protect and resolve · 9xxx the daemon itself. A code is never reused for another meaning.

import { conflictWords } from "./conflict-words.js";

import { mirrorErrors } from "./mirror-errors.js";
import { settingsErrors } from "./settings-errors.js";

export interface ErrorEntry {
  readonly sentence: string;
  readonly next: string;
  /** Of HTTP; absent: 409, it cannot be done as things stand. */
  readonly status?: 400 | 401 | 403 | 404 | 429 | 500;
}

export const errorRegistry = {
  "GEMEL-1001": {
    status: 404,
    sentence: "There is no module of this name.",
    next: "See the modules with: gemel module list",
  },
  "GEMEL-1002": {
    sentence: "The module is stopped on this node.",
    next: "Start it with: gemel start MODULE",
  },
  "GEMEL-1003": {
    sentence: "The module is already running on this node.",
    next: "See where it runs with: gemel status",
  },
  "GEMEL-1004": {
    sentence: "The other node is not up to date, so it cannot take over.",
    next: "Wait until it is: gemel wait MODULE --for PRIM",
  },
  "GEMEL-1005": {
    sentence: "The other node runs the VM now.",
    next: "Exchange the roles with: gemel swap MODULE",
  },
  "GEMEL-1006": {
    sentence: "This copy is half filled and cannot start.",
    next: "Let the other node finish the copy; or, accepting damage: gemel prim MODULE --force",
  },
  "GEMEL-1007": {
    sentence: conflictWords.refusal,
    next: "Choose the copy to go on with: gemel resolve MODULE --keep NODE",
  },
  "GEMEL-1008": {
    sentence: "There is no conflict to resolve.",
    next: "See the state with: gemel status",
  },
  "GEMEL-1009": {
    sentence: "The other node cannot be reached, and this needs it.",
    next: "Bring it back, or see what is cut with: gemel doctor",
  },
  "GEMEL-1010": {
    sentence: "This module is in the middle of another step.",
    next: "Wait for it: gemel wait MODULE --for Ready, or see what it does: gemel status",
  },
  "GEMEL-1011": {
    sentence: "This is the only complete copy; as secondary it would have nothing to follow.",
    next: "Start the other node's copy first, or use: gemel swap MODULE once it is up to date",
  },
  "GEMEL-1012": {
    sentence: "The other node's answer did not come in time.",
    next: "Try again, or see what is cut with: gemel doctor",
  },
  "GEMEL-1013": {
    sentence: "The node is shutting its modules down.",
    next: "Wait until the host is back; or, when it is not to be switched off: gemel shutdown --cancel",
  },
  "GEMEL-1014": {
    sentence: "The VM has been restarted too often; the module stopped on this node.",
    next: "Find the cause with: gemel explain MODULE, then: gemel start MODULE",
  },
  "GEMEL-1015": {
    sentence: "This node does not belong to the module.",
    next: "See a module's nodes with: gemel module show MODULE",
  },
  "GEMEL-1016": {
    sentence: "The daemon has just started and is still finding out what runs.",
    next: "Try again in a few seconds.",
  },
  "GEMEL-1017": {
    sentence: "This copy is not proven to be the latest one.",
    next: "Start the other node; or, accepting what would be lost: gemel prim MODULE --force",
  },
  "GEMEL-1018": {
    sentence: "There is no such alarm now.",
    next: "See what there is with: gemel status",
  },
  "GEMEL-1019": {
    sentence: "The folder on this node is empty: there is nothing to go on with.",
    next: "Use prim on the node with the good data; or, to begin with nothing: gemel prim MODULE --force",
  },
  "GEMEL-1020": {
    sentence: "The conflict is being resolved already, and another copy goes on.",
    next: "Wait until that has ended: gemel wait MODULE --for Ready; what it set aside is kept as a whole",
  },
  "GEMEL-2001": {
    sentence:
      "The module's data is not there: the folder or its state is missing or belongs to another volume.",
    next: "Mount the right volume, then: gemel start MODULE",
  },
  "GEMEL-2002": {
    sentence: "The folder holds files that Gemel has no record of.",
    next: "If they are the good ones: gemel prim MODULE --force on this node; else move them away",
  },
  "GEMEL-2003": {
    sentence: "The two copies do not belong to the same module.",
    next: "Find out which folder was exchanged; nothing is copied before that.",
  },
  "GEMEL-2004": {
    sentence: "The mirror process ended unexpectedly.",
    next: "Gemel restarts it; see why with: gemel log MODULE",
  },
  "GEMEL-2005": {
    sentence: "The mirror process did not answer in time.",
    next: "See its log with: gemel log MODULE",
  },
  "GEMEL-2006": {
    sentence: "The disk is full.",
    next: "Free the space named in status; the guest goes on by itself, or: gemel swap MODULE",
  },
  "GEMEL-2007": {
    sentence: "A disk reported an error.",
    next: "Check the disk; the module runs from the other copy if that is up to date: gemel swap MODULE",
  },
  "GEMEL-2008": {
    sentence: "A file of the module is open for writing, so the role cannot change.",
    next: "End the process named in the message.",
  },
  "GEMEL-2009": {
    sentence: "The state was written by a newer version of Gemel and is left untouched.",
    next: "Install that version again on this node.",
  },
  "GEMEL-2010": {
    sentence: "The mirror process refused the command.",
    next: "See why with: gemel explain MODULE",
  },
  "GEMEL-2011": {
    sentence: "Something below the module's folder is in use, so it cannot be mounted or unmounted.",
    next: "End the process named in the message.",
  },
  "GEMEL-2012": {
    sentence: "The mirror process ended three times within a minute.",
    next: "See why with: gemel log MODULE, then: gemel start MODULE",
  },
  ...mirrorErrors,
  ...settingsErrors,
  "GEMEL-3001": {
    sentence: "The hypervisor does not answer.",
    next: "Start it (systemctl start libvirtd); running guests are not touched.",
  },
  "GEMEL-3002": {
    sentence: "The VM could not be started.",
    next: "Read the hypervisor's reason in the message, correct it, then: gemel start MODULE",
  },
  "GEMEL-3003": {
    sentence: "The VM did not stop within its limit.",
    next: "Stop it by force: gemel stop MODULE --force",
  },
  "GEMEL-3004": {
    sentence: "A disk of the VM is not on the module's mount, so it is not protected.",
    next: "Merge or move the disk named in the message, then: gemel start MODULE",
  },
  "GEMEL-3005": {
    status: 404,
    sentence: "There is no VM of this name or id.",
    next: "See the VMs of this host with: gemel protect --list",
  },
  "GEMEL-3006": {
    sentence: "The VM's process could not be verified dead.",
    next: "Look for processes in D state: gemel doctor; nothing starts elsewhere before it is dead.",
  },
  "GEMEL-3007": {
    sentence: "The hypervisor's start guard is not installed or not called.",
    next: "Restart libvirtd once so that it reads its hooks, then: gemel doctor",
  },
  "GEMEL-3008": {
    sentence: "The VM's definition cannot be used on this host.",
    next: "Correct what the message names, on the host or in the definition.",
  },
  "GEMEL-3009": {
    sentence: "The hypervisor refused the call.",
    next: "Read its reason in the message.",
  },
  "GEMEL-3011": {
    sentence: "The other host could not start the VM.",
    next: "Bring what the message names to that host, or take it out of the VM's definition.",
  },
  "GEMEL-3012": {
    sentence: "The TPM's state could not be put where the hypervisor looks for it, or taken away from there.",
    next: "See who uses what the message names (fuser -vm PATH), end it, then try again.",
  },
  "GEMEL-4001": {
    sentence: "This node belongs to no cluster.",
    next: "gemel cluster init --name N --net data=CIDR --net heart=CIDR, or gemel cluster join TOKEN",
  },
  "GEMEL-4002": {
    sentence: "This node already belongs to a cluster.",
    next: "See it with: gemel cluster show",
  },
  "GEMEL-4003": {
    status: 401,
    sentence: "The token is not valid: wrong, used or expired.",
    next: "Make a new one on the first node: gemel cluster token",
  },
  "GEMEL-4004": {
    status: 401,
    sentence: "The certificate is not of this cluster.",
    next: "Use the admin certificate that init or join wrote to /etc/gemel/tls/admin.pem.",
  },
  "GEMEL-4005": {
    sentence: "The two nodes run versions that do not work together.",
    next: "Install the same version on both.",
  },
  "GEMEL-4007": {
    sentence: "The daemon does not answer.",
    next: "Start it: systemctl start gemel",
  },
  "GEMEL-4008": {
    status: 400,
    sentence: "The request is not valid.",
    next: "See the command's help with --help.",
  },
  "GEMEL-4009": {
    status: 403,
    sentence: "This caller may not do that.",
    next: "Use the admin certificate or root on the unix socket.",
  },
  "GEMEL-4010": {
    sentence: "The wait ended before the state was reached.",
    next: "See what holds it up with: gemel status",
  },
  "GEMEL-4011": {
    sentence: "No address of this host is in the network given.",
    next: "See the host's addresses with: ip address",
  },
  "GEMEL-4012": {
    status: 404,
    sentence: "There is no node of this name.",
    next: "See the nodes with: gemel status",
  },
  "GEMEL-4013": {
    status: 401,
    sentence: "Nobody is logged in, or the session has ended.",
    next: "Log in to the console; programs use an admin certificate (gemel --cert FILE).",
  },
  "GEMEL-4014": {
    status: 429,
    sentence: "Too many wrong passwords came from this address or for this user.",
    next: "Wait as long as the message says. On the host itself: gemel user password NAME",
  },
  "GEMEL-4015": {
    status: 401,
    sentence: "The user or the password is wrong.",
    next: "Try again; who has forgotten it asks root on a host: gemel user password NAME",
  },
  "GEMEL-4016": {
    status: 403,
    sentence: "The request does not carry the word of this session.",
    next: "Load the page again.",
  },
  "GEMEL-4017": {
    status: 404,
    sentence: "There is no user of this name.",
    next: "See the users with: gemel user list",
  },
  "GEMEL-4018": {
    status: 400,
    sentence: "This user cannot be made.",
    next: "Choose another name: gemel user add NAME --role ROLE",
  },
  "GEMEL-4019": {
    sentence: "Somebody must be able to manage users: this is the last administrator.",
    next: "Make another one first: gemel user role NAME admin",
  },
  "GEMEL-4020": {
    status: 400,
    sentence: "The password cannot be taken.",
    next: "Choose one of ten characters or more; several words are easy to type and hard to guess.",
  },
  "GEMEL-4021": {
    status: 401,
    sentence: "The ticket of the other node is not valid here.",
    next: "Log in on this node.",
  },
  "GEMEL-4022": {
    status: 400,
    sentence: "The certificate cannot be used.",
    next: "Correct what the message names; the certificate in use stays as it is.",
  },
  "GEMEL-4023": {
    sentence: "This host has no hypervisor that Gemel can use.",
    next: "Install KVM with libvirt (apt install qemu-system-x86 libvirt-daemon-system), then: gemel doctor",
  },
  "GEMEL-5001": {
    sentence: "The preflight found something that forbids protecting this VM.",
    next: "Correct the findings listed, then run the same command again.",
  },
  "GEMEL-5002": {
    sentence: "The VM is running and must be off.",
    next: "Shut it down, or let Gemel do it: gemel protect VM --stop",
  },
  "GEMEL-5003": {
    sentence: "There is not enough space.",
    next: "Free the space that the message names, or choose another folder: --folder PATH",
  },
  "GEMEL-5004": {
    sentence: "The VM is already protected.",
    next: "See it with: gemel status",
  },
  "GEMEL-5005": {
    sentence: "All module places are taken.",
    next: "Unprotect a VM first.",
  },
  "GEMEL-5006": {
    sentence: "A step of the procedure failed; it was undone or will be continued.",
    next: "See where it stands with: gemel status",
  },
  "GEMEL-5007": {
    sentence: "The copy could not be set aside.",
    next: "Nothing was overwritten. Remove the cause, then: gemel resolve MODULE --keep NODE",
  },
  "GEMEL-9001": {
    status: 500,
    sentence: "The daemon's own state file is damaged.",
    next: "Start from the copy beside it that the log names; guests are not touched.",
  },
  "GEMEL-9002": {
    status: 500,
    sentence: "The daemon was held up too long, so the decision taken before is void.",
    next: "Nothing to do; it decides anew.",
  },
  "GEMEL-9003": {
    status: 500,
    sentence: "Something unexpected went wrong inside Gemel.",
    next: "Send the output of gemel log --json to the makers; guests are not touched.",
  },
} as const satisfies Record<`GEMEL-${number}`, ErrorEntry>;

export type ErrorCode = keyof typeof errorRegistry;

/** A failure as a value: in task outcomes, decisions, API answers. */
export interface Failure {
  /**
   * A registered code; what comes from a mirror process or a peer of another version may be newer than this
   * registry.
   */
  readonly code: string;
  readonly message: string;
  /** Module, node, file or field that it is about. */
  readonly where: string;
  readonly next: string;
}

/** Also of a code that a newer node or mirror process has and this registry does not. */
export function httpStatusOf(code: string): number {
  const entry: ErrorEntry | undefined = isErrorCode(code) ? errorRegistry[code] : undefined;
  return entry?.status ?? (code.startsWith("GEMEL-9") ? 500 : 409);
}

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorRegistry, code);

/** `detail` says what exactly and since when; it follows the registry's sentence. */
export function failure(code: ErrorCode, where: string, detail?: string, next?: string): Failure {
  const { sentence, next: registered } = errorRegistry[code];
  return {
    code,
    message: detail === undefined || detail === "" ? sentence : `${sentence} ${detail}`,
    where,
    next: next ?? registered.replaceAll("MODULE", where === "" ? "MODULE" : where),
  };
}

/** Thrown only at the edge (a request, a file, a peer); the deciding parts return failures. */
export class GemelError extends Error implements Failure {
  readonly code: string;
  readonly where: string;
  readonly next: string;

  constructor(code: ErrorCode, where: string, detail?: string, next?: string) {
    const made = failure(code, where, detail, next);
    super(made.message);
    this.name = "GemelError";
    this.code = made.code;
    this.where = where;
    this.next = made.next;
  }

  toJSON(): Failure {
    return { code: this.code, message: this.message, where: this.where, next: this.next };
  }
}

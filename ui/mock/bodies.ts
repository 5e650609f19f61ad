// SPDX-License-Identifier: Apache-2.0
// Bodies of requests, judged like the daemon's schemas do: what is missing or of the wrong kind is refused
// with the field's name in `where`, so that a form shows it beside that field.

import type {
  CertificateRequest,
  CommandRequest,
  LoginRequest,
  ModuleChange,
  PasswordChange,
  PauseRequest,
  ProtectRequest,
  UnprotectRequest,
  UserChange,
  UserRequest,
  VerifyRequest,
} from "../../core/api/contract.js";
import { moduleVerbs } from "../../core/base/vocabulary.js";
import { refuse } from "./world/refusal.js";

type Kind = "text" | "maybe empty" | "optional text" | "optional flag" | "optional number" | "optional list";
type Shape<Name extends string = string> = Readonly<Record<Name, Kind | readonly string[]>>;

/** `optional` words of an enumeration end with "?". */
function judge(body: unknown, shape: Shape): void {
  const fields = typeof body === "object" && body !== null ? Object.entries(body) : [];
  const given = new Map<string, unknown>(fields);
  for (const [name] of given) {
    if (!Object.hasOwn(shape, name)) throw refuse("GEMEL-4008", name, "This field is not known.");
  }
  for (const [name, kind] of Object.entries(shape)) judgeField(name, kind, given.get(name));
}

function judgeField(name: string, kind: Kind | readonly string[], value: unknown): void {
  if (typeof kind !== "string") {
    const isOptional = kind.includes("?");
    if (value === undefined && isOptional) return;
    const words = kind.filter((word) => word !== "?");
    if (typeof value === "string" && words.includes(value)) return;
    throw refuse("GEMEL-4008", name, `It is one of ${words.join(", ")}.`);
  }
  if (value === undefined && kind.startsWith("optional")) return;
  const wanted = {
    text: "string",
    "maybe empty": "string",
    flag: "boolean",
    number: "number",
    list: "object",
  } as const;
  const type = kind.replace("optional ", "");
  const found = Object.entries(wanted).find(([word]) => word === type)?.[1];
  if (typeof value !== found) throw refuse("GEMEL-4008", name, `It must be a ${found ?? type}.`);
  if (kind === "text" && value === "") throw refuse("GEMEL-4008", name, "It must not be empty.");
}

/** The one place where an unknown value gets its contract's type, after it has been judged. */
const reader =
  <T extends object>(shape: Shape<Extract<keyof T, string>>) =>
  (body: unknown): T => {
    judge(body, shape);
    return (body ?? {}) as T;
  };

const roles = ["monitor", "control", "admin"];

export const bodies = {
  login: reader<LoginRequest>({ user: "text", password: "text" }),
  password: reader<PasswordChange>({ old: "text", new: "text" }),
  user: reader<UserRequest>({ name: "text", role: roles, password: "text" }),
  userChange: reader<UserChange>({ role: [...roles, "?"], password: "optional text" }),
  pause: reader<PauseRequest>({ why: "maybe empty" }),
  certificate: reader<CertificateRequest>({ certificate: "text", privateKey: "text" }),
  verify: reader<VerifyRequest>({ repair: "optional flag" }),
  unprotect: reader<UnprotectRequest>({ stop: "optional flag" }),
  userconfig: reader<{ readonly xml: string }>({ xml: "text" }),
  command: reader<CommandRequest>({
    verb: moduleVerbs,
    node: "optional text",
    force: "optional flag",
    keep: "optional text",
  }),
  moduleChange: reader<ModuleChange>({
    defaultPrim: "optional text",
    failover: "optional flag",
    boot: "optional flag",
    maxLoop: "optional number",
    loopIntervalHours: "optional number",
    acknowledge: ["written", "received", "?"],
    resyncCap: "optional number",
    stop: ["shutdown", "save", "off", "?"],
    niceStopSeconds: "optional number",
    forceStopSeconds: "optional number",
    powerOff: ["stop", "restart", "?"],
    pin: "optional text",
    apart: "optional text",
  }),
  protect: reader<ProtectRequest>({
    vm: "text",
    node: "optional text",
    module: "optional text",
    folder: "optional text",
    stop: "optional flag",
    dryRun: "optional flag",
    eject: "optional flag",
    exclude: "optional list",
  }),
} as const;

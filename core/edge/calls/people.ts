// SPDX-License-Identifier: Apache-2.0
// People who are in, and the certificates of the nodes.

import type { accessRows } from "../../api/calls/access.js";
import { expectPerson, type AnswersTo } from "../../api/door.js";
import { GemelError } from "../../base/errors.js";
import type { Access } from "../access/access.js";
import type { AskedDaemon } from "./rooms.js";

export function peopleAnswers(daemon: AskedDaemon): AnswersTo<typeof accessRows> {
  const access = (): Access => {
    const found = daemon.access;
    if (found === undefined) throw new GemelError("GEMEL-4001", "");
    return found;
  };
  return {
    "GET /session": ({ caller }) =>
      caller.kind === "user"
        ? access().session(caller)
        : access().sessionOf(caller.name, caller.kind === "nobody" ? "monitor" : caller.role),
    "POST /session/password": async ({ caller, body }) => {
      await access().changeOwnPassword(expectPerson(caller), body, caller.address);
      return { sentence: "The password is changed. Sessions elsewhere have ended." };
    },
    "GET /users": () => access().users.list(),
    "POST /users": ({ body, caller }) => access().users.add(body, caller.name),
    "PATCH /users/:user": ({ params, body, caller }) => access().users.change(params.user, body, caller.name),
    "DELETE /users/:user": ({ params }) => {
      access().users.remove(params.user);
      return { sentence: `${params.user} is removed.` };
    },
    "GET /certificates": () => access().certificates(),
    "PUT /certificates/console": ({ body }) => access().installCertificate(body),
    "DELETE /certificates/console": () => access().removeCertificate(),
  };
}

// SPDX-License-Identifier: Apache-2.0
// People who are in, and the certificates of the nodes.

import type { accessRows } from "../../api/calls/access.js";
import { expectPerson, type AnswersTo } from "../../api/door.js";
import type { AskedDaemon } from "./rooms.js";

export function peopleAnswers(daemon: AskedDaemon): AnswersTo<typeof accessRows> {
  return {
    "GET /session": ({ caller }) =>
      caller.kind === "user"
        ? daemon.access.session(caller)
        : daemon.access.sessionOf(caller.name, caller.kind === "nobody" ? "monitor" : caller.role),
    "POST /session/password": async ({ caller, body }) => {
      await daemon.access.changeOwnPassword(expectPerson(caller), body, caller.address);
      return { sentence: "The password is changed. Sessions elsewhere have ended." };
    },
    "GET /users": () => daemon.access.users.list(),
    "POST /users": ({ body, caller }) => daemon.access.users.add(body, caller.name),
    "PATCH /users/:user": ({ params, body, caller }) =>
      daemon.access.users.change(params.user, body, caller.name),
    "DELETE /users/:user": async ({ params }) => {
      await daemon.access.users.remove(params.user);
      return { sentence: `${params.user} is removed.` };
    },
    "GET /certificates": () => daemon.access.certificates(),
    "PUT /certificates/console": ({ body }) => daemon.access.installCertificate(body),
    "DELETE /certificates/console": () => daemon.access.removeCertificate(),
  };
}

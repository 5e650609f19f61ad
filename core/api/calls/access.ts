// SPDX-License-Identifier: Apache-2.0
// People: coming in, going to the other node, users, certificates.

import type { accessSchemas } from "../schemas/access.js";
import { listedWords, unsaid, oneLine } from "./deed.js";
import { change, look, overHttp, type CallRows } from "./row.js";

/** Beside the back-off for wrong passwords: so many a minute from one address, right or wrong. */
const perMinute = 60;

export const accessRows = {
  "POST /login": overHttp(
    change("A person comes in; the cookie is the session", "everybody", "log in", { perMinute }),
  ),
  "POST /logout": overHttp(change("The session ends", "monitor", "log out")),
  "GET /session": look("Who asks, and as what"),
  "POST /session/password": change(
    "A person changes the own password; other sessions end",
    "monitor",
    "change the own password",
    { place: "cluster" },
  ),
  // A page keeps a ticket in hand every few minutes: nothing that a person did.
  "POST /session/handover": overHttp(
    change("A ticket, good once, to come in on another node without a login", "monitor", unsaid),
  ),
  "POST /handover": overHttp(
    change(
      "A form's ticket of another node for a session here",
      "everybody",
      "move over from the other host",
      { perMinute, type: "text/html", status: 303, unused: "the console's form posts it to the other node" },
    ),
  ),
  "GET /users": look("Who may come in, as what", { admits: "admin" }),
  "POST /users": change(
    "A new user, on both nodes",
    "admin",
    ({ body }) => `add the user ${oneLine(body["name"])} as ${oneLine(body["role"])}`,
    { place: "cluster" },
  ),
  "PATCH /users/:user": change(
    "Another role or password; a new password ends the user's sessions",
    "admin",
    ({ params, body }) =>
      listedWords(`change the user ${oneLine(params["user"])}`, [
        [body["role"] !== undefined, `role ${oneLine(body["role"])}`],
        [body["password"] !== undefined, "a new password"],
      ]),
    { place: "cluster" },
  ),
  "DELETE /users/:user": change(
    "Remove a user; its sessions end",
    "admin",
    ({ params }) => `remove the user ${oneLine(params["user"])}`,
    { place: "cluster" },
  ),
  "GET /certificates": look("The certificates of a node (absent: of this one), and how long they last", {
    place: "node",
  }),
  "PUT /certificates/console": change(
    "An own certificate for this node's console, at once",
    "admin",
    "install an own certificate for the console",
  ),
  "DELETE /certificates/console": change(
    "The node's own certificate serves the console again",
    "admin",
    "remove the console's own certificate",
  ),
  "GET /cluster/ca": overHttp(
    look("The certificate (PEM) that browsers are to trust", {
      admits: "everybody",
      type: "application/x-pem-file",
    }),
  ),
} satisfies CallRows<typeof accessSchemas>;

// SPDX-License-Identifier: Apache-2.0
/**
 * The console's other pages against real daemons, libvirt and guests: two administrators protect guests at
 * the same moment, one looks at a module, changes its settings, lets somebody in and out, exchanges the
 * console's certificate; then both copies of a guest have run alone and a person decides, finds everything
 * in the events, and ends the protection. One story in one lab, told in order.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import type { Browser, Locator } from "playwright-core";
import type { Copies, ModuleView } from "../../core/api/contract.js";
import { launch } from "../console/browser/chromium.js";
import { complaints, foundValues, readAcks } from "../lab/guest/serial.js";
import { must } from "../lab/machine/command.js";
import { labsPath } from "../lab/machine/folders.js";
import { waitFor } from "../lab/wait.js";
import { Twins, nodeNames, type ModuleName, type NodeName } from "./twins.js";
import { isProtected, moveLimitMs, storyTeller, Visit } from "./visit.js";

const guests: readonly ModuleName[] = ["cam1", "door1", "bms1"];
const guard = { user: "dora", password: "a-door-is-no-window-7" };
const work = "The switch in the cellar is replaced";
const ownName = "console.customer.example";

describe("console pages", { timeout: 330_000 }, () => {
  mkdirSync(labsPath(), { recursive: true });
  const dir = mkdtempSync(join(labsPath(), "e2e-console-pages-"));
  let twins: Twins;
  let browser: Browser;
  /** At alpha's console; the colleague at beta's. */
  let admin: Visit;
  let colleague: Visit;
  let dora: Visit;

  before(async () => {
    twins = await Twins.up({ dir, console: true });
    for (const vm of guests) await twins.define(vm, { pace: 25, noise: 0 });
    await twins.guest("cam1").start();
    browser = await launch();
    [admin, colleague, dora] = await Promise.all([
      Visit.begin(browser, twins),
      Visit.begin(browser, twins),
      Visit.begin(browser, twins),
    ]);
  });
  after(async () => {
    await browser.close();
    await twins.down();
    rmSync(dir, { recursive: true, force: true });
  });

  const step = storyTeller(() => [
    ...[admin, colleague, dora].map((visit) => visit.picture()),
    twins.diagnosis(),
  ]);

  const settingsOf = async (node: NodeName, id: ModuleName): Promise<ModuleView["settings"]> =>
    (JSON.parse(await twins.gemel(node, "module", "show", id, "--json")) as ModuleView).settings;

  step("two administrators at two hosts protect three guests at the same moment", async () => {
    const { user, password } = twins.administrator;
    await Promise.all([admin.goto("alpha"), colleague.goto("beta")]);
    for (const visit of [admin, colleague]) {
      await visit.logIn(user, password);
      await visit.visit("Protect");
    }
    for (const vm of ["cam1", "door1"])
      await admin.page.getByRole("checkbox", { name: `Choose ${vm} on alpha` }).check();
    await admin.button("Protect 2 VMs").click();
    await admin.dialog.getByRole("button", { name: "Let Gemel shut it down" }).click();
    await colleague.button("Protect bms1").click();
    const [two, one] = [
      admin.dialog.getByRole("button", { name: "Start with 2 VMs" }),
      colleague.dialog.getByRole("button", { name: "Start", exact: true }),
    ];
    await colleague.sees(colleague.dialog.getByText("Ready to start"));
    await admin.sees(two);
    await Promise.all([two.click(), one.click(), admin.sees(beingSetUp(admin, "cam1"))]);
    for (const visit of [admin, colleague]) await visit.isGone(visit.dialog);
    for (const visit of [admin, colleague]) {
      await visit.visit("Overview");
      for (const [node, vm] of [
        ["alpha", "cam1"],
        ["alpha", "door1"],
        ["beta", "bms1"],
      ] as const)
        await visit.sees(visit.card(node, vm).getByText(isProtected), moveLimitMs);
    }
    await colleague.visit("Cluster");
    for (const node of nodeNames) {
      const places = await Promise.all(guests.map(async (vm) => (await settingsOf(node, vm)).index));
      assert.equal(new Set(places).size, guests.length, `each has a port of its own: ${places.join(", ")}`);
    }
  });

  step("the module's page: a write's way in figures, charts, both copies compared", async () => {
    await admin.open("alpha", "cam1");
    const legs = [
      "guest on alpha: writes flow, waits",
      "disk of alpha: writes flow,",
      "disk of beta: writes flow,",
    ];
    const way = admin.page.getByRole("img", { name: new RegExp(legs.map((leg) => `${leg} \\d.*`).join("")) });
    await admin.sees(way);
    const first = await way.textContent();
    await waitFor("another second's figures", async () => (await way.textContent()) !== first, 20_000);
    await admin.button("Compare both copies").click();
    await admin.seesText(/Last compared .*: no difference/);
    await admin.isGone(admin.page.getByText("Started. The result will stand here."));
    const chart = (name: RegExp): Locator => admin.page.getByRole("img", { name });
    await admin.sees(chart(/^What a write waits, 1 hour\. p99: \d.* Median: \d.* Disk here: \d.* Peer: \d/));
    // Two different values at least: a line. Nothing has moved.
    await admin.sees(chart(/^Throughput, 1 hour\. Written: (\S+ \S+) to (?!\1,).* last \S+ \S+\.$/));
    await admin.button("Throughput in words and numbers").click();
    const table = admin.page.getByRole("region", { name: "Throughput: table" });
    await admin.sees(table.getByRole("cell", { name: /KiB\/s/ }));
  });

  step("settings: a wrong one is told beside its field, a right one is on both hosts", async () => {
    const nice = admin.page.getByLabel("Time to shut down, seconds", { exact: true });
    await nice.fill("many");
    await admin.button("Save").click();
    await admin.sees(nice.and(admin.page.locator('[aria-invalid="true"]')));
    assert.match(await admin.besides(nice), /niceStopSeconds: must be integer/);
    await nice.fill("45");
    await admin.button("Save").click();
    await admin.seesText("Saved on both nodes.");
    for (const node of nodeNames) assert.equal((await settingsOf(node, "cam1")).niceStopSeconds, 45);

    await admin.button("userconfig.xml, for who knows it").click();
    const editor = admin.page.getByRole("textbox", { name: "userconfig.xml" });
    const save = admin.button("Save the file on both nodes");
    const before = await editor.inputValue();
    const line = before.split("\n").findIndex((one) => one.includes("<user ")) + 1;
    await editor.fill(before.replace('nicestoptimeout="45"', 'nicestoptimeout="soon"'));
    await save.click();
    await admin.seesText(new RegExp(`Nothing was changed, see line ${line}: .*nicestoptimeout`));
    await editor.fill(before.replace('nicestoptimeout="45"', 'nicestoptimeout="50"'));
    await save.click();
    await admin.sees(nice.and(admin.page.locator('[value="50"]')));
    for (const node of nodeNames) assert.equal((await settingsOf(node, "cam1")).niceStopSeconds, 50);
    // All three have booted meanwhile.
    for (const vm of guests) await twins.acknowledgesMore(vm);
  });

  step("users: added by Return, made more, let in on the other host, removed", async () => {
    await admin.visit("Users");
    await admin.button("Add a user").click();
    await admin.dialog.getByRole("textbox", { name: "Name" }).fill(guard.user);
    await admin.dialog.getByLabel(/First password/).fill(guard.password);
    await admin.page.keyboard.press("Enter");
    await admin.isGone(admin.dialog);
    await admin.page.getByRole("combobox", { name: "Role of dora" }).selectOption("Control");
    await admin.sees(admin.page.getByRole("row", { name: /dora/ }).getByText(/May also command modules/));
    await dora.goto("beta");
    await dora.logIn(guard.user, guard.password);
    await dora.sees(dora.button("dora, Control"));
    await dora.sees(dora.card("alpha", "cam1"));
    await admin.button("Remove dora").click();
    await admin.dialog.getByRole("button", { name: "Remove" }).click();
    await admin.isGone(admin.page.getByRole("combobox", { name: "Role of dora" }));
  });

  step("failover is paused and resumed for everybody; a token is made; who was removed is out", async () => {
    await admin.visit("Cluster");
    await admin.button(/^Pause automatic failover/).click();
    await admin.dialog.getByRole("textbox", { name: "Why" }).fill(work);
    await admin.page.keyboard.press("Enter");
    for (const visit of [admin, colleague]) await visit.sees(pauseBanner(visit));
    await pauseBanner(colleague).getByRole("button", { name: "Resume automatic failover" }).click();
    for (const visit of [colleague, admin]) await visit.isGone(pauseBanner(visit));
    await admin.button("Make a token").click();
    await admin.seesText(/gemel cluster join \S{20}/);
    await dora.seesText(/Your session has ended/);
    await dora.logIn(guard.user, guard.password);
    await dora.seesText("The user or the password is wrong.");
  });

  step("an own certificate for the console, and back to the cluster's", async () => {
    const own = await ownCertificate(dir, new URL(twins.host("alpha").consoleUrl ?? "").hostname);
    await admin.button("Install an own certificate …").click();
    await admin.dialog.getByLabel(/^Certificate \(PEM\)/).fill(own.certificate);
    await admin.dialog.getByLabel(/^Private key \(PEM\)/).fill(own.privateKey);
    await admin.dialog.getByRole("button", { name: "Install" }).click();
    await admin.isGone(admin.dialog);
    await admin.seesText("The console of alpha shows your own certificate.");
    await admin.sees(admin.page.getByRole("grid", { name: "Certificates" }).getByText(`CN=${ownName}`));
    assert.equal(await shownAt(browser, twins), ownName);
    await admin.button("Back to the cluster’s certificate").click();
    await admin.seesText(/The console of alpha shows a certificate of the cluster.s authority/);
    assert.equal(await shownAt(browser, twins), "alpha");
  });

  step("while failover is paused both networks are cut, and a person starts the other copy too", async () => {
    await colleague.visit("Overview");
    await colleague.button("Pause failover").click();
    await colleague.dialog.getByRole("textbox", { name: "Why" }).fill(work);
    await colleague.dialog.getByRole("button", { name: "Pause" }).click();
    for (const visit of [admin, colleague]) await visit.sees(pauseBanner(visit));
    await Promise.all([twins.lab.cut("data"), twins.lab.cut("heart")]);
    await twins.untilState("alpha", "cam1", "ALONE");
    await twins.untilState("beta", "cam1", "WAIT");
    await colleague.page.getByRole("article", { name: "cam1" }).getByRole("link", { name: "cam1" }).click();
    await colleague.button("All actions for cam1").click();
    await colleague.page.getByRole("menuitem", { name: /Choose the copy that counts/ }).click();
    await choose(colleague, "beta");
    await colleague.seesText("Decided: the copy of beta goes on");
    const ranThere = (): boolean => readAcks(twins.guest("cam1").serialOn("beta")).length >= 20;
    await waitFor("cam1 to run on beta too", ranThere, moveLimitMs);
    await twins.acknowledgesMore("cam1");
    await Promise.all([twins.lab.heal("data"), twins.lab.heal("heart")]);
  });

  step("a person compares both copies and decides; the losing one is kept where the page said", async () => {
    await admin.visit("Overview");
    const decide = admin.page.getByRole("article", { name: "cam1" });
    await decide.getByRole("link", { name: "Compare both copies and decide" }).click();
    const { copies } = await waitFor(
      "both copies to know of each other",
      async () => {
        const told = await admin.get<Copies>("/modules/cam1/copies");
        return told.conflict && told.copies.every(({ differingBytes }) => (differingBytes ?? 0) > 0) && told;
      },
      moveLimitMs,
    );
    for (const { node, generation, alone } of copies) {
      const card = admin.page.getByRole("article").filter({ hasText: `If ${node} goes on:` });
      await admin.sees(card.getByText(generation));
      assert.ok(alone !== undefined && alone.to === undefined, `${node} runs alone still`);
      const figures =
        /Ran alone\s*since .*, still\s*Last write\s*\d.*May differ\s*\d+\.\d [KM]iB\s*Size\s*64\.0 MiB/s;
      assert.match(await card.innerText(), figures);
      await admin.sees(card.getByText(/Lost is what (alpha|beta) wrote alone from .* until now \(about /));
    }
    const loser = copies.find(({ node }) => node === "beta")?.generation ?? "";
    const acknowledged = readAcks(twins.guest("cam1").serialOn("beta")).at(-1) ?? 0;
    await choose(admin, "alpha");
    await admin.seesText("Decided: the copy of alpha goes on");
    await admin.seesText("Decided: cam1 is protected again", moveLimitMs);
    const kept = twins.host("beta").path(`/var/lib/gemel/vm/cam1.kept-${loser}/cam1.raw`);
    const verdict = await twins.guest("cam1").check(kept);
    assert.ok(verdict.kind === "whole" && verdict.highest >= acknowledged, JSON.stringify(verdict));
    await pauseBanner(admin).getByRole("button", { name: "Resume automatic failover" }).click();
    await admin.visit("Overview");
    await admin.sees(admin.card("alpha", "cam1").getByText(isProtected));
    for (const vm of ["door1", "bms1"])
      await admin.sees(admin.page.getByRole("article", { name: vm }).getByText(isProtected), moveLimitMs);
  });

  step("events: filtered, who did what from where, and all of it as a file", async () => {
    await admin.visit("Events");
    const list = admin.page.getByRole("list", { name: "Entries, newest first" });
    await admin.sees(list.getByText("Audit"));
    await admin.page.getByRole("combobox", { name: "Kind" }).selectOption("Decision");
    await admin.page.getByRole("combobox", { name: "Module" }).selectOption("cam1");
    await admin.isGone(list.getByText("Audit"));
    await admin.isGone(list.getByText(/^(door1|bms1)/));
    await admin.sees(list.getByText(/^cam1/));
    await admin.button("Clear").click();
    await admin.button("Who did what").click();
    for (const [who, what] of deeds) {
      const line = list.getByRole("listitem").filter({ hasText: new RegExp(`${who} from \\d+\\.`) });
      await admin.sees(line.filter({ hasText: what }));
    }
    await admin.button("Export").click();
    const [download] = await Promise.all([
      admin.page.waitForEvent("download"),
      admin.page.getByRole("menuitem", { name: "As CSV" }).click(),
    ]);
    const lines = readFileSync(await download.path(), "utf8")
      .trim()
      .split("\r\n");
    assert.match(lines[0] ?? "", /^at,node,kind,module,/);
    assert.ok(
      lines.slice(1).every((line) => line.includes(",audit,")),
      "only what the view shows",
    );
    for (const [who, what] of deeds)
      assert.ok(
        lines.some((line) => what.test(line) && line.includes(`,${who},`)),
        `${who}: ${what} is in the file`,
      );
  });

  step("protection ends by the name typed: the guest is back on its host, as before", async () => {
    const acknowledged = twins.guest("cam1").acknowledged();
    await admin.open("alpha", "cam1");
    await admin.button("End protection …").click();
    const end = admin.dialog.getByRole("button", { name: "End protection" });
    assert.ok(await end.isDisabled(), "nothing is sent before the name is typed");
    await admin.dialog.getByRole("textbox", { name: "Type cam1 to confirm" }).fill("cam1");
    await end.click();
    await admin.isGone(admin.dialog);
    await admin.sees(admin.page.getByRole("heading", { name: "There is no module cam1" }), moveLimitMs);
    await twins.acknowledgesMore("cam1");
    const serial = twins.guest("cam1").serial();
    assert.ok((foundValues(serial).at(-1) ?? 0) >= acknowledged, "every record is there");
    assert.deepEqual(complaints(serial), []);
    assert.ok(existsSync(twins.host("alpha").path(twins.guest("cam1").diskPath)));
    await admin.visit("Protect");
    await admin.sees(admin.page.getByRole("row", { name: /cam1 alpha running/ }));
    await admin.sees(admin.button("Protect cam1"));
    for (const vm of ["door1", "bms1"] as const) assert.ok((await twins.module("beta", vm)).protected);
    await admin.visit("Events");
    const list = admin.page.getByRole("list", { name: "Entries, newest first" });
    const entry = list.getByRole("listitem").filter({ hasText: "cam1" }).first();
    await entry.locator("summary").click();
    await entry.getByRole("link", { name: "All entries of cam1" }).click();
    const asked = admin.page.getByRole("combobox", { name: "Module" }).locator("option:checked");
    await asked.filter({ hasText: "cam1 · no longer protected" }).waitFor({ state: "attached" });
    await admin.isGone(list.getByRole("listitem").filter({ hasNotText: "cam1" }));
    await admin.sees(entry);
  });

  step("nothing foreign was asked, nothing went wrong in a page", () => {
    assert.deepEqual([...admin.faults, ...colleague.faults, ...dora.faults], []);
    return Promise.resolve();
  });
});

/** What people have done in this story, as the audit says it. */
const deeds: readonly (readonly [who: string, what: RegExp])[] = [
  ["admin", /protect the VM.*cam1|cam1.*protect the VM/],
  ["admin", /change settings, niceStopSeconds 45.*cam1|cam1.*change settings, niceStopSeconds 45/],
  ["admin", /replace userconfig\.xml/],
  ["admin", /compare both copies/],
  ["admin", /add the user dora as monitor/],
  ["admin", /change the user dora, role control/],
  ["dora", /log in/],
  ["admin", /remove the user dora/],
  ["admin", /pause automatic failover \(The switch in the cellar is replaced\)/],
  ["admin", /resume automatic failover/],
  ["admin", /make a token for a further host/],
  ["admin", /install an own certificate for the console/],
  ["admin", /remove the console's own certificate/],
  ["admin", /prim, on beta/],
  ["admin", /resolve, the copy of alpha goes on/],
];

/** The list lies below the dialog while it is open: not hidden from who looks at it. */
function beingSetUp({ page }: Visit, vm: string): Locator {
  const row = page.getByRole("row", { name: new RegExp(vm), includeHidden: true });
  return row.getByText("Being set up");
}

function pauseBanner({ page }: Visit): Locator {
  const alarms = page.getByRole("region", { name: "Alarms" });
  return alarms.locator(".gm-alarm").filter({ hasText: `Automatic failover is paused: ${work}` });
}

/** On the page that compares both copies of cam1, without the mouse at the end. */
async function choose(visit: Visit, node: NodeName): Promise<void> {
  await visit.page.getByRole("radio", { name: `${node} goes on` }).check();
  await visit.page.getByRole("textbox", { name: "Type cam1 to confirm" }).fill("cam1");
  await visit.sees(visit.button(`Go on with the copy of ${node}`));
  await visit.page.keyboard.press("Enter");
}

interface OwnCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** As a company's own authority would give one, only signed by itself. */
async function ownCertificate(dir: string, address: string): Promise<OwnCertificate> {
  const [certificate, privateKey] = [join(dir, "own.pem"), join(dir, "own-key.pem")];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "90"];
  const names = ["-subj", `/CN=${ownName}`, "-addext", `subjectAltName=DNS:${ownName},IP:${address}`];
  await must(["openssl", "req", "-x509", ...kind, ...names, "-keyout", privateKey, "-out", certificate]);
  return {
    certificate: readFileSync(certificate, "utf8"),
    privateKey: readFileSync(privateKey, "utf8"),
  };
}

/** Whose certificate a browser is shown that comes to alpha for the first time. */
async function shownAt(browser: Browser, twins: Twins): Promise<string | undefined> {
  const stranger = await browser.newContext({ ignoreHTTPSErrors: true });
  try {
    const answer = await (
      await stranger.newPage()
    ).goto(`${twins.host("alpha").consoleUrl ?? ""}/favicon.svg`);
    return (await answer?.securityDetails())?.subjectName;
  } finally {
    await stranger.close();
  }
}

// SPDX-License-Identifier: Apache-2.0
// The mock in a page: chosen by the address (?scenario=… &seed=… &speed=… &as=anna &at=2026-11-21T10:00:00Z),
// remembered in this tab, with a small menu of its own. `window.mock` lets a test move the clock; &speed=0
// leaves all of it to the test.

import { MockCluster } from "./cluster.js";
import "./mock.css";
import { mockPasswords } from "./rooms/access.js";
import { isScenario, scenarios, type ScenarioName } from "./scenarios/index.js";

const choiceKey = "gemel-mock";
const userKey = "gemel-mock-user";
const tickMs = 250;

interface Choice {
  readonly scenario: ScenarioName;
  readonly seed: number;
  readonly speed: number;
  /** Absent: the browser's clock. */
  readonly at?: string;
  readonly menu: boolean;
}

/** The next macrotask: whatever was promised before has been kept by then. */
const settle = (): Promise<void> =>
  new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(null);
  });

declare global {
  interface Window {
    mock?: MockCluster;
  }
}

export function mockTransport(): MockCluster {
  const choice = chosen();
  const user = new URLSearchParams(location.search).get("as") ?? sessionStorage.getItem(userKey);
  const mock = new MockCluster({
    settle,
    scenario: choice.scenario,
    seed: choice.seed,
    startWallMs: choice.at === undefined ? Date.now() : Date.parse(choice.at),
    ...(user !== null && { user }),
    onCaller: (name) => {
      if (name === null) sessionStorage.removeItem(userKey);
      else sessionStorage.setItem(userKey, name);
    },
  });
  if (user !== null) sessionStorage.setItem(userKey, user);
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    if (choice.speed > 0) void mock.advance(Math.round((now - last) * choice.speed));
    last = now;
  }, tickMs);
  window.mock = mock;
  if (choice.menu) document.body.append(menu(choice));
  return mock;
}

function chosen(): Choice {
  const query = new URLSearchParams(location.search);
  const before = remembered();
  const named = query.get("scenario") ?? "";
  const at = query.get("at") ?? before.at;
  const choice: Choice = {
    scenario: isScenario(named) ? named : (before.scenario ?? "calm"),
    seed: Number(query.get("seed") ?? before.seed ?? 1),
    speed: Number(query.get("speed") ?? before.speed ?? 1),
    menu: query.has("menu") ? query.get("menu") !== "off" : (before.menu ?? true),
    ...(at !== undefined && { at }),
  };
  sessionStorage.setItem(choiceKey, JSON.stringify(choice));
  return choice;
}

function remembered(): Partial<Choice> {
  const text = sessionStorage.getItem(choiceKey);
  return text === null ? {} : (JSON.parse(text) as Partial<Choice>);
}

/** Plain elements: the mock must not change what React draws. */
function menu({ scenario }: Choice): HTMLElement {
  const bar = document.createElement("aside");
  bar.className = "gm-mock";
  bar.setAttribute("aria-label", "Mock cluster");
  const label = document.createElement("label");
  label.textContent = "Scenario ";
  const select = document.createElement("select");
  for (const [name, { title }] of Object.entries(scenarios)) {
    select.add(new Option(title, name, false, name === scenario));
  }
  select.addEventListener("change", () => {
    const address = new URL(location.href);
    address.searchParams.set("scenario", select.value);
    location.assign(address);
  });
  label.append(select);
  const people = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = "People";
  const list = document.createElement("ul");
  for (const { name, role, password } of mockPasswords) {
    const line = document.createElement("li");
    line.textContent = `${name} (${role}): ${password}`;
    list.append(line);
  }
  people.append(summary, list);
  bar.append(label, people);
  return bar;
}

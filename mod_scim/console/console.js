// SPDX-License-Identifier: Apache-2.0
// Copyright the mod_scim authors
// The frame: sections by the URL's hash, loading, the banner of a server that is away.

import * as api from "./api.js";
import {announce, empty, h, icon} from "./dom.js";
import {setup} from "./setup.js";
import {tokens} from "./tokens.js";
import {group, groups, user, users} from "./people.js";
import {activity} from "./activity.js";

const SECTIONS = [
  {name: "setup", label: "Set-up", view: setup},
  {name: "tokens", label: "Tokens", view: tokens},
  {name: "users", label: "Users", view: users, one: user},
  {name: "groups", label: "Groups", view: groups, one: group},
  {name: "activity", label: "Activity", view: activity, needs: "audit"},
];
const WAITS = [1, 2, 3, 5, 8];

const main = document.getElementById("main");
const banner = document.getElementById("banner");
let session = null;
let shown = null; // the hash that is shown
let current = new AbortController();

/** What the hash says: {name, id, params}. */
function place() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const [name, ...rest] = path.split("/");
  let id = null;
  try {
    id = rest.length ? decodeURIComponent(rest.join("/")) : null;
  } catch (e) {
    // Not ours: a broken escape is no place.
  }
  return {name: name || "setup", id, params: new URLSearchParams(query || "")};
}

/** Change what the URL says of this section without leaving it; empty values are left out. */
function remember(section, params) {
  const kept = Object.entries(params).filter(([, value]) => value);
  const query = new URLSearchParams(kept).toString();
  const hash = "#/" + section + (query ? "?" + query : "");
  if (hash !== location.hash) {
    history.pushState(null, "", hash);
    shown = hash;
  }
}

function showBanner(text, again) {
  const button = again ? h("button", {type: "button", class: "small", on: {click: again}},
    "Try now") : null;
  banner.replaceChildren(h("div", {class: "banner"}, icon("missing"), h("p", null, text), button));
}

function hideBanner() {
  if (banner.firstChild) {
    banner.replaceChildren();
    announce("The server is back.");
  }
}

/** Wait for a while, or until the button is pressed. */
function pause(seconds, text, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    showBanner(text + " Trying again by itself.", () => { clearTimeout(timer); resolve(); });
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("left", "AbortError"));
    }, {once: true});
  });
}

/** Run something until the server is there. */
async function patiently(work, signal) {
  for (let tries = 0; ; tries++) {
    try {
      const got = await work(signal);
      hideBanner();
      return got;
    } catch (e) {
      if (!(e instanceof api.ApiError) || e.kind !== "away") {
        throw e;
      }
      await pause(WAITS[Math.min(tries, WAITS.length - 1)], e.message, signal);
    }
  }
}

function explain(e) {
  if (e.kind === "out") {
    return empty("Signed out", e.message, h("button", {type: "button", class: "main",
      on: {click: () => location.reload()}}, "Reload"));
  }
  return empty(e.status === 404 ? "Not found" : "This did not work", e.message);
}

/**
 * A part of a page that is loaded. load(signal): a promise of what it shows. The element's reload()
 * runs it again; what was there stays until the new is there.
 */
function region(signal, load) {
  const box = h("div", {class: "region", "aria-busy": "true"},
    h("div", {class: "skeleton", "aria-hidden": "true"}, h("span"), h("span"), h("span")));
  let mine = null;
  box.reload = async () => {
    if (mine) {
      mine.abort();
    }
    mine = new AbortController();
    const ours = mine;
    signal.addEventListener("abort", () => ours.abort(), {once: true});
    box.setAttribute("aria-busy", "true");
    try {
      const got = await patiently(load, ours.signal);
      if (!ours.signal.aborted) {
        box.replaceChildren(...[got].flat().filter(Boolean));
        box.setAttribute("aria-busy", "false");
      }
    } catch (e) {
      if (e.name === "AbortError" || ours.signal.aborted) {
        return;
      }
      box.replaceChildren(explain(e));
      box.setAttribute("aria-busy", "false");
      if (!(e instanceof api.ApiError)) {
        throw e;
      }
    }
  };
  box.ready = box.reload();
  return box;
}

function markSection(name) {
  for (const link of document.querySelectorAll("#sections a")) {
    if (link.dataset.name === name) {
      link.setAttribute("aria-current", "page");
    } else {
      link.removeAttribute("aria-current");
    }
  }
}

function show(first) {
  const at = place();
  const section = SECTIONS.find((one) => one.name === at.name && may(one));
  const view = section && (at.id !== null ? section.one : section.view);
  current.abort();
  current = new AbortController();
  shown = location.hash;
  banner.replaceChildren();
  const signal = current.signal;
  const page = view ? view({
    session, signal, id: at.id, params: at.params, region: (load) => region(signal, load),
    remember: (params) => remember(at.name, params),
  }) : {title: "Not found", nodes: [empty("There is no such page", "It may have been renamed.",
    h("a", {href: "#/setup"}, "Go to Set-up"))]};
  const heading = h("h1", {tabindex: "-1"}, page.heading || page.title);
  const titled = (title) => {
    document.title = title + " · " + session.tenant + " · SCIM console";
  };
  page.rename = (title) => { heading.replaceChildren(title); titled(title); };
  if (page.started) {
    page.started(page);
  }
  main.replaceChildren(h("div", {class: "head"}, page.before, h("div", {class: "title"}, heading,
    page.beside), page.lead ? h("p", {class: "lead"}, page.lead) : null), ...page.nodes);
  titled(page.title);
  markSection(section ? section.name : null);
  if (!first) {
    window.scrollTo(0, 0);
    heading.focus({preventScroll: true});
  }
}

function may(section) {
  return !section.needs || session.can[section.needs] !== false;
}

function frame() {
  document.getElementById("tenant").textContent = session.tenant;
  document.getElementById("user").textContent = session.user;
  document.getElementById("who").hidden = false;
  document.getElementById("sections").replaceChildren(...SECTIONS.filter(may).map((one) =>
    h("li", null, h("a", {href: "#/" + one.name, "data-name": one.name}, icon(one.name),
      h("span", null, one.label)))));
  document.getElementById("nav").hidden = false;
}

function moved() {
  // "#main" is the skip link's.
  if (location.hash !== shown && location.hash !== "#main") {
    show(false);
  }
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

try {
  session = await patiently((signal) => api.session(signal), current.signal);
  frame();
  show(true);
  window.addEventListener("popstate", moved);
  window.addEventListener("hashchange", moved);
} catch (e) {
  main.replaceChildren(explain(e));
}

// SPDX-License-Identifier: Apache-2.0
// Copyright the mod_scim authors
// Users and groups as they were provisioned, to read only: lists, and one of them.

import * as api from "./api.js";
import {announce, badge, count, empty, field, h, icon, mono, plural, table, when} from "./dom.js";
import {trail} from "./activity.js";

const HIDDEN = new Set(["schemas", "id", "meta", "groups", "members"]);
const LABELS = {User: ["users", "user"], Group: ["groups", "group"]};

// ---- lists ----

/**
 * A list with search and pages. what: {section, path, member, title, lead, label, hint, columns,
 * row}. The pages before are kept in the URL's history, so the browser's Back works as well.
 */
function list(view, what) {
  const find = h("input", {type: "search", autocomplete: "off", spellcheck: "false", name: "q",
    value: view.params.get("q") || ""});
  let cursor = view.params.get("cursor") || "";
  const trailOf = [];

  const part = view.region(async (signal) => {
    const q = find.value.trim();
    const got = await api.get(what.path, {q, cursor}, signal);
    const rows = got[what.member];
    const total = got.total === null || got.total === undefined ? null : got.total;
    announce(total === null ? plural(rows.length, what.noun) + " on this page." :
      plural(total, what.noun) + ".");
    if (!rows.length) {
      return h("div", {class: "card"}, q ? empty("Nothing found",
        "No " + what.noun + " begins like that. " + what.hint) :
        empty("No " + what.noun + " yet", "Assign one in your identity provider."));
    }
    return h("div", {class: "card"}, table(what.title, what.columns, rows.map(what.row)),
      pages(rows, total, got.next));
  });

  function pages(rows, total, next) {
    return h("nav", {class: "pager", "aria-label": "Pages"},
      cursor ? h("button", {type: "button", on: {click: () => go(trailOf.pop() || "")}},
        trailOf.length ? "Previous" : "First page") : null,
      h("span", {class: "quiet"}, total === null ? plural(rows.length, what.noun) :
        count(rows.length) + " of " + plural(total, what.noun)),
      next ? h("button", {type: "button", on: {click: () => {
        trailOf.push(cursor);
        go(next);
      }}}, "Next") : null);
  }
  async function go(to) {
    cursor = to;
    view.remember({q: find.value.trim(), cursor});
    await part.reload();
    window.scrollTo(0, 0);
  }
  function search() {
    trailOf.length = 0;
    go("");
  }
  let timer = 0;
  find.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 350);
  });
  view.signal.addEventListener("abort", () => clearTimeout(timer));
  const form = h("form", {class: "filters", role: "search", "aria-label": what.label,
    on: {submit: (event) => { event.preventDefault(); clearTimeout(timer); search(); }}},
  h("div", {class: "grow"}, field(what.label, find, what.hint)));
  return {title: what.title, lead: what.lead, nodes: [form, part]};
}

function initials(name) {
  const words = (name || "?").trim().split(/[\s.@_-]+/u).filter(Boolean);
  const letter = (word) => (word ? [...word][0].toUpperCase() : "");
  return letter(words[0]) + letter(words.length > 1 ? words[1] : "");
}

function face(name) {
  return h("span", {class: "face", "aria-hidden": "true"}, initials(name) || "?");
}

function active(one) {
  return one.active === false ? badge("Inactive", "none") : badge("Active", "good");
}

export function users(view) {
  return list(view, {
    path: "users", member: "users", noun: "user", title: "Users",
    lead: "As they were provisioned. To change one, change it in your identity provider.",
    label: "Find a user", hint: "The beginning of a user name, a name or an e-mail address.",
    columns: [{label: "User"}, {label: "State"}, {label: "Created"}, {label: "Changed"}],
    row: (one) => [h("div", {class: "person"}, face(one.displayName || one.userName),
      h("div", null, h("a", {href: "#/users/" + encodeURIComponent(one.id), class: "strong"},
        one.displayName || one.userName || one.id),
      h("span", {class: "sub"}, one.userName))), active(one), when(one.created),
    when(one.modified)],
  });
}

export function groups(view) {
  return list(view, {
    path: "groups", member: "groups", noun: "group", title: "Groups",
    lead: "As they were provisioned, with their members.",
    label: "Find a group", hint: "The beginning of its name.",
    columns: [{label: "Group"}, {label: "Members"}, {label: "Created"}, {label: "Changed"}],
    row: (one) => [h("a", {href: "#/groups/" + encodeURIComponent(one.id), class: "strong"},
      one.displayName || one.id), one.members === undefined || one.members === null ? "" :
      count(one.members), when(one.created), when(one.modified)],
  });
}

// ---- one ----

function plain(value) {
  if (value === true || value === false) {
    return value ? "yes" : "no";
  }
  return String(value);
}

/** A value of any depth. Of a multi-valued attribute each element is a line. */
function shown(value) {
  if (Array.isArray(value)) {
    return h("ul", {class: "plain"}, value.map((one) => h("li", null, shown(one))));
  }
  if (value !== null && typeof value === "object") {
    const {value: main, primary, type, display, ...rest} = value;
    const others = Object.entries(rest).filter(([name]) => name !== "$ref");
    return h("div", null, main === undefined ? null : h("span", null, plain(main)),
      display && display !== main ? h("span", {class: "quiet"}, " " + display) : null,
      type ? [" ", badge(type, "none")] : null, primary ? [" ", badge("primary", "good")] : null,
      others.length ? pairs(others) : null);
  }
  return value === null ? h("span", {class: "quiet"}, "none") : plain(value);
}

function pairs(entries) {
  return h("dl", {class: "pairs"}, entries.map(([name, value]) =>
    h("div", null, h("dt", null, name), h("dd", null, shown(value)))));
}

function card(title, ...content) {
  return h("section", {class: "card pad", "aria-label": title}, h("h2", null, title), content);
}

/** The attributes of the core schema, then each extension's. */
function attributeCards(resource) {
  const entries = Object.entries(resource).filter(([name]) => !HIDDEN.has(name));
  const core = entries.filter(([name]) => !name.startsWith("urn:"));
  const more = entries.filter(([name]) => name.startsWith("urn:"));
  return [card("Attributes", core.length ? pairs(core) : h("p", {class: "quiet"}, "None.")),
    more.map(([urn, value]) => card("Extension", h("p", {class: "quiet urn"}, mono(urn)),
      pairs(Object.entries(value || {}))))];
}

function mappedCard(mapped) {
  return mapped && mapped.length ? h("section", {class: "card", "aria-label": "Mapped columns"},
    h("div", {class: "pad"}, h("h2", null, "Mapped columns"), h("p", {class: "quiet"},
      "What the application's own tables hold.")),
    table("Mapped columns", [{label: "Table"}, {label: "Column"}, {label: "Value"}],
      mapped.map((one) => [mono(one.table), mono(one.column),
        one.value === null ? h("span", {class: "quiet"}, "NULL") : String(one.value)]))) : null;
}

function historyCard(history) {
  if (!history) {
    return null;
  }
  return h("section", {class: "card", "aria-label": "History"}, h("div", {class: "pad"},
    h("h2", null, "History")), history.length ? trail(history, "History, newest first") :
    empty("No entry", "Its changes are older than the audit trail."));
}

function rawCard(resource) {
  return h("details", {class: "card pad"}, h("summary", null, "As SCIM JSON"),
    h("pre", {tabindex: "0"}, JSON.stringify(resource, null, 2)));
}

function metaLine(resource) {
  const meta = resource.meta || {};
  return h("p", {class: "meta"}, h("span", null, "id ", mono(resource.id)),
    h("span", null, "created ", when(Date.parse(meta.created))),
    h("span", null, "changed ", when(Date.parse(meta.lastModified))));
}

function one(view, type, load) {
  const [section, noun] = LABELS[type];
  let page = null;
  return {
    title: type,
    before: h("p", {class: "crumb"}, h("a", {href: "#/" + section}, icon("back"),
      "All " + section)),
    started: (made) => { page = made; },
    nodes: [view.region(async (signal) => {
      const got = await api.get(section + "/" + encodeURIComponent(view.id), null, signal);
      const resource = got.resource;
      page.rename(resource.displayName || resource.userName || "Unnamed " + noun);
      return [h("div", {class: "summary"}, type === "User" ? active(resource) : null,
        metaLine(resource)), load(got, resource)].flat();
    })],
  };
}

export function user(view) {
  return one(view, "User", (got, resource) => [
    h("div", {class: "columns"}, h("div", {class: "stack"}, attributeCards(resource)),
      h("div", {class: "stack"}, card("Groups", got.groups && got.groups.length ?
        h("ul", {class: "links"}, got.groups.map((in_) => h("li", null, h("a",
          {href: "#/groups/" + encodeURIComponent(in_.value || in_.id)},
          in_.display || in_.displayName || in_.value || in_.id),
        in_.type === "indirect" ? [" ", badge("indirect", "none")] : null))) :
        h("p", {class: "quiet"}, "In no group.")), mappedCard(got.mapped), rawCard(resource))),
    historyCard(got.history)]);
}

/** Members, more of them on demand. */
function memberCard(view, got) {
  const items = h("ul", {class: "links"});
  const more = h("button", {type: "button"}, "More members");
  const add = (page) => {
    items.append(...(page.members || []).map((member) => h("li", null,
      h("a", {href: "#/" + (member.type === "Group" ? "groups/" : "users/") +
        encodeURIComponent(member.value || member.id)},
      member.display || member.displayName || member.value || member.id),
      member.type === "Group" ? [" ", badge("group", "none")] : null)));
    more.hidden = !page.next;
    return page.next;
  };
  let next = add(got);
  more.addEventListener("click", async () => {
    more.disabled = true;
    try {
      const at = items.children.length;
      next = add(await api.get("groups/" + encodeURIComponent(view.id), {cursor: next},
        view.signal));
      announce(plural(items.children.length, "member") + " shown.");
      const fresh = items.children[at];
      if (fresh) {
        fresh.querySelector("a").focus();
      }
    } catch (e) {
      announce(e.message);
    }
    more.disabled = false;
  });
  return card("Members", items.children.length ? [items, more] :
    h("p", {class: "quiet"}, "No members."));
}

export function group(view) {
  return one(view, "Group", (got, resource) => [
    h("div", {class: "columns"}, memberCard(view, got), h("div", {class: "stack"},
      attributeCards(resource), mappedCard(got.mapped), rawCard(resource))),
    historyCard(got.history)]);
}

// SPDX-License-Identifier: Apache-2.0
// Copyright the mod_scim authors
// The audit trail: its rows, also those of one resource, and the page that filters it.

import * as api from "./api.js";
import {announce, attribute, badge, empty, field, h, icon, mono, plural, table, when} from "./dom.js";

const OPS = {
  create: ["Created", "create"], replace: ["Replaced", "replace"], patch: ["Changed", "change"],
  delete: ["Deleted", "delete"], deactivate: ["Deactivated", "deactivate"],
  activate: ["Activated", "activate"], adopt: ["Took over", "take over"],
  bulk: ["Ran a bulk request", "run a bulk request"],
  "token-create": ["Created token", "create token"],
  "token-revoke": ["Revoked token", "revoke token"],
  "client-create": ["Created client", "create client"],
  "client-revoke": ["Revoked client", "revoke client"],
  "grant-create": ["Gave access to", "give access to"],
  "grant-revoke": ["Revoked the access of", "revoke the access of"],
};

function failed(row) {
  return row.status >= 400;
}

/** What was done, in words; a link to the resource if it may still be there. */
function deed(row) {
  const [done, verb] = OPS[row.op] || [row.op, row.op];
  const type = (row.type || "").toLowerCase();
  const name = row.name || row.id;
  const section = {User: "users", Group: "groups"}[row.type];
  const target = !name ? null : section && row.id && row.op !== "delete" ?
    h("a", {href: "#/" + section + "/" + encodeURIComponent(row.id)}, name) :
    h("span", {class: "strong"}, name);
  return h("p", null, failed(row) ? "Could not " + verb + " " : done + " ", type, type ? " " : "",
    target);
}

function what(row) {
  const nodes = [deed(row)];
  if (failed(row) && row.detail) {
    nodes.push(h("p", {class: "detail"}, row.detail));
    if (row.advice) {
      nodes.push(h("p", {class: "advice"}, h("span", {class: "strong"}, "What to do: "),
        row.advice));
    }
  } else if (row.attrs && row.attrs.length) {
    nodes.push(h("p", {class: "chips"}, h("span", {class: "hidden"}, "Attributes: "),
      row.attrs.map((name) => [attribute(name), " "])));
  }
  return nodes;
}

function outcome(row) {
  return [badge(failed(row) ? "Failed" : "Done", failed(row) ? "bad" : "good"),
    h("span", {class: "sub"}, String(row.status), row.scimType ? " " + row.scimType : "")];
}

const COLUMNS = [{label: "When"}, {label: "What"}, {label: "Who"}, {label: "Outcome"}];

/** A table of rows of the trail. */
export function trail(rows, caption) {
  return table(caption, COLUMNS, rows.map((row) => [
    [when(row.at, "unknown", true), row.request ? h("span", {class: "sub", title: "Request id"},
      mono(row.request)) : null],
    what(row), row.actor || h("span", {class: "quiet"}, "unknown"), outcome(row)]));
}

function options(select, list, value) {
  select.append(...list.map(([key, text]) => h("option", {value: key, selected: key === value},
    text)));
  return select;
}

const OP_OPTIONS = [["", "All"], ["create", "Create"], ["replace", "Replace"],
  ["patch", "Change"], ["delete", "Delete"], ["deactivate", "Deactivate"],
  ["activate", "Activate"], ["adopt", "Take over"], ["bulk", "Bulk request"],
  ["token-create", "Create token"], ["token-revoke", "Revoke token"],
  ["client-create", "Create client"], ["client-revoke", "Revoke client"],
  ["grant-create", "Give access"], ["grant-revoke", "Revoke access"]];

function pager(rows, next, before, go) {
  return h("nav", {class: "pager", "aria-label": "Pages of the activity"},
    before ? h("button", {type: "button", on: {click: () => go("")}}, "Newest") : null,
    h("span", {class: "quiet"}, plural(rows.length, "entry").replace("entrys", "entries")),
    next ? h("button", {type: "button", on: {click: () => go(String(next))}}, "Older") : null);
}

export function activity(view) {
  const at = view.params;
  const who = h("input", {type: "search", autocomplete: "off", spellcheck: "false",
    value: at.get("who") || "", name: "who"});
  const op = options(h("select", {name: "op"}), OP_OPTIONS, at.get("op") || "");
  const result = options(h("select", {name: "outcome"}), [["", "All"], ["ok", "Done"],
    ["failed", "Failed"]], at.get("outcome") || "");
  let before = at.get("before") || "";

  const part = view.region(async (signal) => {
    const got = await api.get("activity", {who: who.value.trim(), op: op.value,
      outcome: result.value, before}, signal);
    announce(plural(got.rows.length, "entry").replace("entrys", "entries") + ".");
    return h("div", {class: "card"}, got.rows.length ? trail(got.rows, "Activity, newest first") :
      empty("Nothing here", who.value || op.value || result.value ?
        "No entry fits these filters." : "What your identity provider and your admins do appears here."),
    pager(got.rows, got.next, before, go));
  });
  function go(cursor) {
    before = cursor;
    view.remember({who: who.value.trim(), op: op.value, outcome: result.value, before});
    part.reload();
  }
  const form = h("form", {class: "filters", role: "search", "aria-label": "Filter the activity",
    on: {submit: (event) => { event.preventDefault(); go(""); }}},
  h("div", {class: "grow"}, field("User, group or token", who)), field("Operation", op),
  field("Outcome", result), h("button", {type: "submit"}, icon("search"), "Filter"));
  op.addEventListener("change", () => go(""));
  result.addEventListener("change", () => go(""));
  return {
    title: "Activity",
    lead: "Every change, newest first, and every change that was refused, with the sentence " +
      "that your identity provider was given.",
    beside: h("button", {type: "button", on: {click: () => go("")}}, icon("refresh"), "Refresh"),
    nodes: [form, part],
  };
}

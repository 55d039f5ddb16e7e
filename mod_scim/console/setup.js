// SPDX-License-Identifier: Apache-2.0
// Copyright the mod_scim authors
// What to enter at the identity provider, which checks pass, attributes and seats.

import * as api from "./api.js";
import {announce, badge, copyButton, count, empty, field, h, icon, mono, plural, table}
  from "./dom.js";

const CHECKS = {
  tls: "Served over TLS",
  token: "A token is made",
  credentials: "Credentials tested",
  user: "First user seen",
};
const WORDS = {ok: "done", missing: "to do", unknown: "unknown"};
const ACTIONS = "Import New Users and Profile Updates, Push New Users, Push Profile Updates, " +
  "Push Groups, Import Groups";

function checks(list) {
  const done = list.filter((one) => one.state === "ok").length;
  return h("section", {class: "card pad", "aria-labelledby": "checks"},
    h("div", {class: "card-head"}, h("h2", {id: "checks"}, "Checks"),
      badge(done + " of " + list.length + " done", done === list.length ? "good" : "none")),
    h("ul", {class: "checks"}, list.map((one) => {
      const state = WORDS[one.state] ? one.state : "unknown";
      return h("li", {class: "check " + state}, h("span", {class: "dot"}, icon(state)),
        h("div", null, h("p", {class: "strong"}, CHECKS[one.name] || one.name,
          h("span", {class: "hidden"}, ": " + WORDS[state])),
        one.detail ? h("p", {class: "quiet"}, one.detail) : null));
    })));
}

function valueRow(label, value, copied, more) {
  return h("div", {class: "value"}, h("dt", null, label), h("dd", null,
    h("div", {class: "with"}, copied ? mono(value) : h("span", null, value),
      copied ? copyButton(value, label) : null),
    more ? h("p", {class: "quiet"}, more) : null));
}

function values(got) {
  const rows = [
    valueRow("SCIM connector base URL", got.base, true),
    valueRow("Unique identifier field for users", "userName", true),
    valueRow("Supported provisioning actions", ACTIONS, false),
    valueRow("Authentication mode", "HTTP Header", false),
    h("div", {class: "value"}, h("dt", null, "Authorization"), h("dd", null,
      h("span", null, got.authorization || "The token."), " ",
      h("a", {href: "#/tokens"}, "Make a token"))),
  ];
  return h("section", {class: "card pad", "aria-labelledby": "values"},
    h("h2", {id: "values"}, "Enter in Okta"),
    h("p", {class: "quiet"}, "Under Provisioning, Integration. Other identity providers ask " +
      "for the base URL and the token by similar names."),
    h("dl", {class: "values"}, rows), got.oauth ? [h("h3", null, "With OAuth 2 instead"),
      h("dl", {class: "values"},
        valueRow("Access token endpoint URI", got.oauth.tokenEndpoint, true),
        valueRow("Authorization endpoint URI", got.oauth.authorizationEndpoint, true),
        h("div", {class: "value"}, h("dt", null, "Client ID and secret"), h("dd", null,
          "Of a client that you register. ", h("a", {href: "#/tokens"}, "Register a client"))))] :
      null);
}

function seat(one) {
  const free = one.max === null ? null : Math.max(0, one.max - one.used);
  const full = free !== null && free <= one.max * 0.1;
  return h("li", {class: "seat"}, h("div", {class: "seat-line"},
    h("span", {class: "strong"}, one.name), h("span", null, count(one.used),
      one.max === null ? " used" : " of " + count(one.max) + " used")),
  one.max ? h("progress", {value: String(one.used), max: String(one.max),
    class: full ? "full" : null, "aria-label": "Seats used: " + one.name}) : null,
  free === null ? null : h("p", {class: "quiet"}, free === 0 ?
    "No seat is free: another user is refused." : plural(free, "seat") + " free"));
}

function seats(list) {
  return list && list.length ? h("section", {class: "card pad", "aria-labelledby": "seats"},
    h("h2", {id: "seats"}, "Seats"), h("ul", {class: "seats"}, list.map(seat))) : null;
}

function attributeRow(one) {
  const rules = [...(one.rules || [])];
  if (one.canonicalValues && one.canonicalValues.length) {
    rules.unshift("one of " + one.canonicalValues.join(", "));
  }
  const at = one.path.startsWith("urn:") ? one.path.lastIndexOf(":") : -1;
  return [[mono(one.path.slice(at + 1)), at < 0 ? null : h("span", {class: "sub"},
    one.path.slice(0, at))], one.type, one.required ? badge("required", "warn") :
    h("span", {class: "quiet"}, "optional"),
  one.mutability === "readWrite" ? h("span", {class: "quiet"}, "read, write") :
    {readOnly: "read only", writeOnly: "write only", immutable: "set once"}[one.mutability] ||
      one.mutability || "",
  rules.length ? h("ul", {class: "plain"}, rules.map((rule) => h("li", null, rule))) :
    null];
}

const ATTRIBUTE_COLUMNS = [{label: "Attribute"}, {label: "Type", class: "fit"},
  {label: "Needed", class: "fit"}, {label: "Access", class: "fit"}, {label: "Rules"}];

function attributes(list) {
  const box = h("div", {class: "region dense"});
  const find = h("input", {type: "search", autocomplete: "off", spellcheck: "false"});
  const draw = () => {
    const wanted = find.value.trim().toLowerCase();
    const rows = list.filter((one) => one.path.toLowerCase().includes(wanted));
    box.replaceChildren(rows.length ? table("Attributes that are accepted", ATTRIBUTE_COLUMNS,
      rows.map(attributeRow)) : empty("No such attribute", "The names are those of SCIM."));
    return rows.length;
  };
  find.addEventListener("input", () => announce(plural(draw(), "attribute") + "."));
  draw();
  return h("section", {class: "card", "aria-labelledby": "attributes"},
    h("div", {class: "pad card-head"}, h("div", null, h("h2", {id: "attributes"},
      "Attributes that are accepted"), h("p", {class: "quiet"}, "Map these in your identity " +
      "provider; what the rules refuse is refused with a sentence that says why.")),
    field("Find an attribute", find)), box);
}

export function setup(view) {
  return {
    title: "Set-up",
    lead: "What to enter at your identity provider, and what has been seen of it so far.",
    nodes: [view.region(async (signal) => {
      const got = await api.get("setup", null, signal);
      return [h("div", {class: "columns"}, values(got), h("div", {class: "stack"},
        checks(got.checks || []), seats(got.seats))), attributes(got.attributes || [])];
    })],
  };
}

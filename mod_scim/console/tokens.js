// SPDX-License-Identifier: Apache-2.0
// Copyright the mod_scim authors
// Tokens, and the clients and grants of OAuth.

import * as api from "./api.js";
import {announce, badge, confirm, copyButton, dialog, empty, field, h, icon, mono, span, table,
  when} from "./dom.js";

const DAY = 86400;
const PRESETS = [30 * DAY, 90 * DAY, 180 * DAY, 365 * DAY, 730 * DAY];
const STATES = {
  active: ["Active", "good"], expired: ["Expired", "none"], revoked: ["Deactivated", "none"],
};

function stateOf(one) {
  const [text, kind] = STATES[one.state] || [one.state, "none"];
  return badge(text, kind);
}

/** All entries of a list, page by page, up to some hundreds. */
async function all(path, member, signal) {
  const got = [];
  let cursor = null;
  for (let pages = 0; pages < 20; pages++) {
    const page = await api.get(path, {cursor}, signal);
    got.push(...page[member]);
    cursor = page.next;
    if (!cursor) {
      break;
    }
  }
  return got;
}

/** Active ones first, the newest of each first. */
function sorted(list) {
  const rank = (one) => (one.state === "active" ? 0 : 1);
  return [...list].sort((a, b) => rank(a) - rank(b) || b.created - a.created);
}

/** What a list row does when it is asked to end something: the question, the deed, the list anew. */
function ender(part, what) {
  return h("button", {type: "button", class: "small", "aria-label": what.label, on: {click: () => {
    confirm(what.title, what.text, what.verb, async () => {
      await api.post(what.path);
      await part.reload();
      announce(what.done);
      // Nothing is beside it where the browser's Back has made another page meanwhile.
      return (part.previousElementSibling || document).querySelector("h2, h1");
    });
  }}}, what.short);
}

/** The secret, once. The dialog closes by its button only, so that no slip loses it. */
function showSecret(box, heading, rows, note) {
  box.replace(heading, (close) => {
    let copied = false;
    const warning = h("p", {class: "note", role: "status"});
    const done = h("button", {type: "button", on: {click: close}}, "Done");
    box.addEventListener("copied", (event) => { copied = copied || event.detail; });
    box.addEventListener("cancel", (event) => {
      if (!copied) {
        event.preventDefault();
        warning.textContent = "Not copied yet. The secret will not be shown again; " +
          "press Done to close all the same.";
      }
    });
    return [h("p", null, note), rows.map(([label, value, secret]) => {
      const input = h("input", {type: "text", readonly: true, class: "mono", value,
        autocomplete: "off", spellcheck: "false", name: secret ? "secret" : null,
        on: {focus: (event) => event.target.select()}});
      const made = field(label, input);
      const line = h("div", {class: "with"});
      input.replaceWith(line);
      line.append(input, copyButton(value, label.toLowerCase(), secret));
      return made;
    }), warning, h("div", {class: "buttons"}, done)];
  });
}

function busy(form, on) {
  form.querySelectorAll("button").forEach((one) => { one.disabled = on; });
}

/** A form in a dialog; send(): a promise of the answer, which done shows. */
function formDialog(title, label, controls, send, done) {
  let sending = false;
  const box = dialog(title, (close, fail) => {
    const form = h("form", {novalidate: true}, controls, h("div", {class: "buttons"},
      h("button", {type: "button", on: {click: close}}, "Cancel"),
      h("button", {type: "submit", class: "main"}, label)));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (sending) {
        return;
      }
      fail("");
      busy(form, true);
      sending = true;
      try {
        const made = await send();
        done(made, form.closest("dialog"));
      } catch (e) {
        busy(form, false);
        fail(e.message);
      }
      sending = false;
    });
    return [form];
  });
  // What is being made may have a secret, which would be shown to nobody.
  box.addEventListener("cancel", (event) => {
    if (sending) {
      event.preventDefault();
    }
  });
  return box;
}

// ---- tokens ----

/** The life times on offer, within the tenant's bounds: [seconds or "", words]. */
function lifetimes(limits) {
  const fits = (s) => s >= (limits.min || 0) && (limits.max === null || s <= limits.max);
  const offered = PRESETS.filter(fits);
  for (const more of [limits.default, limits.max]) {
    if (more && fits(more) && !offered.includes(more)) {
      offered.push(more);
    }
  }
  if (!offered.length) {
    offered.push(limits.min);
  }
  offered.sort((a, b) => a - b);
  const options = offered.map((seconds) => [String(seconds), "after " + span(seconds)]);
  return limits.never ? [["", "never"], ...options] : options;
}

function newToken(session, part) {
  const limits = session.limits.tokenLifetime;
  const label = h("input", {type: "text", required: true, maxlength: "200", autofocus: true,
    autocomplete: "off", name: "label"});
  const preset = limits.default ? String(limits.default) : "";
  const expires = h("select", {name: "expires"}, lifetimes(limits).map(([value, text]) =>
    h("option", {value, selected: value === preset}, text)));
  const owner = h("input", {type: "text", autocomplete: "off", spellcheck: "false",
    name: "owner"});
  const owned = session.limits.tokenOwner;
  const controls = [
    field("Label", label, "Says where the token is used, for example “Okta production”."),
    field("Expires", expires),
    field(owned ? "Owner" : "Owner (optional)", owner, "The userName of a user. The token ends " +
      "when that user is deactivated or deleted."),
  ];
  formDialog("New token", "Create token", controls, () => {
    if (!label.value.trim()) {
      label.focus();
      throw new Error("Please give the token a label.");
    }
    return api.post("tokens", {label: label.value.trim(),
      expires: expires.value === "" ? null : Number(expires.value),
      ...(owner.value.trim() ? {owner: owner.value.trim()} : {})});
  }, (made, box) => {
    showSecret(box, "Copy the token now", [["Token", made.secret, true]],
      "This is the only time it is shown. Here only its hash is kept, from which nobody can get " +
      "it back.");
    part.reload();
  });
}

function tokenRow(one, part) {
  return [
    [h("span", {class: "strong"}, one.label), one.owner ? h("span", {class: "sub"},
      "owner " + one.owner) : null],
    stateOf(one), one.creator || h("span", {class: "quiet"}, "unknown"), when(one.created),
    when(one.used, "never"), when(one.expires, "never"),
    one.state === "active" ? ender(part, {
      label: "Deactivate the token " + one.label, short: "Deactivate", verb: "Deactivate",
      title: "Deactivate “" + one.label + "”?",
      text: ["The next request with this token is refused.",
        "This cannot be undone: to connect again you need another token."],
      path: "tokens/" + encodeURIComponent(one.id) + "/revoke",
      done: "Token " + one.label + " is deactivated.",
    }) : null,
  ];
}

const TOKEN_COLUMNS = [{label: "Label", class: "wide"}, {label: "State"}, {label: "Created by"},
  {label: "Created"}, {label: "Last used"}, {label: "Expires"},
  {label: "Actions", hidden: true, class: "end"}];

function tokenPart(view) {
  const part = view.region(async (signal) => {
    const list = sorted(await all("tokens", "tokens", signal));
    return list.length ? h("div", {class: "card"}, table("Tokens", TOKEN_COLUMNS,
      list.map((one) => tokenRow(one, part)))) :
      h("div", {class: "card"}, empty("No token yet",
        "Create one and enter it in your identity provider."));
  });
  const add = view.session.can.tokens ? h("button", {type: "button", class: "main",
    on: {click: () => newToken(view.session, part)}}, icon("plus"), "New token") : null;
  return [h("div", {class: "subhead"}, h("h2", {tabindex: "-1"}, "Bearer tokens"), add), part];
}

// ---- OAuth ----

function newClient(part) {
  const name = h("input", {type: "text", maxlength: "200", autofocus: true, autocomplete: "off",
    name: "name"});
  const auth = h("select", {name: "auth"}, h("option", {value: "secret"}, "A secret"),
    h("option", {value: "private_key_jwt"}, "A private key of its own"));
  const redirects = h("textarea", {rows: "3", spellcheck: "false", class: "mono",
    name: "redirects"});
  const keys = h("input", {type: "url", spellcheck: "false", class: "mono", name: "jwksUri",
    placeholder: "https://"});
  const keyField = field("URL of its public keys (JWKS)", keys);
  keyField.hidden = true;
  auth.addEventListener("change", () => { keyField.hidden = auth.value === "secret"; });
  const lines = () => redirects.value.split(/\s+/).filter(Boolean);
  formDialog("New client", "Register client", [
    field("Name", name, "Shown to the administrator who is asked to allow access."),
    field("It proves who it is by", auth), keyField,
    field("Redirect URLs", redirects, "One a line. None for client credentials only."),
  ], () => {
    if (!name.value.trim()) {
      name.focus();
      throw new Error("Please give the client a name.");
    }
    return api.post("clients", {name: name.value.trim(), auth: auth.value, redirects: lines(),
      ...(auth.value === "secret" ? {} : {jwksUri: keys.value.trim()})});
  }, (made, box) => {
    const rows = [["Client ID", made.id, false]];
    if (made.secret) {
      rows.push(["Client secret", made.secret, true]);
    }
    showSecret(box, made.secret ? "Copy the secret now" : "The client is registered", rows,
      made.secret ? "This is the only time the secret is shown. Here only its hash is kept." :
        "The client signs with its own key; there is no secret to copy.");
    part.reload();
  });
}

/** A client of every tenant is the operator's to end. */
function clientEnd(one, part) {
  if (one.shared) {
    return h("span", {class: "quiet"}, "of every tenant");
  }
  return one.state !== "active" ? null : ender(part, {
    label: "Deactivate the client " + one.name, short: "Deactivate", verb: "Deactivate",
    title: "Deactivate “" + one.name + "”?",
    text: ["The client gets no more tokens, and those that it has are refused from the next " +
      "request on.", "This cannot be undone."],
    path: "clients/" + encodeURIComponent(one.id) + "/revoke",
    done: "Client " + one.name + " is deactivated.",
  });
}

function clientRow(one, part) {
  return [
    [h("span", {class: "strong"}, one.name), h("span", {class: "sub"}, mono(one.id))],
    stateOf(one), one.auth === "private_key_jwt" ? "private key" : "secret",
    one.redirects && one.redirects.length ? h("ul", {class: "plain"}, one.redirects.map((url) =>
      h("li", null, mono(url)))) : h("span", {class: "quiet"}, "none"),
    when(one.created),
    clientEnd(one, part),
  ];
}

/** Only the client can ask for consent again: say where that is done. */
function reauthenticate(one) {
  const name = one.clientName || one.client;
  dialog("Re-authenticate “" + name + "”", (close) => [
    h("p", null, "A new sign-in replaces this grant by one of the administrator who gives it. " +
      "It begins at the client, not here:"),
    h("ol", {class: "steps"},
      h("li", null, "In Okta, open the app, then Provisioning, Integration, Edit."),
      h("li", null, "Press “Re-authenticate” and sign in here as the administrator whom the " +
        "grant shall belong to."),
      h("li", null, "Allow access. The new grant appears in this list; deactivate this one then.")),
    h("div", {class: "buttons"}, h("button", {type: "button", class: "main", autofocus: true,
      on: {click: close}}, "Close")),
  ]);
}

function grantRow(one, part) {
  const name = one.clientName || one.client;
  return [
    [h("span", {class: "strong"}, name), one.owner ? h("span", {class: "sub"},
      "owner " + one.owner) : null],
    stateOf(one), one.creator || h("span", {class: "quiet"}, "unknown"), when(one.created),
    when(one.used, "never"), when(one.expires, "never"),
    h("div", {class: "row-buttons"},
      h("button", {type: "button", class: "small",
        "aria-label": "Re-authenticate " + name, on: {click: () => reauthenticate(one)}},
      "Re-authenticate"),
      one.state === "active" ? ender(part, {
        label: "Deactivate the grant of " + name, short: "Deactivate", verb: "Deactivate",
        title: "Deactivate the grant of “" + name + "”?",
        text: ["Its tokens are refused from the next request on.",
          "This cannot be undone: the client must be authenticated again."],
        path: "grants/" + encodeURIComponent(one.id) + "/revoke",
        done: "The grant of " + name + " is deactivated.",
      }) : null),
  ];
}

const CLIENT_COLUMNS = [{label: "Name", class: "wide"}, {label: "State"}, {label: "Proof"},
  {label: "Redirects"}, {label: "Created"}, {label: "Actions", hidden: true, class: "end"}];
const GRANT_COLUMNS = [{label: "Client", class: "wide"}, {label: "State"}, {label: "Allowed by"},
  {label: "Created"}, {label: "Last used"}, {label: "Expires"},
  {label: "Actions", hidden: true, class: "end"}];

function oauthParts(view) {
  const clients = view.region(async (signal) => {
    const list = sorted(await all("clients", "clients", signal));
    return h("div", {class: "card"}, list.length ? table("OAuth clients", CLIENT_COLUMNS,
      list.map((one) => clientRow(one, clients))) : empty("No client yet",
      "Register one if your identity provider signs in by OAuth instead of a token."));
  });
  const grants = view.region(async (signal) => {
    const list = sorted(await all("grants", "grants", signal));
    return h("div", {class: "card"}, list.length ? table("OAuth grants", GRANT_COLUMNS,
      list.map((one) => grantRow(one, grants))) : empty("No grant yet",
      "One appears when an administrator has allowed a client to provision."));
  });
  return [
    h("div", {class: "subhead"}, h("h2", {tabindex: "-1"}, "OAuth clients"),
      h("button", {type: "button", on: {click: () => newClient(clients)}}, icon("plus"),
        "New client")), clients,
    h("div", {class: "subhead"}, h("h2", {tabindex: "-1"}, "OAuth grants")), grants,
  ];
}

export function tokens(view) {
  const can = view.session.can;
  return {
    title: "Tokens",
    lead: "What lets your identity provider in. A token is shown once, when it is made; " +
      "deactivating one works from the next request on and cannot be undone.",
    nodes: [tokenPart(view), can.oauth ? oauthParts(view) : []].flat(),
  };
}

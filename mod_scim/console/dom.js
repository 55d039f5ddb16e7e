// SPDX-License-Identifier: Apache-2.0
// Copyright the mod_scim authors
// Making elements. Data becomes text nodes and attribute values only, never markup.

const SVG = "http://www.w3.org/2000/svg";

function append(parent, child) {
  if (Array.isArray(child)) {
    child.forEach((one) => append(parent, one));
  } else if (child !== null && child !== undefined && child !== false) {
    parent.append(child instanceof Node ? child : String(child));
  }
}

/** An element. props: attributes; `on` holds listeners; true is an attribute without value. */
export function h(tag, props, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (name === "on") {
      Object.entries(value).forEach(([type, listener]) => made.addEventListener(type, listener));
    } else if (value === true) {
      made.setAttribute(name, "");
    } else if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(name, value);
    }
  }
  append(made, children);
  return made;
}

const ICONS = {
  setup: "M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4",
  tokens: "M8 20a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9M11.300 12.300L20 3.500M15.500 8l3 3",
  users: "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7M2.500 20c0-3.600 2.900-6 6.500-6s6.500 2.400 6.500 6M16 4.500a3.500 3.500 0 0 1 0 6.300M18 14.600c2.100.8 3.500 2.800 3.500 5.400",
  groups: "M12 4l8.500 4.500L12 13 3.500 8.500zM3.500 12.500L12 17l8.500-4.500M3.500 16.500L12 21l8.500-4.500",
  activity: "M3 12h4l3-7 4 14 3-7h4",
  ok: "M5 12.500l4.500 4.500L19 7.500",
  missing: "M12 6v7M12 17.500v.01",
  unknown: "M6 12h12",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  plus: "M12 5v14M5 12h14",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M16 16l4.500 4.500",
  back: "M15 5l-7 7 7 7",
  refresh: "M19.500 12a7.500 7.500 0 1 1-2.200-5.300L19.500 9M19.500 4v5h-5",
};

/** A picture that says nothing which the text beside it does not. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Say something to a screen reader without moving the focus. */
export function announce(text) {
  const said = document.getElementById("said");
  // The same text twice in a row is still news.
  said.textContent = said.textContent === text ? text + "\u00a0" : text;
}

const DATE = new Intl.DateTimeFormat(undefined, {dateStyle: "medium"});
const SHORT = new Intl.DateTimeFormat(undefined, {timeStyle: "short"});
const LONG = new Intl.DateTimeFormat(undefined, {timeStyle: "medium"});
const COUNT = new Intl.NumberFormat();

/** A moment in the reader's words; the whole of it in the title. */
export function when(ms, none, exact) {
  const date = new Date(ms);
  if (ms === null || ms === undefined || Number.isNaN(date.getTime())) {
    return h("span", {class: "quiet"}, none || "unknown");
  }
  const iso = date.toISOString();
  return h("time", {datetime: iso, title: iso}, h("span", null, DATE.format(date)), " ",
    h("span", {class: "clock"}, (exact ? LONG : SHORT).format(date)));
}

export function count(n) {
  return COUNT.format(n);
}

/** A number with its noun: plural(1, "user") is "1 user". */
export function plural(n, noun) {
  return count(n) + " " + noun + (n === 1 ? "" : "s");
}

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** Seconds in words: "90 days". */
export function span(seconds) {
  const [noun, size] = UNITS.find(([, unit]) => seconds >= unit && seconds % unit === 0) ||
    UNITS[3];
  return plural(Math.round(seconds / size), noun);
}

/** kind: good, bad, warn or none. */
export function badge(text, kind) {
  return h("span", {class: "badge " + (kind || "none")}, text);
}

/** The name of an attribute; of an extension's, its own name, the whole in the title. */
export function attribute(path) {
  const at = path.startsWith("urn:") ? path.lastIndexOf(":") : -1;
  return at < 0 ? mono(path) : mono(path.slice(at + 1), {title: path});
}

export function mono(text, props) {
  return h("code", props, text);
}

/** A button that copies a text, also where the browser has no clipboard for pages. */
export function copyButton(text, what, main) {
  const label = h("span", null, "Copy");
  const button = h("button", {type: "button", class: main ? "main" : "small", autofocus: main,
    "aria-label": "Copy " + what}, icon("copy"), label);
  button.addEventListener("click", async () => {
    const done = await copy(text, button);
    label.textContent = done ? "Copied" : "Copy by hand";
    announce(done ? "Copied " + what + "." : "This browser does not let the page copy.");
    button.dispatchEvent(new CustomEvent("copied", {bubbles: true, detail: done}));
    setTimeout(() => { label.textContent = "Copy"; }, 4000);
  });
  return button;
}

async function copy(text, near) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (e) {
    const area = h("textarea", {readonly: true, class: "hidden", tabindex: "-1"});
    area.value = text;
    near.parentNode.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    near.focus();
    return done;
  }
}

/**
 * A table. columns: {label, class, hidden (the label is for screen readers only)}; rows: lists of
 * cells. Roles are said, as narrow windows show rows as blocks and would lose them.
 */
export function table(caption, columns, rows) {
  const head = columns.map((column) => h("th", {scope: "col", role: "columnheader",
    class: column.class}, column.hidden ? h("span", {class: "hidden"}, column.label) :
    column.label));
  const body = rows.map((cells) => h("tr", {role: "row"}, cells.map((cell, i) => {
    const first = i === 0;
    return h(first ? "th" : "td", {role: first ? "rowheader" : "cell",
      scope: first ? "row" : null, class: columns[i].class,
      "data-label": columns[i].hidden || first ? null : columns[i].label}, h("div", null, cell));
  })));
  return h("table", {role: "table"}, h("caption", {class: "hidden"}, caption),
    h("thead", {role: "rowgroup"}, h("tr", {role: "row"}, head)),
    h("tbody", {role: "rowgroup"}, body));
}

/** Nothing to show: what that means, and what to do. */
export function empty(title, text, action) {
  return h("div", {class: "empty"}, h("p", {class: "empty-title"}, title),
    text ? h("p", {class: "quiet"}, text) : null, action);
}

let fields = 0;

/** A labelled control: input, select or textarea. */
export function field(label, control, hint) {
  const id = "field-" + (++fields);
  control.id = id;
  if (hint) {
    control.setAttribute("aria-describedby", id + "-hint");
  }
  return h("div", {class: "field"}, h("label", {for: id}, label), control,
    hint ? h("p", {class: "hint", id: id + "-hint"}, hint) : null);
}

/**
 * A modal dialog; the browser keeps the focus inside and gives it back.
 * build(close, fail): its content; fail(text) shows an error. @return the dialog, already open
 */
export function dialog(title, build) {
  const id = "dialog-" + (++fields);
  const box = h("dialog", {"aria-labelledby": id});
  const error = h("p", {class: "error", role: "alert"});
  const content = h("div", {class: "dialog-body"});
  const close = () => box.close();
  const fail = (text) => { error.textContent = text; };
  box.replace = (heading, make) => {
    error.textContent = "";
    content.replaceChildren(h("h2", {id, tabindex: "-1"}, heading));
    append(content, make(close, fail));
    content.lastElementChild.before(error);
    const target = content.querySelector("[autofocus]") || content.querySelector("h2");
    if (box.open) {
      target.focus();
    }
  };
  box.append(content);
  box.replace(title, build);
  // The browser's way to give the focus back needs the element; the page may be made anew.
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}

/**
 * A question before something that cannot be undone. act: a promise of the deed, and of what gets
 * the focus then, as the button that was pressed may be gone.
 */
export function confirm(title, text, label, act) {
  return dialog(title, (close, fail) => {
    const deed = h("button", {type: "button", class: "danger"}, label);
    const cancel = h("button", {type: "button", autofocus: true, on: {click: close}}, "Cancel");
    deed.addEventListener("click", async () => {
      deed.disabled = true;
      fail("");
      try {
        const next = await act();
        close();
        next.focus();
      } catch (e) {
        fail(e.message);
        deed.disabled = false;
        deed.focus();
      }
    });
    return [text.map((one) => h("p", null, one)), h("div", {class: "buttons"}, cancel, deed)];
  });
}

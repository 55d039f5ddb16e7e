// SPDX-License-Identifier: Apache-2.0
// Copyright the mod_scim authors
// Requests to the console's API, and what their failures mean.

/** A request that failed. `kind`: away (comes back by itself), out (not signed in), or other. */
export class ApiError extends Error {
  constructor(kind, status, detail) {
    super(detail);
    this.kind = kind;
    this.status = status;
  }
}

const AWAY = "The server cannot be reached.";
const OUT = "You are not signed in any more. Reload the page to sign in again.";
let token = "";

function url(path, params) {
  // Not location.href: it may hold a name and a password, with which fetch() takes no URL.
  const made = new URL("api/" + path, location.origin + location.pathname);
  for (const [name, value] of Object.entries(params || {})) {
    if (value !== null && value !== undefined && value !== "") {
      made.searchParams.set(name, value);
    }
  }
  return made;
}

async function send(path, params, options) {
  let answer;
  let body = null;
  try {
    // A sign-in elsewhere answers with a redirect, which a script must not follow.
    answer = await fetch(url(path, params), {
      cache: "no-store", credentials: "same-origin", redirect: "manual", ...options,
    });
  } catch (e) {
    if (e.name === "AbortError") {
      throw e;
    }
    throw new ApiError("away", 0, AWAY);
  }
  try {
    body = await answer.json();
  } catch (e) {
    if (e.name === "AbortError") {
      throw e;
    }
  }
  if (answer.ok && body !== null) {
    return body;
  }
  const detail = body && typeof body.detail === "string" ? body.detail : null;
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.ok) {
    throw new ApiError("out", 401, OUT);
  }
  if ([502, 503, 504].includes(answer.status)) {
    throw new ApiError("away", answer.status, detail || "The server is not available.");
  }
  throw new ApiError("other", answer.status,
    detail || "The server answered with status " + answer.status + ".");
}

/** Who is signed in and what may be done; keeps the token that changes need. */
export async function session(signal) {
  const got = await send("session", null, {signal});
  token = got.token;
  return got;
}

export function get(path, params, signal) {
  return send(path, params, {signal});
}

/** A change. A token that has become too old meanwhile is asked for again, once. */
export async function post(path, body) {
  const options = () => ({
    method: "POST",
    headers: {"Content-Type": "application/json", "X-SCIM-Console": token},
    body: JSON.stringify(body || {}),
  });
  try {
    return await send(path, null, options());
  } catch (e) {
    if (!(e instanceof ApiError) || e.status !== 403) {
      throw e;
    }
  }
  await session();
  return send(path, null, options());
}

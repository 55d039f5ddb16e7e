# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""The page on which an administrator gives an OAuth client access."""

import http.server
import threading
import urllib.parse

import pytest
import requests

from chrome import PHONE


class Callback(http.server.BaseHTTPRequestHandler):
    """Where the client takes the answer."""

    def do_GET(self):  # pylint: disable=invalid-name
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


@pytest.fixture(scope="module")
def redirect():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Callback) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield "http://localhost:%d/callback" % server.server_port
        server.shutdown()


@pytest.fixture
def client(redirect, console):
    """A client registered on the console: (id, secret, redirect)."""
    console.press("Tokens")
    console.loaded("Tokens")
    console.press("New client")
    console.labelled("Name").send_keys("Okta <b>&amp;</b>")
    console.labelled("Redirect URLs").send_keys(redirect)
    console.press("Register client")
    secret = console.one("input[name=secret]").get_attribute("value")
    name = console.labelled("Client ID").get_attribute("value")
    console.press("Done")
    return name, secret, redirect


def answer_of(browser):
    """What the redirect brought."""
    browser.wait("the redirect", lambda: "/callback" in browser.driver.current_url)
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(browser.driver.current_url).query))


def test_access_is_allowed_used_and_ended(site, client, console):
    name, secret, redirect = client
    console.open(site.consent(name, redirect))
    console.sees("Allow Okta <b>&amp;</b> to manage users and groups?")
    console.sees("acme-admin")
    assert not console.all("main b")
    console.screenshot("consent-light")
    console.press("Allow")
    code = answer_of(console)["code"]
    got = requests.post(site.origin() + "/acme/oauth/token", verify=site.ca(), timeout=60, data={
        "grant_type": "authorization_code", "code": code, "redirect_uri": redirect,
        "client_id": name, "client_secret": secret})
    assert got.status_code == 200, got.text
    scim = site.scim(token=got.json()["access_token"])
    assert scim.get("/Users?count=1").status == 200

    console.open(site.console() + "#/tokens")
    console.loaded("Tokens")
    console.press("Re-authenticate Okta <b>&amp;</b>")
    console.sees("A new sign-in replaces this grant", "dialog")
    console.press("Close")
    console.press("Deactivate the grant of Okta <b>&amp;</b>")
    console.sees("cannot be undone", "dialog")
    console.press("Deactivate")
    console.wait("the dialog to close", lambda: not console.all("dialog"))
    assert scim.get("/Users?count=1").status == 401
    scim.close()


def test_access_is_denied(site, client, console):
    name, _, redirect = client
    console.open(site.consent(name, redirect))
    console.press("Do not allow")
    got = answer_of(console)
    assert got["error"] == "access_denied" and "code" not in got


@pytest.mark.parametrize("look", ["dark", "phone"])
def test_looks(site, client, start, look):
    browser = start(dark=look == "dark", **({"size": PHONE} if look == "phone" else {}))
    browser.open(site.consent(client[0], client[2]))
    browser.sees("Allow Okta")
    browser.screenshot("consent-" + look)
    width = browser.js("return document.documentElement.scrollWidth")
    assert width <= browser.size[0]
    browser.open(site.consent("nobody", client[2]))
    browser.sees("Access cannot be given")
    browser.screenshot("consent-error-" + look)

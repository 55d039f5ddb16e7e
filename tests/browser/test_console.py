# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""The console's pages: what they show, hostile names and sites, outages, keyboard, phone, dark."""

import http.server
import threading

import pytest
import requests
from selenium.webdriver.common.keys import Keys

from chrome import PHONE
from console_site import EVIL, PLACES, open_place, password


def go(browser, section):
    browser.press(section)
    browser.loaded(section)


# ---- what is shown ----

def test_script_in_names_is_text(people, console):
    go(console, "Users")
    console.labelled("Find a user").send_keys("evil")
    console.press(EVIL[0])
    console.loaded(EVIL[0])
    for text in EVIL:
        console.sees(text)
    console.screenshot("user-hostile")
    go(console, "Groups")
    console.press(EVIL[1])
    console.loaded(EVIL[1])
    console.sees(EVIL[0])
    go(console, "Tokens")
    console.press("New token")
    console.labelled("Label").send_keys(EVIL[0])
    console.press("Create token")
    console.press("Done")
    console.sees(EVIL[0])
    go(console, "Activity")
    console.sees("Created group " + EVIL[1])
    assert console.js("return window.hit") is None
    assert not console.all("main img, main b, main script")


def test_pages_of_users(people, console):
    go(console, "Users")
    first = console.text("tbody")
    console.press("Next")
    console.wait("the second page", lambda: console.text("tbody") != first)
    second = console.text("tbody")
    console.wait("a link to the page", lambda: "cursor=" in console.driver.current_url)
    console.press("Previous")
    console.wait("the first page", lambda: console.text("tbody") == first)
    console.press("Next")
    console.wait("the second page", lambda: console.text("tbody") == second)
    # The browser's own way back, and a link that was kept.
    kept = console.driver.current_url
    console.driver.back()
    console.wait("the first page", lambda: console.text("tbody") == first)
    console.open("about:blank")
    console.open(kept)
    console.wait("the second page", lambda: console.all("tbody") and
                 console.text("tbody") == second)


def test_search_finds_and_says_when_nothing_is_found(people, console):
    go(console, "Users")
    find = console.labelled("Find a user")
    find.send_keys("person07")
    console.wait("one user", lambda: len(console.all("tbody tr")) == 1)
    assert "q=person07" in console.driver.current_url
    find.send_keys("nobody")
    console.sees("Nothing found")
    find.clear()
    find.send_keys(Keys.ENTER)
    console.wait("all of them", lambda: len(console.all("tbody tr")) > 1)


def test_a_group_shows_its_members(people, console):
    go(console, "Groups")
    console.press("Everybody")
    console.loaded("Everybody")
    console.sees("Person 00")
    before = 0
    while len(console.all("ul.links li")) < 61:
        before = len(console.all("ul.links li"))
        console.press("More members")
        console.wait("more members", lambda: len(console.all("ul.links li")) > before)
    console.press("Person 59")
    console.loaded("Person 59")
    console.sees("Everybody")


def test_setup_says_what_to_enter(site, console):
    console.sees(site.origin() + "/acme/scim/v2")
    console.sees(site.origin() + "/acme/oauth/token")
    console.tells("Served over TLS: done")
    console.sees("1,000 used")
    console.labelled("Find an attribute").send_keys("usertype")
    console.wait("one attribute", lambda: len(console.all("tbody tr")) == 1)
    console.sees("one of admin, user, viewer")


def test_activity_is_filtered(site, people, console):
    client = site.scim()
    client.add_user("filtered")
    assert client.post("/Users", {"schemas": people["evil"]["schemas"],
                                  "userName": "x" * 65}).status == 400
    client.close()
    go(console, "Activity")
    console.choose("Outcome", "Failed")
    console.wait("failures only", lambda: "Created user" not in console.text())
    console.sees("Could not create user")
    console.sees("What to do:")
    assert "outcome=failed" in console.driver.current_url
    console.choose("Outcome", "All")
    console.labelled("User, group or token").send_keys("filtered@example.com" + Keys.ENTER)
    console.wait("one entry", lambda: len(console.all("tbody tr")) == 1)
    console.sees("Created user filtered@example.com")


# ---- who may do what ----

def test_another_tenants_console_shows_nothing_of_it(site, people, browser, log):
    browser.open(site.console("globex"))
    browser.loaded("Set-up")
    go(browser, "Users")
    browser.sees("No user yet")
    browser.open(site.console("globex") + "#/users/" + people["users"][0]["id"])
    browser.sees("Not found")
    go(browser, "Groups")
    browser.sees("No group yet")
    go(browser, "Activity")
    browser.sees("Nothing here")
    # The other one's console is none of theirs.
    log.expect("AH01631")
    got = requests.get(site.origin() + "/acme/console/api/session", verify=site.ca(), timeout=60,
                       auth=("globex-admin", password("globex-admin")))
    assert got.status_code == 401


def test_a_change_needs_the_pages_token(console):
    script = """
        return fetch(location.origin + location.pathname + "api/tokens", {method: "POST", headers: arguments[0],
            body: JSON.stringify({label: "forged"})}).then((got) => got.status)"""
    kind = {"Content-Type": "application/json"}
    assert console.js(script, kind) == 403
    assert console.js(script, {**kind, "X-SCIM-Console": "0" * 64}) == 403
    go(console, "Tokens")
    assert "forged" not in console.text()


def test_another_site_cannot_make_a_token(site, console):
    page = ("<form method=post enctype=text/plain action='%s/acme/console/api/tokens'>"
            "<input name='{\"label\":\"forged\",\"x\":\"' value='\"}'></form>"
            "<script>document.forms[0].submit()</script>" % site.origin()).encode()

    class Evil(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # pylint: disable=invalid-name
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):  # pylint: disable=arguments-differ
            pass
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Evil) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        console.open("http://localhost:%d/" % server.server_port)
        console.wait("the forged request", lambda: "/api/tokens" in console.driver.current_url)
        server.shutdown()
    console.open(site.console())
    console.loaded("Set-up")
    go(console, "Tokens")
    assert "forged" not in console.text()


def test_who_is_signed_out_is_told(console):
    """Not by Basic, of which the browser takes care itself: as modules with a session answer."""
    console.js("window.fetch = async () => new Response('', {status: 401})")
    console.press("Users")
    console.sees("Signed out")
    console.press("Reload")
    console.loaded("Users")
    console.sees("Find a user")


# ---- outages ----

def test_the_database_goes_away_and_comes_back(site, people, console, log):
    go(console, "Users")
    console.sees("Person 00")
    log.database_lost()
    site.db.stop()
    try:
        console.press("Groups")
        console.sees("Trying again by itself", "#banner")
        console.screenshot("database-away")
        console.press("Try now")
        console.press("Users")
        console.sees("Trying again by itself", "#banner")
    finally:
        site.db.start()
    # Nobody touches the page; it finds out.
    console.sees("Person 00")
    console.wait("the banner to go", lambda: not console.all("#banner *"))


def test_the_console_opened_while_the_database_is_away(site, browser, log):
    log.database_lost()
    site.db.stop()
    try:
        browser.open(site.console())
        browser.sees("Trying again by itself", "#banner")
    finally:
        site.db.start()
    browser.loaded("Set-up")


# ---- keyboard ----

def test_everything_by_keyboard(console):
    console.keys(Keys.TAB)
    assert console.focused() == "Skip to the content"
    console.keys(Keys.ENTER)
    assert console.js("return document.activeElement.id") == "main"
    console.js("document.activeElement.blur()")
    console.open(console.driver.current_url.split("#")[0])
    console.loaded("Set-up")
    console.tab_to("Tokens")
    outline = console.js("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    console.keys(Keys.ENTER)
    console.loaded("Tokens")
    assert console.focused() == "Tokens"

    # A dialog keeps the focus, and gives it back.
    console.tab_to("New token")
    console.keys(Keys.ENTER)
    console.sees("New token", "dialog h2")
    console.keys(Keys.ESCAPE)
    console.wait("the dialog to close", lambda: not console.all("dialog"))
    assert console.focused() == "New token"
    console.keys(Keys.ENTER)
    console.sees("New token", "dialog h2")
    console.keys("By keyboard", Keys.ENTER)
    console.one("input[name=secret]")
    assert console.focused() == "Copy token"
    # No slip loses the secret.
    console.keys(Keys.ESCAPE)
    console.sees("Not copied yet", "dialog")
    console.tab_to("Done")
    console.keys(Keys.ENTER)
    console.wait("the dialog to close", lambda: not console.all("dialog"))

    console.tab_to("Deactivate the token By keyboard")
    console.keys(Keys.ENTER)
    console.sees("cannot be undone", "dialog")
    # What cannot be undone is not what Enter does.
    assert console.focused() == "Cancel"
    console.tab_to("Deactivate")
    console.keys(Keys.ENTER)
    console.wait("the dialog to close", lambda: not console.all("dialog"))
    console.sees("By keyboard is deactivated", "#said")
    assert console.focused() == "Bearer tokens"


def test_mistakes_are_told_where_they_are_made(console):
    go(console, "Tokens")
    console.press("New token")
    console.press("Create token")
    console.sees("Please give the token a label", "dialog [role=alert]")
    assert console.js("return document.activeElement.name") == "label"
    console.keys("Owned")
    console.labelled("Owner (optional)").send_keys("nobody@example.com")
    console.press("Create token")
    console.wait("the server's sentence", lambda: "nobody" in console.text(
        "dialog [role=alert]") or "owner" in console.text("dialog [role=alert]").lower())
    console.press("Cancel")
    console.wait("the dialog to close", lambda: not console.all("dialog"))


# ---- OAuth ----

def test_a_client_is_registered_and_ended(console):
    go(console, "Tokens")
    console.press("New client")
    console.labelled("Name").send_keys("A client")
    console.labelled("Redirect URLs").send_keys("https://client.example/cb")
    console.press("Register client")
    console.one("input[name=secret]")
    console.screenshot("client-secret")
    console.press("Done")
    console.sees("https://client.example/cb")
    console.press("Deactivate the client A client")
    console.sees("cannot be undone", "dialog")
    console.press("Deactivate")
    console.wait("the dialog to close", lambda: not console.all("dialog"))
    console.wait("the client to have ended", lambda: not console.all(
        "[aria-label='Deactivate the client A client']"))


# ---- how it looks ----

@pytest.mark.parametrize("look", ["light", "dark", "phone", "phone-dark"])
def test_looks(site, people, start, look):
    """Pictures to look at; that nothing is wider than a phone, and that dark is dark."""
    how = {"dark": "dark" in look}
    if "phone" in look:
        how["size"] = PHONE
    browser = start(**how)
    for name, hash_ in PLACES.items():
        open_place(browser, site, people, hash_)
        browser.screenshot("%s-%s" % (name, look))
        width, inside = browser.js(
            "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert width <= inside, name
        shade = browser.js("return getComputedStyle(document.body).backgroundColor")
        level = sum(int(part) for part in shade[shade.index("(") + 1:-1].split(",")[:3])
        assert (level < 150) == ("dark" in look), (name, shade)


def test_no_secret_stays_in_the_page(console):
    go(console, "Tokens")
    console.press("New token")
    console.labelled("Label").send_keys("Passing")
    console.press("Create token")
    secret = console.one("input[name=secret]").get_attribute("value")
    console.press("Done")
    console.wait("the dialog to close", lambda: not console.all("dialog"))
    found = console.js("""
        return document.documentElement.outerHTML.includes(arguments[0]) ||
            JSON.stringify([localStorage, sessionStorage]).includes(arguments[0]) ||
            document.cookie.includes(arguments[0])""", secret)
    assert not found

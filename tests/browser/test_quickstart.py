# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""From nothing to a provisioned user and back, as a newcomer does it: tools/quickstart, then the
console for everything that its admin does, and a client for what the identity provider does."""

import shlex
import subprocess
import urllib.parse

import pytest

import conf
from scim_http import Scim

NAMES = ("SCIM_BASE_URL", "SCIM_CA", "SCIM_CONSOLE_URL", "SCIM_CONSOLE_USER",
         "SCIM_CONSOLE_PASSWORD")


def run(*args):
    done = subprocess.run([str(a) for a in args], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def quickstart():
    """A fresh one, and what build/quickstart/env says of it."""
    command = conf.TOP / "tools/quickstart"
    run(command, "--detach", "--empty")
    try:
        env = conf.TOP / "build/quickstart/env"
        text = run("sh", "-c", ". %s && printf '%%s\\n' %s" % (
            shlex.quote(str(env)), " ".join('"$%s"' % name for name in NAMES)))
        yield dict(zip(NAMES, text.split("\n")))
    finally:
        run(command, "--stop")


def test_a_tenants_life_in_the_console(quickstart, browser):
    at = urllib.parse.urlsplit(quickstart["SCIM_CONSOLE_URL"])
    origin = "localhost:%d" % at.port
    base = quickstart["SCIM_BASE_URL"].replace("127.0.0.1", "localhost")
    browser.open("https://%s:%s@%s%s" % (quickstart["SCIM_CONSOLE_USER"],
                                         quickstart["SCIM_CONSOLE_PASSWORD"], origin, at.path))
    browser.loaded("Set-up")
    browser.sees(base)
    browser.tells("First user seen: to do")
    browser.screenshot("quickstart-1-setup")

    # A token on the page.
    browser.press("Tokens")
    browser.loaded("Tokens")
    browser.press("New token")
    browser.labelled("Label").send_keys("Okta production")
    browser.press("Create token")
    secret = browser.one("input[name=secret]").get_attribute("value")
    browser.screenshot("quickstart-2-token")
    browser.press("Copy token")
    browser.sees("Copied", "dialog")
    browser.press("Done")
    browser.sees("Okta production")
    assert secret not in browser.text("body")

    # What the identity provider does with it.
    client = Scim(base, secret, ca=quickstart["SCIM_CA"])
    ada = client.add_user("ada")
    client.add_user("grace")
    client.add_group("Engineering", [ada["id"]])
    assert client.post("/Users", {"schemas": ada["schemas"], "userName": "ADA@example.com"}
                       ).status == 409

    # The user on the page.
    browser.press("Users")
    browser.loaded("Users")
    browser.labelled("Find a user").send_keys("ada@")
    browser.wait("one user", lambda: "grace" not in browser.text())
    browser.press("Ada Example")
    browser.loaded("Ada Example")
    for text in ("ada@example.com", "Engineering", "ext-ada", "Created user"):
        browser.sees(text)
    browser.screenshot("quickstart-3-user")

    # What was done, and what was refused.
    browser.press("Activity")
    browser.loaded("Activity")
    for text in ("Created user grace@example.com", "Created group Engineering", "Okta production",
                 "Could not create user", "What to do:"):
        browser.sees(text)
    browser.screenshot("quickstart-4-activity")

    # The token ends, with the next request.
    assert client.get("/Users").status == 200
    browser.press("Tokens")
    browser.loaded("Tokens")
    browser.press("Deactivate the token Okta production")
    browser.sees("cannot be undone", "dialog")
    browser.press("Deactivate")
    browser.wait("the dialog to close", lambda: not browser.all("dialog"))
    browser.sees("Deactivated")
    assert client.get("/Users").status == 401
    browser.press("Set-up")
    browser.loaded("Set-up")
    browser.tells("First user seen: done")
    browser.screenshot("quickstart-5-setup")
    client.close()

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Fixtures: the server, browsers that must find nothing wrong with the page, and a clean log."""

import pytest

from chrome import Browser, Chromium
from console_site import EVIL, Site


@pytest.fixture(scope="session")
def site():
    server = Site("mariadb")
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(autouse=True)
def log(request):
    """The error log since the test began. Unexpected warnings in it fail the test."""
    if "site" not in request.fixturenames:
        yield None
        return
    yield from request.getfixturevalue("site").watched()


@pytest.fixture(scope="session")
def chromium():
    process = Chromium()
    yield process
    process.close()


@pytest.fixture
def start(chromium):
    """A function that starts a browser; what its console says at the end must be nothing."""
    started = []

    def one(**how):
        started.append(Browser(chromium, **how))
        return started[-1]
    yield one
    wrong = [line for browser in started for line in browser.errors()]
    for browser in started:
        browser.close()
    assert not wrong, "the browser complains:\n" + "\n".join(wrong)


@pytest.fixture
def browser(start):
    return start()


@pytest.fixture
def console(site, browser):
    """The browser with the console of the tenant acme."""
    browser.open(site.console())
    browser.loaded("Set-up")
    return browser


@pytest.fixture(scope="session")
def people(site):
    """Some users and groups that every test may look at, and one whose names are hostile."""
    client = site.scim()
    made = [client.add_user("person%02d" % i, displayName="Person %02d" % i) for i in range(60)]
    evil = client.add_user("evil", displayName=EVIL[0], title=EVIL[1], nickName=EVIL[2])
    made.append(evil)
    group = client.add_group("Everybody", [one["id"] for one in made])
    client.add_group(EVIL[1], [evil["id"]])
    client.close()
    return {"users": made, "evil": evil, "group": group}

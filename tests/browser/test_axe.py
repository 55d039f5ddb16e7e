# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""What keeps people out of a page, as far as a program finds it: axe-core, on every page and dialog."""

import os
import pathlib

import pytest

from chrome import PHONE
from console_site import PLACES, open_place

pytestmark = pytest.mark.skipif(not os.environ.get("SCIM_AXE"),
                                reason=os.environ.get("SCIM_AXE_MISSING") or "no axe-core")
RUN = """
    const done = arguments[arguments.length - 1];
    axe.run(document, {resultTypes: ["violations"]}).then(
        (got) => done(got.violations.map((one) => ({id: one.id, impact: one.impact,
            help: one.help, nodes: one.nodes.map((node) => node.html + " " + node.failureSummary)}))),
        (error) => done([{id: String(error), impact: "critical", help: "", nodes: []}]));
"""


def check(browser, what):
    browser.driver.execute_script(pathlib.Path(os.environ["SCIM_AXE"]).read_text("utf-8"))
    wrong = browser.driver.execute_async_script(RUN)
    told = ["%s: %s (%s) %s\n    %s" % (what, one["id"], one["impact"], one["help"],
                                         "\n    ".join(one["nodes"][:4])) for one in wrong]
    assert not told, "\n".join(told)


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_pages_and_dialogs(site, people, start, look):
    browser = start(dark=look == "dark", **({"size": PHONE} if look == "phone" else {}))
    for name, hash_ in PLACES.items():
        open_place(browser, site, people, hash_)
        check(browser, name)
    open_place(browser, site, people, "#/tokens")
    browser.press("New token")
    check(browser, "a dialog")
    browser.labelled("Label").send_keys("For axe " + look)
    browser.press("Create token")
    browser.one("input[name=secret]")
    check(browser, "the secret")
    browser.press("Done")
    browser.press("Deactivate the token For axe " + look)
    check(browser, "a question")
    browser.screenshot("question-" + look)


@pytest.mark.parametrize("dark", [False, True])
def test_consent_page(site, start, dark):
    """The error's page has the same parts."""
    browser = start(dark=dark)
    browser.open(site.consent("nobody", "https://client.example/cb"))
    browser.sees("Access cannot be given")
    check(browser, "an error")

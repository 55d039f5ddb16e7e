# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Chromium without a window, and what a person does with a page in it."""

import json
import os
import pathlib
import urllib.request

import trio
import trio_websocket
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

import database

# No traffic but the tests', no first steps, no sandbox (the tests may be root's).
OPTIONS = ("--headless=new", "--no-sandbox", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
           "--disable-gpu", "--disable-extensions", "--hide-scrollbars", "--lang=en-GB",
           "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost")
WIDE = (1280, 860)
PHONE = (360, 740)
# A deadline only bounds a failure; a busy machine may be very slow.
PATIENCE = 90
SCREENSHOTS = pathlib.Path(os.environ["SCIM_BUILD"]) / "screenshots"


def has_text(text):
    """An XPath condition: the element's own text or its label is this."""
    return '(normalize-space()="%s" or @aria-label="%s")' % (text, text)


class Chromium:
    """The one process that all tests share: to start it takes as long as a short test. What a test
    gets of it, a Browser, shares nothing with another's."""

    def __init__(self):
        options = webdriver.ChromeOptions()
        options.binary_location = database.need_program("chromium")
        options.accept_insecure_certs = True
        for option in OPTIONS + ("--window-size=%d,%d" % WIDE,):
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(
            service=Service(database.need_program("chromedriver")), options=options)
        self.driver.set_page_load_timeout(PATIENCE)
        self.driver.set_script_timeout(PATIENCE)
        self.front = None  # the handle of the window that commands go to
        self.address = self.driver.capabilities["goog:chromeOptions"]["debuggerAddress"]

    def window(self, handle):
        """Selenium, talking to this window."""
        if self.front != handle:
            self.driver.switch_to.window(handle)
            self.front = handle
        return self.driver

    def profile(self):
        """A new one, and a window of it: their ids. Selenium knows no profiles, and a page may not
        ask for them: the process is asked itself."""
        made = self.ask("Target.createBrowserContext")["browserContextId"]
        return made, self.ask("Target.createTarget", url="about:blank", newWindow=True,
                              browserContextId=made)["targetId"]

    def end(self, profile):
        """With its windows."""
        self.front = None
        self.ask("Target.disposeBrowserContext", browserContextId=profile)

    def ask(self, command, **arguments):
        with urllib.request.urlopen("http://%s/json/version" % self.address) as got:
            url = json.load(got)["webSocketDebuggerUrl"]

        async def one():
            async with trio_websocket.open_websocket_url(url) as socket:
                await socket.send_message(json.dumps(
                    {"id": 1, "method": command, "params": arguments}))
                return json.loads(await socket.get_message())
        answer = trio.run(one)
        assert "result" in answer, answer
        return answer["result"]

    def close(self):
        self.driver.quit()


class Browser:
    """A window with a profile of its own: no cookie, cache or password of another test is there."""

    def __init__(self, chromium, size=WIDE, dark=False):
        self.chromium = chromium
        self.profile, self.handle = chromium.profile()
        self.size = size
        self.resize(*size)
        if dark:
            self.cdp("Emulation.setEmulatedMedia", features=[
                {"name": "prefers-color-scheme", "value": "dark"}])

    @property
    def driver(self):
        return self.chromium.window(self.handle)

    def close(self):
        self.chromium.end(self.profile)

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def resize(self, width, height):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=False)

    def screenshot(self, name):
        """The whole page, as high as it is (within reason)."""
        height = self.js("return document.documentElement.scrollHeight")
        self.resize(self.size[0], max(self.size[1], min(height, 2400)))
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(SCREENSHOTS / (name + ".png")))
        self.resize(*self.size)

    # ---- waiting ----

    def wait(self, what, condition):
        """What the condition gives, once it is true. Elements may be made anew meanwhile."""
        wait = WebDriverWait(self.driver, PATIENCE, 0.05,
                             ignored_exceptions=(StaleElementReferenceException,))
        return wait.until(lambda _: condition(), "waited in vain for: " + what + "\n" + self.seen())

    def seen(self):
        try:
            return self.text("body")
        except WebDriverException:
            return ""

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    # ---- looking ----

    def open(self, url):
        self.driver.get(url)

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def one(self, css):
        return self.wait(css, lambda: next(iter(self.all(css)), None))

    def text(self, css="main"):
        return self.driver.find_element(By.CSS_SELECTOR, css).text

    def sees(self, text, css="main"):
        self.wait("“%s” in %s" % (text, css), lambda: text in self.text(css))

    def tells(self, text, css="main"):
        """The same, also of words that are for screen readers only."""
        self.wait("“%s” in %s" % (text, css), lambda: text in self.js(
            "return document.querySelector(arguments[0]).textContent", css))

    def loaded(self, title):
        """The page of this heading is there, with everything that it loads."""
        self.wait("the page " + title, lambda: self.text("h1") == title and
                  not self.all("[aria-busy=true]"))

    def by_name(self, text, tags=("button", "a", "summary"), within=""):
        """What can be pressed and is called so; the topmost dialog hides what is below it."""
        if not within and self.all("dialog[open]"):
            within = "//dialog[@open]"
        xpath = " | ".join("%s//%s[%s]" % (within, tag, has_text(text)) for tag in tags)
        return self.wait(text, lambda: next((one for one in self.driver.find_elements(
            By.XPATH, xpath) if one.is_displayed()), None))

    def labelled(self, label):
        """The control of a label."""
        name = self.by_name(label, ("label",)).get_attribute("for")
        return self.one("#" + name)

    # ---- doing ----

    def choose(self, label, option):
        Select(self.labelled(label)).select_by_visible_text(option)

    def press(self, text):
        self.by_name(text).click()

    def keys(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)

    def tab_to(self, text, limit=80):
        """With the keyboard only: go on until what is called so has the focus."""
        for _ in range(limit):
            self.keys(Keys.TAB)
            active = self.driver.switch_to.active_element
            if text in (active.get_attribute("aria-label"), active.text.strip()):
                return active
        raise AssertionError("the keyboard does not get to " + text)

    def focused(self):
        active = self.driver.switch_to.active_element
        return active.get_attribute("aria-label") or active.text.strip()

    def errors(self):
        """What the browser's console says that is no 4xx or 5xx which a test asked for."""
        return [line["message"] for line in self.driver.get_log("browser")
                if line["level"] == "SEVERE" and "Failed to load resource" not in line["message"]]

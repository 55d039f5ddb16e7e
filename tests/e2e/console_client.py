# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""The console's page for tests: its API as an admin's browser speaks it.

Every answer is held to what is true of all: JSON that nobody may keep, errors in one plain
sentence, headers that let no other site show or script the page.
"""

import json
import urllib.parse

import requests

from conf_oauth import admin_password
from okta_wire import need
from scim_http import check_sentence

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
          "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")


def check_page(answer):
    """What the module sends itself; 401 and its like are httpd's own."""
    need(answer.headers.get("Content-Security-Policy") == POLICY, "another policy")
    need(answer.headers.get("X-Content-Type-Options") == "nosniff", "may be sniffed")
    need(answer.headers.get("X-Frame-Options") == "DENY", "can be framed")
    need(answer.headers.get("Referrer-Policy") == "no-referrer", "tells where it was")
    need(answer.headers.get("Cross-Origin-Resource-Policy") == "same-origin", "can be taken")
    need("Set-Cookie" not in answer.headers, "a cookie")
    need("Access-Control-Allow-Origin" not in answer.headers, "open to other sites")


def check_json(answer):
    check_page(answer)
    need(answer.headers["Content-Type"] == "application/json", "no JSON")
    need(answer.headers.get("Cache-Control") == "no-store", "an answer that may be kept")
    body = json.loads(answer.content.decode("utf-8")) if answer.content else None
    if answer.status_code >= 400 and body is not None:
        need(set(body) == {"status", "detail"}, "members %r" % sorted(body))
        need(body["status"] == answer.status_code, "another status in the body")
        check_sentence(body["detail"])
        if answer.status_code == 405:
            need(answer.headers.get("Allow"), "405 without Allow")
        if answer.status_code == 503:
            need(answer.headers.get("Retry-After"), "503 without Retry-After")
    return body


class Console:
    """One admin's console of one tenant."""

    def __init__(self, url, user="admin", ca=None):
        self.url = url.rstrip("/")
        self.user = user
        self.seal = None
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = ca or True
        if user:
            self.session.auth = (user.encode(), admin_password(user).encode())

    def send(self, method, path, data=None, headers=None):
        """As it is; the path is not normalised."""
        prepared = self.session.prepare_request(
            requests.Request(method, self.url, data=data, headers=headers or {}))
        prepared.url = self.url + path
        prepared.method = method
        return self.session.send(prepared, allow_redirects=False, timeout=60,
                                 verify=self.session.verify)

    def get(self, path, status=200, **query):
        text = "?" + urllib.parse.urlencode(query) if query else ""
        answer = self.send("GET", "/api/" + path + text)
        body = check_json(answer)
        need(answer.status_code == status, "%s: %d %s" % (path, answer.status_code, answer.text))
        return body

    def open(self):
        """Load the session as the page does; its token goes with what is changed."""
        body = self.get("session")
        self.seal = body["token"]
        return body

    def post(self, path, body=None, status=200, headers=None):
        if not self.seal:
            self.open()
        more = {"X-SCIM-Console": self.seal, "Sec-Fetch-Site": "same-origin"}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            more["Content-Type"] = "application/json"
        more.update(headers or {})
        answer = self.send("POST", "/api/" + path, data,
                           {k: v for k, v in more.items() if v is not None})
        got = check_json(answer)
        need(answer.status_code == status, "%s: %d %s" % (path, answer.status_code, answer.text))
        return got

    def detail(self, path, status, **query):
        return self.get(path, status, **query)["detail"]

    def pages(self, path, name, **query):
        """All of a list, page by page."""
        rows = []
        while True:
            page = self.get(path, **query)
            rows += page[name]
            if page["next"] is None:
                return rows
            query["cursor"] = page["next"]
            assert page[name], "an empty page before the end"

    def make_token(self, **body):
        return self.post("tokens", {"label": "made here", **body}, 201)

    def close(self):
        self.session.close()


def of_tenant(tenant, user="admin"):
    """The console beside a tenant's base."""
    return Console(tenant.base[:-len("scim/v2")] + "console", user)

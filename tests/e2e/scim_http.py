# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""A plain SCIM client for tests, and raw sockets for what no HTTP library would send.

Every answer is held to what is true of all of them: the media type, errors as SCIM JSON in one
plain sentence, no body with 204. Tests then look only at what they are about.
"""

import http.client
import json
import re
import socket
import ssl
import urllib.parse

import requests

from okta_client import patch, user_profile
from okta_wire import URN_GROUP, Answer, need, quote

MEDIA = "application/scim+json"
INTERNALS = re.compile(r"SELECT |INSERT |UPDATE |DELETE FROM|scim_(resource|value|member)|SQL"
                       r"|sqlite|mysql|MariaDB|errno|0x[0-9a-f]{4}|\.c:\d|<html|<h1|AH\d{5}"
                       r"|/tmp/")


def check_sentence(detail):
    """`detail` is what an admin reads: one line, a sentence, nothing of our insides."""
    need(len(detail) <= 500, "detail is longer than a sentence: %d characters" % len(detail))
    need("\n" not in detail and "\r" not in detail, "detail has more than one line")
    need(detail[0].isupper() or not detail[0].isalpha() or " " in detail, "no sentence: " + detail)
    need(detail.endswith("."), "detail is no sentence: %r" % detail)
    need(not INTERNALS.search(detail), "detail tells of insides: %r" % detail)


def check_answer(answer):
    """What holds for every answer under a SCIM path."""
    if answer.status >= 400:
        if answer.method != "HEAD":
            body = answer.error(answer.status)
            check_sentence(body["detail"])
        if answer.status == 401:
            need(answer.headers.get("WWW-Authenticate"), "401 without WWW-Authenticate")
        if answer.status == 405:
            need(answer.headers.get("Allow"), "405 without Allow")
        if answer.status in (429, 503):
            need(re.fullmatch(r"[1-9]\d*", answer.headers.get("Retry-After", "")),
                 "%d without Retry-After in whole seconds" % answer.status)
    if answer.status in (204, 304):
        need(not answer.raw, "%d with a body" % answer.status)
    elif answer.method != "HEAD":
        need(answer.headers.get("Content-Type") == MEDIA,
             "Content-Type %r" % answer.headers.get("Content-Type"))
        need(isinstance(answer.json, dict), "a body that is not a JSON object")
    return answer


class Scim:
    """Requests of one tenant. `fresh`: a new connection for every request."""

    def __init__(self, base, token, ca=None, fresh=False):
        self.base = base.rstrip("/")
        self.token = token
        self.fresh = fresh
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = ca if ca else True
        self.session.headers.update({"Accept": MEDIA})
        if token:
            self.session.headers["Authorization"] = "Bearer " + token
        if fresh:
            self.session.headers["Connection"] = "close"

    def request(self, method, path, body=None, raw=None, headers=None, timeout=60):
        """One request, checked by check_answer(). `body` is sent as JSON, `raw` as it is.

        The path goes out as it is given: no normalising, so that `%2F` stays.
        """
        extra = dict(headers or {})
        data = raw
        if body is not None:
            data = json.dumps(body, ensure_ascii=False).encode("utf-8")
        if data is not None:
            extra.setdefault("Content-Type", MEDIA)
        prepared = self.session.prepare_request(
            requests.Request(method, self.base, data=data, headers=extra))
        prepared.url = self.base + path
        got = self.session.send(prepared, timeout=timeout, allow_redirects=False,
                                verify=self.session.verify)
        length = got.headers.get("Content-Length")
        if method != "HEAD" and "Content-Encoding" not in got.headers and length is not None \
                and len(got.content) < int(length):
            raise requests.ConnectionError("the answer ended early")
        return check_answer(Answer(method, path, got.status_code, got.headers, got.content))

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.request("POST", path, body, **more)

    def put(self, path, body=None, **more):
        return self.request("PUT", path, body, **more)

    def patch(self, path, *operations, **more):
        return self.request("PATCH", path, patch(*operations), **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)

    # ---- short cuts ----

    def add_user(self, name, **more):
        """Create a user "name@example.com"; the answer's body."""
        profile = user_profile(name + "@example.com", name.capitalize(), "Example", "ext-" + name)
        profile.update(more)
        return self.post("/Users", profile).user(201)

    def add_group(self, name, members=()):
        body = {"schemas": [URN_GROUP], "displayName": name,
                "members": [{"value": m} for m in members]}
        return self.post("/Groups", body).group(201)

    def list(self, endpoint, query=""):
        return self.get("/%s%s" % (endpoint, "?" + query if query else "")).list()

    def find(self, endpoint, text, more=""):
        """The resources that a filter gives."""
        query = "filter=" + quote(text) + (("&" + more) if more else "")
        return self.list(endpoint, query)["Resources"]

    def all(self, endpoint, count=200, query=""):
        """Every resource, page by page; fails if a page is empty before the end."""
        rows = []
        while True:
            page = self.list(endpoint, "startIndex=%d&count=%d%s" % (
                len(rows) + 1, count, "&" + query if query else ""))
            rows += page["Resources"]
            if len(rows) >= page["totalResults"]:
                assert len(rows) == page["totalResults"]
                return rows
            assert page["Resources"], "an empty page before the end"

    def close(self):
        self.session.close()


class RawConnection:
    """A socket to a base URL, for requests that no library sends."""

    def __init__(self, base, token=None, timeout=60, ca=None):
        url = urllib.parse.urlsplit(base)
        self.prefix = url.path
        self.token = token
        self.host = "%s:%d" % (url.hostname, url.port)
        self.sock = socket.create_connection((url.hostname, url.port), timeout)
        if url.scheme == "https":
            context = ssl.create_default_context(cafile=ca)
            self.sock = context.wrap_socket(self.sock, server_hostname=url.hostname)

    def send(self, data):
        self.sock.sendall(data)

    def head(self, method, path, *headers, version="HTTP/1.1"):
        """Send a request line and headers: Host, credentials, then the given lines."""
        lines = ["%s %s%s %s" % (method, self.prefix, path, version), "Host: " + self.host]
        if self.token:
            lines.append("Authorization: Bearer " + self.token)
        self.send("\r\n".join(lines + list(headers) + ["", ""]).encode("latin-1"))

    def answer(self, method="GET", check=True):
        got = http.client.HTTPResponse(self.sock, method=method)
        got.begin()
        headers = requests.structures.CaseInsensitiveDict(got.getheaders())
        answer = Answer(method, "(raw)", got.status, headers, got.read())
        return check_answer(answer) if check else answer

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

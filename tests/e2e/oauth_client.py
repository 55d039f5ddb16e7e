# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""An OAuth 2.0 client and the browser of the admin who gives it access, for tests.

Every answer is held to what is true of all: JSON or a page as the endpoint has it, that nobody may
keep it, errors of RFC 6749 in one plain sentence, pages that nobody can frame or add to.
"""

import base64
import hashlib
import html.parser
import http.client
import json
import re
import urllib.parse

import requests

import conf
import conf_oauth
from okta_wire import need
from scim_http import check_sentence

REDIRECT = "https://system-admin.okta.com/admin/app/cpc/example/oauth/callback"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ERRORS = {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client",
          "unsupported_grant_type", "invalid_scope", "unsupported_response_type", "access_denied",
          "server_error", "temporarily_unavailable"}


class Form(html.parser.HTMLParser):
    """What a browser makes of the consent page."""

    def __init__(self, text):
        super().__init__()
        self.fields = {}
        self.buttons = []
        self.forms = 0
        self.tags = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        got = dict(attrs)
        self.tags.add(tag)
        if tag == "form":
            self.forms += 1
            need(got.get("method") == "post", "the form is not posted")
            need("action" not in got, "the form leaves the page's own URL")
        if tag == "input":
            self.fields[got["name"]] = got["value"]
        if tag == "button":
            self.buttons.append((got["name"], got["value"]))

    def handle_data(self, data):
        self.text += data


def check_headers(answer):
    need(answer.headers.get("Cache-Control") == "no-store", "an answer that may be kept")
    need("Set-Cookie" not in answer.headers, "a cookie")
    if answer.status_code == 405:
        need(answer.headers.get("Allow"), "405 without Allow")
    if answer.status_code == 401:
        need(answer.headers.get("WWW-Authenticate"), "401 without WWW-Authenticate")


def check_json(answer):
    check_headers(answer)
    need(answer.headers["Content-Type"] == "application/json", "no JSON")
    need(answer.headers.get("Pragma") == "no-cache", "no Pragma")
    body = json.loads(answer.content.decode("utf-8"))
    if answer.status_code >= 400:
        need(set(body) == {"error", "error_description"}, "members %r" % sorted(body))
        need(body["error"] in ERRORS, "error %r" % body["error"])
        need(re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", body["error_description"]),
             "error_description has characters it may not have")
        check_sentence(body["error_description"])
    return body


def check_page(answer):
    check_headers(answer)
    need(answer.headers["Content-Type"] == "text/html; charset=utf-8", "no page")
    policy = answer.headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
        need(part in policy, "the policy lacks " + part)
    need(answer.headers["X-Frame-Options"] == "DENY", "can be framed")
    need(answer.headers["Referrer-Policy"] == "no-referrer", "tells where it was")
    need(answer.headers["X-Content-Type-Options"] == "nosniff", "may be sniffed")
    need("Location" not in answer.headers, "a page that leads elsewhere")
    text = answer.content.decode("utf-8")
    page = Form(text)
    need("script" not in page.tags, "a script")
    need('<html lang="en">' in text and "<title>" in text and "<h1>" in text, "no proper page")
    return page


def challenge_of(verifier):
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


class Client:
    """A registered client and the place where it gets its tokens."""

    def __init__(self, env, base, tenant, redirects=(REDIRECT,), auth="secret", jwks=None,
                 jwks_uri=None, name="An application", number=[0]):
        number[0] += 1
        self.env = env
        self.base = base
        self.tenant = tenant
        self.id = "client-%d" % number[0]
        self.secret = "sec-%d-%s" % (number[0], hashlib.sha256(self.id.encode()).hexdigest())
        self.redirect = redirects[0] if redirects else None
        self.session = requests.Session()
        self.session.trust_env = False
        self.fresh = False
        def text(value):
            return "NULL" if value is None else "'%s'" % value.replace("'", "''")
        env.db.execute(
            "INSERT INTO scim_client (id, tenant, name, secret, auth, redirects, jwks, jwks_uri, "
            "created) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 1)" % (
                text(self.id), text(tenant), text(name),
                text(conf.token_hash(self.secret) if auth == "secret" else None), text(auth),
                text("\n".join(redirects)), text(jwks), text(jwks_uri)))

    # ---- the browser ----

    def url(self, query):
        return self.base + "/authorize" + ("?" + query if query else "")

    def query(self, **more):
        """The query of an authorization request. A value None leaves its parameter out."""
        fields = {"response_type": "code", "client_id": self.id, "redirect_uri": self.redirect,
                  "state": "st-1"}
        fields.update(more)
        return urllib.parse.urlencode({k: v for k, v in fields.items() if v is not None})

    def browse(self, method, query, user="admin", data=None, headers=None):
        """A request of the admin's browser, which stays where it is. The URL goes out as it is."""
        prepared = requests.Request(
            method, self.base, data=data, headers=headers,
            auth=(user.encode(), conf_oauth.admin_password(user).encode()) if user else None).prepare()
        where = urllib.parse.urlsplit(self.url(query))
        # Libraries above this one write escapes in capitals.
        raw = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
        raw.request(method, where.path + "?" + query, prepared.body, dict(prepared.headers))
        got = raw.getresponse()
        answer = requests.Response()
        answer.status_code = got.status
        answer.headers = requests.structures.CaseInsensitiveDict(got.getheaders())
        answer._content = got.read()  # pylint: disable=protected-access
        raw.close()
        return answer

    def page(self, query=None, user="admin"):
        """The consent page."""
        answer = self.browse("GET", self.query() if query is None else query, user)
        assert answer.status_code == 200, answer.text
        page = check_page(answer)
        assert page.forms == 1 and set(page.fields) == {"seal"}
        return page

    def decide(self, decision="allow", query=None, user="admin", **fields):
        """Read the page and press a button; the answer."""
        query = self.query() if query is None else query
        data = dict(self.page(query, user).fields, decision=decision)
        data.update(fields)
        return self.browse("POST", query, user, data)

    def consent(self, query=None, user="admin"):
        """Give access. @return (code, whole query of the redirect)"""
        answer = self.decide(query=query, user=user)
        assert answer.status_code == 303, answer.text
        check_headers(answer)
        where, _, text = answer.headers["Location"].partition("?")
        assert where == self.redirect.partition("?")[0]
        return dict(urllib.parse.parse_qsl(text, strict_parsing=True))["code"], text

    # ---- the client's own requests ----

    def post(self, endpoint, fields=None, how="body", raw=None, headers=None):
        """POST a form, with the client's credentials as `how` says; None: without any."""
        data = {k: v for k, v in (fields or {}).items() if v is not None}
        auth = None
        if how == "body":
            data = {"client_id": self.id, "client_secret": self.secret, **data}
        elif how == "basic":
            auth = (self.id, self.secret)
        return self.session.post(self.base + endpoint, data=data if raw is None else raw,
                                 auth=auth, headers=headers, timeout=60, allow_redirects=False)

    def token(self, how="body", **fields):
        """The answer of the token endpoint: its body."""
        answer = self.post("/token", fields, how)
        body = check_json(answer)
        if answer.status_code != 200:
            return answer.status_code, body["error"]
        assert body["token_type"] == "Bearer" and body["scope"] == "scim"
        assert set(body) <= {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
        return body

    def redeem(self, code, how="body", **more):
        return self.token(how, **{"grant_type": "authorization_code", "code": code,
                                  "redirect_uri": self.redirect, **more})

    def refresh(self, token, how="body", **more):
        return self.token(how, grant_type="refresh_token", refresh_token=token, **more)

    def tokens(self, user="admin"):
        """Consent and redeem: the tokens."""
        code, _ = self.consent(user=user)
        got = self.redeem(code)
        assert "access_token" in got, got
        return got

    def revoke(self, token, how="body", **more):
        return self.post("/revoke", {"token": token, **more}, how)

    def close(self):
        """Those of every tenant would stay in other tests' lists."""
        if self.tenant == "*":
            self.env.db.execute("DELETE FROM scim_client WHERE id = '%s'" % self.id)
        self.session.close()


def of_tenant(env, tenant, **more):
    """A client of a tenant's own authorization server."""
    return Client(env, env.base("oauth", "/t/%s/oauth" % tenant.name), more.pop("belongs", tenant.name),
                  **more)


def opens(tenant, token):
    """Whether SCIM lets an access token in."""
    status = tenant.scim(token=token).get("/Users?startIndex=1&count=2").status
    assert status in (200, 401), status
    return status == 200

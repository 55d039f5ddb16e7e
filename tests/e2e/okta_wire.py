# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Okta's SCIM client on the wire: what it sends, and how it reads an answer.

Everything that is not Okta's business (ETags, other clients' shapes) is left out on purpose.
"""

import json
import re
import urllib.parse

import requests

URN_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
URN_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
URN_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
URN_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
URN_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
URN_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

# Okta closes the socket after this many seconds.
PATIENCE = 60


class Problem(Exception):
    """An answer that makes Okta's task fail, in words an admin would read."""


def need(condition, text):
    """Fail with `text` unless the condition holds."""
    if not condition:
        raise Problem(text)


def strict_json(raw):
    """Parse as Okta's reader does: UTF-8, one document, and no key twice in an object."""
    def once(pairs):
        keys = [key for key, _ in pairs]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError("duplicate keys " + ", ".join(twice))
        return dict(pairs)
    return json.loads(raw.decode("utf-8"), object_pairs_hook=once)


def quote(text, plus=False):
    """Encode a query value as Okta does now (%20), or as it did before 2019 (+)."""
    return urllib.parse.quote_plus(text) if plus else urllib.parse.quote(text, safe="")


def filter_query(text, plus=False):
    """Query string of a lookup: the filter first, then the page."""
    return "filter=%s&startIndex=1&count=100" % quote(text, plus)


class Answer:
    """One response, read completely."""

    def __init__(self, method, path, status, headers, raw):
        self.method = method
        self.path = path
        self.status = status
        self.headers = headers
        self.raw = raw

    @property
    def media_type(self):
        return self.headers.get("Content-Type", "").split(";")[0].strip().lower()

    @property
    def json(self):
        """The body as a JSON value; a Problem if it is none."""
        need(self.raw, "an empty body where Okta reads JSON")
        try:
            return strict_json(self.raw)
        except (UnicodeDecodeError, ValueError) as err:
            raise Problem("Errors reported by remote server: Invalid JSON: %s" % err) from err

    def must_be(self, *statuses):
        """Fail with the server's own text unless the status is one of these."""
        if self.status not in statuses:
            raise Problem("status %d instead of %s. Errors reported by remote server: %s" % (
                self.status, " or ".join(str(s) for s in statuses), self.detail()))
        return self

    def detail(self):
        try:
            return strict_json(self.raw).get("detail", "(no detail)")
        except (ValueError, AttributeError, UnicodeDecodeError):
            return "(no SCIM error) %r" % self.raw[:120]

    def error(self, status, scim_type=None):
        """The answer as a SCIM error with this status (RFC 7644 section 3.12)."""
        self.must_be(status)
        need(self.media_type == "application/scim+json",
             "an error of type %r, not application/scim+json" % self.media_type)
        body = self.json
        need(isinstance(body, dict) and body.get("schemas") == [URN_ERROR],
             "an error body without the Error schema: %r" % self.raw[:200])
        need(body.get("status") == str(status),
             "status %r in an error body of status %d" % (body.get("status"), status))
        detail = body.get("detail")
        need(isinstance(detail, str) and detail.strip(), "an error without detail")
        if scim_type is not None:
            need(body.get("scimType") == scim_type,
                 "scimType %r instead of %r: %s" % (body.get("scimType"), scim_type, detail))
        return body

    def list(self):
        """The answer as a ListResponse; numbers must be numbers (strings fail silently in Okta)."""
        self.must_be(200)
        body = self.json
        need(isinstance(body, dict) and URN_LIST in body.get("schemas", []),
             "a list without the ListResponse schema")
        for name in ("totalResults", "startIndex", "itemsPerPage"):
            need(type(body.get(name)) is int, "%s is %r, not a number" % (name, body.get(name)))
        rows = body.get("Resources", [])
        need(isinstance(rows, list), "Resources is not an array")
        need(body["itemsPerPage"] == len(rows), "itemsPerPage is %d for %d resources" % (
            body["itemsPerPage"], len(rows)))
        need(body["totalResults"] >= len(rows), "totalResults is less than what was returned")
        body["Resources"] = rows
        return body

    def user(self, *statuses):
        """The answer as a complete user, with what Okta needs to keep its link."""
        self.must_be(*(statuses or (200,)))
        need(self.raw, "Create new user returned empty user.")
        return check_user(self.json)

    def group(self, *statuses):
        self.must_be(*(statuses or (200,)))
        return check_group(self.json)


def check_user(user):
    """Fail unless the resource has what Okta's import and SPEC suite look for in a user."""
    need(isinstance(user, dict), "a user that is not a JSON object")
    need(URN_USER in user.get("schemas", []), "a user without the User schema")
    need(isinstance(user.get("id"), str) and user["id"], "a user without an id")
    need("bulkid" not in user["id"].lower(), "an id with bulkId in it")
    need(isinstance(user.get("userName"), str) and user["userName"], "a user without userName")
    need(type(user.get("active")) is bool, "active is %r, not a boolean" % (user.get("active"),))
    need("password" not in user, "a password in an answer")
    need(user.get("meta", {}).get("resourceType") == "User", "meta.resourceType is not User")
    return user


def check_group(group):
    need(isinstance(group, dict), "a group that is not a JSON object")
    need(URN_GROUP in group.get("schemas", []), "a group without the Group schema")
    need(isinstance(group.get("id"), str) and group["id"], "a group without an id")
    need(isinstance(group.get("displayName"), str), "a group without displayName")
    need(group.get("meta", {}).get("resourceType") == "Group", "meta.resourceType is not Group")
    return group


def member_ids(group):
    """Ids of a group's members; a member twice is a Problem."""
    ids = [member["value"] for member in group.get("members") or []]
    need(len(ids) == len(set(ids)), "a member twice in a group")
    return set(ids)


def check_echo(sent, got):
    """Fail unless every attribute came back as it was sent; Okta compares them at import."""
    for name, value in sent.items():
        if name in ("schemas", "id", "meta", "groups", "password"):
            continue
        need(got.get(name) == value, "%s was changed or lost by the server" % name)


class Wire:
    """Sends requests with Okta's headers, one connection kept alive as Okta does."""

    def __init__(self, base, token, ca=None):
        self.base = base.rstrip("/")
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy and no .netrc of the machine
        self.session.verify = ca if ca else True
        self.session.headers.clear()
        self.session.headers.update({
            "Accept": "application/scim+json",
            "Accept-Charset": "utf-8",
            "Accept-Encoding": "gzip,deflate",
            "Authorization": "Bearer " + token,
            "Connection": "Keep-Alive",
            "User-Agent": "Okta SCIM Client 1.0.0",
        })
        adapter = requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=16)
        self.session.mount("http://", adapter)
        self.session.mount("https://", adapter)

    def send(self, method, path, body=None, headers=None):
        """One request. `path` is what follows the base URL, already encoded; a body is an object.

        Content-Type goes out only with a body, like Okta.
        """
        extra = dict(headers or {})
        data = None
        if body is not None:
            data = json.dumps(body, ensure_ascii=False).encode("utf-8")
            extra.setdefault("Content-Type", "application/scim+json; charset=utf-8")
        try:
            got = self.session.request(method, self.base + path, data=data, headers=extra,
                                       timeout=PATIENCE, allow_redirects=False)
        except requests.RequestException as err:
            raise Problem("no answer: %s" % err) from err
        return Answer(method, path, got.status_code, got.headers, got.content)

    def close(self):
        self.session.close()


_ID = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-([0-9a-f]{4})[0-9a-f]{8}\b")


def short_path(path, width=58):
    """A path for people: filters decoded, ids cut, at most `width` characters."""
    text = _ID.sub(r"\1..\2", urllib.parse.unquote(path))
    return text if len(text) <= width else text[:width - 3] + "..."


def transcript(answer, meaning, problem=None, out=print):
    """The one line of a request."""
    verdict = "NOT OK" if problem else "ok"
    out("%-6s %-58s %3s  %-6s %s" % (answer.method, short_path(answer.path), answer.status or "-",
                                     verdict, problem or meaning))

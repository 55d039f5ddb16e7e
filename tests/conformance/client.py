# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""A SCIM client whose every answer goes through the strict validator."""

import json

from okta_wire import URN_USER, need, quote
from scim_http import Scim
from validator import Exchange, Validator


class Checked(Scim):
    """As Scim; an answer that the validator finds fault with is a Problem."""

    def __init__(self, base, token, **more):
        super().__init__(base, token, **more)
        self.validator = Validator(self.base, [], [])
        self.learn()

    def learn(self):
        """Read what the tenant publishes; these two lists are validated as well."""
        self.schemas = {s["id"]: s for s in self.list("Schemas")["Resources"]}
        self.types = {t["name"]: t for t in self.list("ResourceTypes")["Resources"]}
        self.validator = Validator(self.base, self.schemas.values(), self.types.values())

    def request(self, method, path, body=None, raw=None, headers=None, timeout=60):
        answer = super().request(method, path, body, raw, headers, timeout)
        sent = body
        if raw is not None:
            try:
                sent = json.loads(raw)
            except ValueError:
                sent = None
        problems = self.validator.check(Exchange(
            method, path, answer.status, answer.headers, answer.raw, sent))
        need(not problems, "%s %s answered %d with\n    %s\n%r" % (
            method, path, answer.status, "\n    ".join(problems), answer.raw[:2000]))
        return answer

    def search(self, endpoint, text, **more):
        """The ids that a filter gives, in order."""
        query = "".join("&%s=%s" % (k, quote(str(v))) for k, v in more.items())
        return [r["id"] for r in self.list(endpoint, "filter=" + quote(text) + query)["Resources"]]

    def user(self, name, /, **more):
        """Create a user of no more than a userName and what is given; the answer's body."""
        body = {"schemas": [URN_USER], "userName": name}
        body.update(more)
        return self.post("/Users", body).user(201)

    def read(self, resource):
        """A resource, read again."""
        kind = self.types[resource["meta"]["resourceType"]]
        return self.get("%s/%s" % (kind["endpoint"], resource["id"])).must_be(200).json

    def path(self, resource):
        kind = self.types[resource["meta"]["resourceType"]]
        return "%s/%s" % (kind["endpoint"], resource["id"])


def checked(tenant):
    """A validating client of a tenant, closed with it."""
    client = Checked(tenant.base, tenant.token, ca=tenant.ca)
    tenant.clients.append(client)
    return client

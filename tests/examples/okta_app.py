# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""What an Okta app sends whose attribute mappings were reduced to what the product names."""

import json
import uuid

from okta_wire import URN_USER

EXTENSION = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def login(name, domain):
    """A login that no other test has."""
    return "%s.%s@%s" % (name, uuid.uuid4().hex[:8], domain)


def profile(user_name, given="Ada", family="Lovelace", **more):
    """A create body; an attribute that is None is left out."""
    body = {"schemas": [URN_USER], "userName": user_name,
            "name": {"givenName": given, "familyName": family},
            "emails": [{"primary": True, "value": user_name, "type": "work"}],
            "externalId": "00u" + uuid.uuid4().hex[:12], "active": True}
    body.update(more)
    return {name: value for name, value in body.items() if value is not None}


def new_token(example, tenant, *options):
    """Make a token as an administrator does. @return (secret, public id)"""
    made = json.loads(example.scimctl("token", "create", "--tenant", tenant, "--label", "okta",
                                      "--json", *options))
    return made["token"], made["id"]


def deactivate(scim, user_id):
    """As an app of Okta's catalogue does it."""
    return scim.patch("/Users/" + user_id, {"op": "replace", "value": {"active": False}})


def reactivate(scim, user_id):
    return scim.patch("/Users/" + user_id, {"op": "replace", "value": {"active": True}})

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""conf/examples/haiilo-directory.conf behaves like Haiilo's user directory: the rows H12 to H15."""

import json
import uuid

import pytest
import requests

from okta_app import deactivate, login, profile
from okta_wire import URN_GROUP

USER_FIELDS = "urn:example:scim:schemas:extension:haiilo:1.0:User"
GROUP_FIELDS = "urn:example:scim:schemas:extension:haiilo:1.0:Group"


@pytest.fixture
def example(serve):
    return serve("haiilo-directory")


@pytest.fixture
def directory(example):
    """A function that makes a directory and its API client. @return (name, client id, secret)"""
    def make():
        name = "dir-" + uuid.uuid4().hex[:8]
        example.scimctl("tenant", "create", name)
        made = json.loads(example.scimctl("client", "create", "--tenant", name, "--name", "okta",
                                          "--json"))
        return name, made["id"], made["secret"]
    return make


def ask_token(example, name, client_id, secret, basic=True, **more):
    form = {"grant_type": "client_credentials", "scope": "scim", **more}
    if not basic:
        form.update(client_id=client_id, client_secret=secret)
    return requests.post(example.url("/api/oauth/%s/token" % name), data=form, verify=example.ca,
                         timeout=60, auth=(client_id, secret) if basic else None)


@pytest.fixture
def scim(example, directory):
    answer = ask_token(example, *directory()).json()
    return example.tenant("/api/scim/v2", answer["access_token"]).scim()


@pytest.mark.parametrize("basic", [True, False])
def test_h12_a_client_gets_a_token(example, directory, basic):
    name, client_id, secret = directory()
    answer = ask_token(example, name, client_id, secret, basic)
    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "Bearer" and answer.json()["expires_in"] > 0
    scim = example.tenant("/api/scim/v2", answer.json()["access_token"]).scim()
    assert scim.list("Users")["totalResults"] == 0
    assert ask_token(example, name, client_id, secret + "x", basic).status_code == 401


def test_h12_directories_on_one_host_see_nothing_of_each_other(example, directory):
    one, two = [example.tenant("/api/scim/v2", ask_token(example, *directory()).json()
                               ["access_token"]).scim() for _ in range(2)]
    user = one.post("/Users", profile(login("h12", "haiilo.example"))).user(201)
    assert two.get("/Users/" + user["id"]).status == 404
    assert two.list("Users")["totalResults"] == 0


def test_h13_only_user_name_is_needed_and_profile_fields_are_kept(scim):
    name = login("h13", "haiilo.example")
    user = scim.post("/Users", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                                "userName": name}).user(201)
    user = scim.put("/Users/" + user["id"], {
        **user, USER_FIELDS: {"profileField_department": "Sales", "profileField_shoe": "43"}}).user()
    assert user[USER_FIELDS] == {"profileField_department": "Sales"}
    scim.post("/Users", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}).error(
        400, "invalidValue")


def test_h14_groups_with_members_and_a_description(scim):
    user = scim.post("/Users", profile(login("h14", "haiilo.example"))).user(201)
    group = scim.post("/Groups", {
        "schemas": [URN_GROUP, GROUP_FIELDS, "urn:example:unknown:Group"], "displayName": "Writers",
        "members": [{"value": user["id"]}], GROUP_FIELDS: {"description": "Who write"}}).group(201)
    assert group[GROUP_FIELDS] == {"description": "Who write"}
    assert [m["value"] for m in group["members"]] == [user["id"]]


def test_h15_deactivate_is_what_the_directory_says(scim):
    """Here: deactivate. "delete" is what haiilo.conf says, see test_h2."""
    user = scim.post("/Users", profile(login("h15", "haiilo.example"))).user(201)
    assert deactivate(scim, user["id"]).user()["name"] == user["name"]

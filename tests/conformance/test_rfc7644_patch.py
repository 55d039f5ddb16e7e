# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""RFC 7644 section 3.5.2: PATCH. That it is so for every attribute, test_patch_all.py shows."""

import time

import pytest

from okta_wire import URN_ENTERPRISE, URN_PATCH, URN_USER, member_ids

WORK = {"value": "w@example.com", "type": "work", "primary": True}
HOME = {"value": "h@example.com", "type": "home"}
OTHER = {"value": "o@example.com", "type": "other"}


@pytest.fixture
def user(scim):
    return scim.user("u", title="Old", name={"givenName": "G", "familyName": "F"},
                     emails=[dict(WORK), dict(HOME)])


@pytest.fixture
def apply(scim, user):
    """PATCH the user; the answer, once a GET has shown the same."""
    def run(*operations):
        got = scim.patch(scim.path(user), *operations).user(200)
        assert scim.read(user) == got
        return got
    return run


@pytest.fixture
def refused(scim, user):
    """PATCH the user; the error, once a GET has shown that nothing changed."""
    def run(operations, scim_type, status=400):
        body = operations
        if isinstance(operations, list):
            body = {"schemas": [URN_PATCH], "Operations": operations}
        error = scim.request("PATCH", scim.path(user), body).error(status, scim_type)
        assert scim.read(user) == user
        return error
    return run


# ---- 3.5.2 Modifying with PATCH ----

@pytest.mark.parametrize("schemas", [..., [], None, "x", [URN_USER], [5]])
def test_7644_3_5_2__1_the_body_has_the_patchop_schema(refused, schemas):
    """A PATCH body has the PatchOp schema."""
    body = {"schemas": schemas, "Operations": [{"op": "add", "path": "title", "value": "x"}]}
    if schemas is ...:
        del body["schemas"]
    refused(body, "invalidSyntax")


@pytest.mark.parametrize("operations", [..., [], None, {}, "x", 5])
def test_7644_3_5_2__2_the_body_has_operations(refused, operations):
    """A PATCH body has an array of one or more Operations."""
    body = {"schemas": [URN_PATCH], "Operations": operations}
    if operations is ...:
        del body["Operations"]
    refused(body, "invalidSyntax")


@pytest.mark.parametrize("op", [..., None, "", "move", "test", "copy", 5, ["add"]])
def test_7644_3_5_2__3_each_operation_has_one_op(refused, op):
    """Each operation has one op: add, remove or replace."""
    operation = {"op": op, "path": "title", "value": "x"}
    if op is ...:
        del operation["op"]
    refused([operation], "invalidSyntax")


@pytest.mark.parametrize("path", [..., None])
def test_7644_3_5_2__4_remove_needs_a_path(refused, path):
    """path is required for remove."""
    operation = {"op": "remove", "path": path}
    if path is ...:
        del operation["path"]
    refused([operation], "noTarget")


@pytest.mark.parametrize("path", [
    "emails[", 'emails[type eq "work"', "emails]", "emails.", ".value", "title title", "1x", 5, [],
    'emails[type eq "work"]value', "name.givenName.x", "nosuch", "emails.nosuch", "urn:x:title",
    'emails[type eq "work"].nosuch', "emails[0]", "/title"])
def test_7644_3_5_2__5_paths_follow_the_abnf(refused, path):
    """A path is attrPath or valuePath[subAttr] and leads to an attribute, else invalidPath."""
    error = refused([{"op": "replace", "path": path, "value": "x"}], None)
    assert error["scimType"] in ("invalidPath", "invalidFilter"), error


@pytest.mark.parametrize("op", ["add", "replace", "remove"])
@pytest.mark.parametrize("path", ["id", "meta", "meta.created", "groups", "groups.value"])
def test_7644_3_5_2__6_read_only_cannot_be_modified(refused, op, path):
    """An operation on a readOnly attribute is 400 mutability."""
    refused([{"op": op, "path": path, "value": "x"}], "mutability")


def test_7644_3_5_2__7_immutable_may_be_added_where_it_is_not(scim):
    """A value may be added to an immutable attribute that has none: a member's, with the member."""
    user = scim.user("m")
    group = scim.add_group("G")
    scim.patch(scim.path(group), {"op": "add", "path": "members", "value": [
        {"value": user["id"], "type": "User"}]}).must_be(200, 204)
    assert [(m["value"], m["type"]) for m in scim.read(group)["members"]] == [(user["id"], "User")]


@pytest.mark.parametrize("path,value", [
    ("title", 5), ("title", ["x"]), ("title", {"x": "y"}), ("active", "maybe"), ("active", 1),
    ("name", "x"), ("name", 5), ("emails", 5), ("emails", [5]), ("name.givenName", {}),
    ('emails[type eq "work"].primary', "x"), ("x509Certificates", [{"value": "*"}])])
def test_7644_3_5_2__8_values_follow_the_schema(scim, user, refused, path, value):
    """A value that does not fit the attribute's schema is 400 invalidValue."""
    if value == {}:  # no value: the same as null
        scim.patch(scim.path(user), {"op": "replace", "path": path, "value": value}).must_be(200)
        return
    for op in ("add", "replace"):
        refused([{"op": op, "path": path, "value": value}], "invalidValue")


def test_7644_3_5_2__9_a_qualified_name_adds_its_schema(apply):
    """Adding an attribute by its URN adds its schema to `schemas`, removing the last takes it."""
    path = URN_ENTERPRISE + ":employeeNumber"
    got = apply({"op": "add", "path": path, "value": "1"})
    assert got["schemas"] == [URN_USER, URN_ENTERPRISE]
    assert got[URN_ENTERPRISE] == {"employeeNumber": "1"}
    assert apply({"op": "remove", "path": path})["schemas"] == [URN_USER]


def test_7644_3_5_2__10_operations_on_schemas(apply):
    """An operation on `schemas` is accepted; `schemas` still says what is in use."""
    got = apply({"op": "add", "path": "schemas", "value": [URN_ENTERPRISE]},
                {"op": "add", "value": {URN_ENTERPRISE: {"department": "D"}}})
    assert got["schemas"] == [URN_USER, URN_ENTERPRISE]
    got = apply({"op": "replace", "path": "schemas", "value": [URN_USER]},
                {"op": "remove", "path": URN_ENTERPRISE})
    assert got["schemas"] == [URN_USER]


def test_7644_3_5_2__11_operations_happen_in_order(apply):
    """Each operation applies to what the one before it left."""
    got = apply({"op": "remove", "path": "emails"},
                {"op": "add", "path": "emails", "value": [OTHER]},
                {"op": "replace", "path": 'emails[type eq "other"].value',
                 "value": "x@example.com"},
                {"op": "add", "path": "title", "value": "1"}, {"op": "remove", "path": "title"})
    assert got["emails"] == [dict(OTHER, value="x@example.com")] and "title" not in got


@pytest.mark.parametrize("operation", [
    {"op": "add", "path": "emails", "value": [dict(OTHER, primary=True)]},
    {"op": "add", "value": {"emails": [dict(OTHER, primary=True)]}},
    {"op": "replace", "path": 'emails[type eq "home"].primary', "value": True},
    {"op": "add", "path": 'emails[type eq "home"]', "value": {"primary": True}}])
def test_7644_3_5_2__12_a_new_primary_unseats_the_old(apply, operation):
    """A value that becomes primary makes all others not primary."""
    emails = apply(operation)["emails"]
    assert [e["type"] for e in emails if e.get("primary")] in (["other"], ["home"])
    assert emails[0]["type"] == "work" and emails[0]["primary"] is False


@pytest.mark.parametrize("bad,scim_type", [
    ({"op": "replace", "path": "nosuch", "value": "x"}, "invalidPath"),
    ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
    ({"op": "replace", "path": "active", "value": "x"}, "invalidValue"),
    ({"op": "replace", "path": 'emails[type eq "x"].value', "value": "x"}, "noTarget"),
    ({"op": "remove"}, "noTarget"), ({"op": "remove", "path": "userName"}, "mutability")])
def test_7644_3_5_2__13_all_or_nothing(refused, bad, scim_type):
    """A PATCH is atomic: one bad operation undoes all."""
    good = [{"op": "replace", "path": "title", "value": "New"}, {"op": "remove", "path": "emails"}]
    refused(good + [bad], scim_type)
    refused([bad] + good, scim_type)


def test_7644_3_5_2__14_a_failure_has_status_and_detail(refused):
    """A failed PATCH has a status and a JSON error with a sentence for people."""
    error = refused([{"op": "replace", "path": "active", "value": "x"}], "invalidValue")
    assert error["status"] == "400" and "active" in error["detail"]


def test_7644_3_5_2__15_success_is_200_with_all_or_204(scim, user, flavour):
    """Success is 200 with the entire resource, or 204: of a large group."""
    answer = scim.patch(scim.path(user), {"op": "add", "path": "nickName", "value": "N"})
    assert answer.must_be(200).json == scim.read(user)
    few = flavour("small_groups")
    ids = [few.user("m%d" % i)["id"] for i in range(4)]
    group = few.add_group("G")
    answer = few.patch(few.path(group), {"op": "add", "path": "members",
                                         "value": [{"value": i} for i in ids]})
    assert answer.must_be(204).raw == b""
    assert answer.headers["Location"] == group["meta"]["location"]
    assert member_ids(few.read(group)) == set(ids)


def test_7644_3_5_2__16_attributes_ask_for_an_answer(flavour):
    """With `attributes` the answer is 200 with them, whatever the size."""
    scim = flavour("small_groups")
    ids = [scim.user("m%d" % i)["id"] for i in range(4)]
    group = scim.add_group("G")
    answer = scim.patch(scim.path(group) + "?attributes=displayName", {
        "op": "add", "path": "members", "value": [{"value": i} for i in ids]})
    assert set(answer.must_be(200).json) == {"schemas", "id", "displayName"}


# ---- 3.5.2.1 Add ----

@pytest.mark.parametrize("path", [..., "title", "emails", "name", 'emails[type eq "work"].value'])
def test_7644_3_5_2_1__1_add_needs_a_value(refused, path):
    """add without a value is refused."""
    operation = {"op": "add", "path": path}
    if path is ...:
        del operation["path"]
    refused([operation], "invalidValue")


def test_7644_3_5_2_1__2_without_path_the_value_is_a_set_of_attributes(apply):
    """add without path adds each attribute of the value."""
    got = apply({"op": "add", "value": {"emails": [OTHER], "nickname": "N", "title": "New",
                                        "name": {"middleName": "M"}}})
    assert got["emails"] == [WORK, HOME, OTHER] and got["nickName"] == "N"
    assert got["title"] == "New"
    assert got["name"] == {"givenName": "G", "familyName": "F", "middleName": "M"}


def test_7644_3_5_2_1__3_what_is_not_there_is_added(apply):
    """add to an attribute without a value adds it."""
    got = apply({"op": "add", "path": "nickName", "value": "N"},
                {"op": "add", "path": "phoneNumbers", "value": [{"value": "1"}]},
                {"op": "add", "path": URN_ENTERPRISE + ":manager", "value": {"value": "x"}})
    assert got["nickName"] == "N" and got["phoneNumbers"] == [{"value": "1"}]
    assert got[URN_ENTERPRISE]["manager"]["value"] == "x"


def test_7644_3_5_2_1__4_a_complex_target_takes_sub_attributes(apply, refused):
    """add to a complex attribute takes a set of sub-attributes; the others stay."""
    got = apply({"op": "add", "path": "name", "value": {"familyName": "New", "middleName": "M"}})
    assert got["name"] == {"givenName": "G", "familyName": "New", "middleName": "M"}


def test_7644_3_5_2_1__5_a_multi_valued_target_takes_one_more(apply):
    """add to a multi-valued attribute adds a value."""
    assert apply({"op": "add", "path": "emails", "value": [OTHER]})["emails"] == [WORK, HOME, OTHER]


def test_7644_3_5_2_1__6_a_single_value_is_replaced(apply):
    """add to a single-valued attribute replaces its value."""
    got = apply({"op": "add", "path": "title", "value": "New"},
                {"op": "add", "path": "name.givenName", "value": "N"})
    assert got["title"] == "New" and got["name"] == {"givenName": "N", "familyName": "F"}


SAME = [{"op": "add", "path": "title", "value": "Old"},
        {"op": "add", "path": "emails", "value": [HOME]},
        {"op": "add", "path": "emails", "value": [WORK, HOME]},
        {"op": "add", "path": "name", "value": {"givenName": "G"}},
        {"op": "add", "value": {"title": "Old", "emails": [HOME]}},
        {"op": "add", "path": 'emails[type eq "home"].value', "value": "h@example.com"}]


@pytest.mark.parametrize("operation", SAME)
def test_7644_3_5_2_1__7_what_is_there_is_not_added_again(apply, user, operation):
    """add of a value that is there changes nothing and succeeds."""
    got = apply(operation)
    assert {k: v for k, v in got.items() if k != "meta"} == \
        {k: v for k, v in user.items() if k != "meta"}


@pytest.mark.parametrize("operation", SAME)
def test_7644_3_5_2_1__8_and_the_resource_is_not_modified(apply, user, operation):
    """add of a value that is there does not change lastModified."""
    time.sleep(0.01)  # more than a dateTime can tell apart
    assert apply(operation)["meta"] == user["meta"]


# ---- 3.5.2.2 Remove ----

@pytest.mark.parametrize("more", [{}, {"value": "x"}, {"path": None}, {"value": {"title": "Old"}}])
def test_7644_3_5_2_2__1_remove_without_path(refused, more):
    """remove without path is 400 noTarget."""
    refused([dict({"op": "remove"}, **more)], "noTarget")


def test_7644_3_5_2_2__2_a_single_value_is_unassigned(scim, apply):
    """remove of a single-valued attribute makes it unassigned."""
    got = apply({"op": "remove", "path": "title"}, {"op": "remove", "path": "name.familyName"})
    assert "title" not in got and got["name"] == {"givenName": "G"}
    assert scim.search("Users", "title pr or name.familyName pr") == []
    assert "name" not in apply({"op": "remove", "path": "name"})


def test_7644_3_5_2_2__3_all_values_are_removed(scim, apply):
    """remove of a multi-valued attribute without a filter removes all values."""
    assert "emails" not in apply({"op": "remove", "path": "emails"})
    assert scim.search("Users", "emails pr") == []


def test_7644_3_5_2_2__4_by_value(scim, apply):
    """remove with a filter on value removes those; with none left it is unassigned."""
    got = apply({"op": "remove", "path": 'emails[value eq "w@example.com"]'})
    assert got["emails"] == [HOME]
    assert "emails" not in apply({"op": "remove", "path": 'emails[value eq "h@example.com"]'})
    ids = [scim.user("m%d" % i)["id"] for i in range(3)]
    group = scim.add_group("G", ids)
    for i, member in enumerate(ids):
        scim.patch(scim.path(group), {"op": "remove", "path": 'members[value eq "%s"]' % member})
        assert member_ids(scim.read(group)) == set(ids[i + 1:])


def test_7644_3_5_2_2__5_by_any_filter(apply):
    """remove with a filter removes the records it matches, or their sub-attribute."""
    path = 'emails[type eq "work" and value ew "example.com"]'
    assert apply({"op": "remove", "path": path + ".primary"})["emails"] == [
        {"value": "w@example.com", "type": "work"}, HOME]
    assert apply({"op": "remove", "path": path})["emails"] == [HOME]
    assert "emails" not in apply({"op": "remove", "path": 'emails[type pr]'})


@pytest.mark.parametrize("path", ["userName", "id", "meta", "meta.location", "groups", "schemas"])
def test_7644_3_5_2_2__6_required_and_read_only_stay(scim, refused, path):
    """remove of a required or readOnly attribute is 400 mutability."""
    refused([{"op": "remove", "path": path}], "mutability")
    group = scim.add_group("G")
    scim.patch(scim.path(group), {"op": "remove", "path": "displayName"}).error(400, "mutability")


def test_7644_3_5_2_2__7_removing_nothing_is_success(apply, user, scim):
    """remove of what is not there changes nothing and succeeds."""
    for path in ("nickName", "phoneNumbers", 'emails[type eq "x"]', "name.middleName",
                 URN_ENTERPRISE + ":department", URN_ENTERPRISE):
        assert apply({"op": "remove", "path": path}) == user
    group = scim.add_group("G")
    answer = scim.patch(scim.path(group), {"op": "remove", "path": 'members[value eq "x"]'})
    assert answer.status in (200, 204) and scim.read(group) == group


# ---- 3.5.2.3 Replace ----

def test_7644_3_5_2_3__1_without_path_the_value_is_a_set_of_attributes(apply, refused):
    """replace without path replaces each attribute of the value and no other."""
    for value in ("x", 5):
        error = refused([{"op": "replace", "value": value}], None)
        assert error["scimType"] in ("invalidValue", "invalidSyntax")
    got = apply({"op": "replace", "value": {"emails": [OTHER], "nickname": "N"}})
    assert got["emails"] == [OTHER] and got["nickName"] == "N" and got["title"] == "Old"


def test_7644_3_5_2_3__2_a_single_value_is_replaced(apply):
    """replace of a single-valued attribute replaces its value."""
    got = apply({"op": "replace", "path": "title", "value": "New"},
                {"op": "replace", "path": "name.givenName", "value": "N"})
    assert got["title"] == "New" and got["name"]["givenName"] == "N"


def test_7644_3_5_2_3__3_all_values_are_replaced(apply):
    """replace of a multi-valued attribute without a filter replaces all values."""
    assert apply({"op": "replace", "path": "emails", "value": [OTHER]})["emails"] == [OTHER]


def test_7644_3_5_2_3__4_what_is_not_there_is_added(apply):
    """replace of an attribute without a value is add."""
    got = apply({"op": "replace", "path": "nickName", "value": "N"},
                {"op": "replace", "path": "phoneNumbers", "value": [{"value": "1"}]},
                {"op": "replace", "path": "name.middleName", "value": "M"},
                {"op": "replace", "path": URN_ENTERPRISE + ":department", "value": "D"})
    assert got["nickName"] == "N" and got["phoneNumbers"] == [{"value": "1"}]
    assert got["name"]["middleName"] == "M" and got[URN_ENTERPRISE] == {"department": "D"}


def test_7644_3_5_2_3__5_sub_attributes_not_given_stay(apply):
    """replace of a complex attribute replaces the sub-attributes given and leaves the others."""
    got = apply({"op": "replace", "path": "name", "value": {"familyName": "New"}})
    assert got["name"] == {"givenName": "G", "familyName": "New"}
    got = apply({"op": "replace", "value": {"name": {"middleName": "M"}}})
    assert got["name"] == {"givenName": "G", "familyName": "New", "middleName": "M"}


def test_7644_3_5_2_3__6_all_matching_values_are_replaced(apply):
    """replace with a filter replaces every value that it matches."""
    got = apply({"op": "replace", "path": 'emails[type eq "work"]',
                 "value": {"type": "work", "value": "new@example.com"}})
    assert got["emails"] == [{"value": "new@example.com", "type": "work"}, HOME]
    got = apply({"op": "replace", "path": 'emails[value ew "example.com"]',
                 "value": {"value": "same@example.com"}})
    assert [e["value"] for e in got["emails"]] == ["same@example.com"] * 2


def test_7644_3_5_2_3__7_the_sub_attribute_of_all_matching_values(apply):
    """replace with a filter and a sub-attribute replaces it in every value that matches."""
    got = apply({"op": "replace", "path": 'emails[value co "example"].display', "value": "D"})
    assert got["emails"] == [dict(WORK, display="D"), dict(HOME, display="D")]


@pytest.mark.parametrize("path,value", [
    ('emails[type eq "none"]', {"value": "x"}), ('emails[type eq "none"].value', "x"),
    ('phoneNumbers[type eq "work"].value', "x"),
    ('emails[type eq "work" and value eq "x"].type', "x")])
def test_7644_3_5_2_3__8_no_match_is_no_target(refused, path, value):
    """replace with a filter that matches nothing is 400 noTarget."""
    refused([{"op": "replace", "path": path, "value": value}], "noTarget")

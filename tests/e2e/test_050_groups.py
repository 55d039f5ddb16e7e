# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""/Groups: members in and out, big groups, nested ones, and what the answers show of them."""

import concurrent.futures

import pytest

from okta_wire import URN_GROUP, member_ids, quote
from scim_http import Scim


@pytest.fixture
def ids(scim):
    """Five users."""
    return [scim.add_user("m%d" % i)["id"] for i in range(5)]


def members(scim, group):
    return member_ids(scim.get("/Groups/" + group).group())


def test_050_01_create_with_members(tenant, scim, ids):
    answer = scim.post("/Groups", {"schemas": [URN_GROUP], "displayName": "Crew",
                                   "externalId": "ext-crew",
                                   "members": [{"value": i} for i in ids[:3]]})
    group = answer.group(201)
    assert answer.headers["Location"] == "%s/Groups/%s" % (tenant.base, group["id"])
    got = scim.get("/Groups/" + group["id"]).group()
    assert got["externalId"] == "ext-crew" and member_ids(got) == set(ids[:3])
    for member in got["members"]:
        assert member["$ref"] == "%s/Users/%s" % (tenant.base, member["value"])
        assert member["type"] == "User" and member["display"]


def test_050_02_members_in_lists(scim, ids):
    one = scim.add_group("One", ids[:2])["id"]
    two = scim.add_group("Two", ids[1:])["id"]
    three = scim.add_group("Three")["id"]
    rows = {g["id"]: member_ids(g) for g in scim.list("Groups")["Resources"]}
    assert rows == {one: set(ids[:2]), two: set(ids[1:]), three: set()}


def test_050_03_entras_lookup_without_members(scim, ids):
    group = scim.add_group("Entra", ids)["id"]
    rows = scim.list("Groups", "excludedAttributes=members&filter=" + quote(
        'displayName eq "entra"'))["Resources"]
    assert [g["id"] for g in rows] == [group] and "members" not in rows[0]
    got = scim.get("/Groups/%s?attributes=displayName" % group).json
    assert set(got) == {"schemas", "id", "displayName"}
    got = scim.get("/Groups/%s?attributes=members.value" % group).json
    assert {m["value"] for m in got["members"]} == set(ids)
    assert all(set(m) == {"value"} for m in got["members"])


def test_050_04_filters(scim, ids):
    one = scim.add_group("Engineering", ids[:2])["id"]
    two = scim.add_group("Sales", ids[1:3])["id"]
    for text, want in (
            ('displayName eq "ENGINEERING"', [one]), ('displayName sw "s"', [two]),
            ('members.value eq "%s"' % ids[0], [one]), ('members eq "%s"' % ids[1], [one, two]),
            ('members[value eq "%s"]' % ids[2], [two]), ('members.value eq "%s"' % ids[4], []),
            ('members pr', [one, two]), ('not (members pr)', []),
            ('displayName eq "sales" and members.value eq "%s"' % ids[2], [two])):
        assert [g["id"] for g in scim.find("Groups", text)] == want, text


def test_050_05_users_by_group(scim, ids):
    group = scim.add_group("Filter", ids[:2])["id"]
    found = scim.find("Users", 'groups.value eq "%s"' % group)
    assert {u["id"] for u in found} == set(ids[:2])
    assert all(g["value"] == group for u in found for g in u["groups"])


def test_050_06_replace_by_put(scim, ids):
    group = scim.add_group("Put", ids[:3])["id"]
    body = {"schemas": [URN_GROUP], "displayName": "Put 2",
            "members": [{"value": i} for i in ids[2:]]}
    assert scim.put("/Groups/" + group, body).status in (200, 204)
    got = scim.get("/Groups/" + group).group()
    assert got["displayName"] == "Put 2" and member_ids(got) == set(ids[2:])
    scim.put("/Groups/" + group, {"schemas": [URN_GROUP], "displayName": "Put 2"})
    assert members(scim, group) == set()


def test_050_07_names_are_unique_without_case(scim):
    group = scim.add_group("Unique")
    scim.post("/Groups", {"schemas": [URN_GROUP], "displayName": "UNIQUE"}).error(
        409, "uniqueness")
    scim.delete("/Groups/" + group["id"])
    scim.add_group("UNIQUE")


def test_050_08_a_user_and_a_group_may_share_a_name(scim):
    scim.add_user("same")
    scim.add_group("same@example.com")


def test_050_09_a_deleted_user_leaves_its_groups(scim, ids):
    group = scim.add_group("Leaving", ids)["id"]
    scim.delete("/Users/" + ids[0])
    assert members(scim, group) == set(ids[1:])


def test_050_10_a_deleted_group_leaves_its_users(scim, ids):
    group = scim.add_group("Dissolved", ids)["id"]
    scim.delete("/Groups/" + group)
    assert all(not u.get("groups") for u in scim.list("Users")["Resources"])


def test_050_11_inactive_members_stay(scim, ids):
    group = scim.add_group("Inactive", ids)["id"]
    scim.patch("/Users/" + ids[0], {"op": "replace", "value": {"active": False}})
    assert members(scim, group) == set(ids)


def test_050_12_nested_groups(tenant, scim, ids):
    inner = scim.add_group("Inner", ids[:1])["id"]
    outer = scim.add_group("Outer", [inner, ids[1]])["id"]
    got = scim.get("/Groups/" + outer).group()
    kinds = {m["value"]: (m["type"], m["$ref"]) for m in got["members"]}
    assert kinds == {inner: ("Group", "%s/Groups/%s" % (tenant.base, inner)),
                     ids[1]: ("User", "%s/Users/%s" % (tenant.base, ids[1]))}


def test_050_13_members_change_the_version(scim, ids):
    group = scim.add_group("Version", ids[:1])["id"]
    first = scim.get("/Groups/" + group)
    scim.patch("/Groups/" + group, {"op": "add", "path": "members", "value": [{"value": ids[1]}]})
    second = scim.get("/Groups/" + group)
    assert second.headers["ETag"] != first.headers["ETag"]
    scim.patch("/Groups/" + group, {"op": "add", "path": "members", "value": [{"value": ids[1]}]})
    assert scim.get("/Groups/" + group).headers["ETag"] == second.headers["ETag"]


def test_050_14_patch_of_a_small_group_shows_it_of_a_big_one_does_not(take):
    scim = take("small_groups").scim()
    ids = [scim.add_user("s%d" % i)["id"] for i in range(5)]
    group = scim.add_group("Growing", ids[:2])["id"]
    op = {"op": "add", "path": "members", "value": [{"value": ids[2]}]}
    answer = scim.patch("/Groups/" + group, op)
    assert answer.status == 200 and member_ids(answer.group()) == set(ids[:3])
    op["value"] = [{"value": ids[3]}]
    assert scim.patch("/Groups/" + group, op).status == 204
    op["value"] = [{"value": ids[4]}]
    answer = scim.patch("/Groups/%s?attributes=displayName" % group, op)
    assert answer.status == 200 and set(answer.json) == {"schemas", "id", "displayName"}
    assert members(scim, group) == set(ids)


def test_050_15_unknown_members_by_directive(scim, ids, take):
    ghost = "11111111-2222-7333-8444-555555555555"
    group = scim.add_group("Lenient", [ids[0], ghost])["id"]
    assert members(scim, group) == {ids[0]}
    strict = take("reject_members").scim()
    known = strict.add_user("known")["id"]
    body = {"schemas": [URN_GROUP], "displayName": "Strict",
            "members": [{"value": known}, {"value": ghost}]}
    strict.post("/Groups", body).error(400, "invalidValue")
    assert strict.list("Groups")["totalResults"] == 0
    group = strict.add_group("Strict", [known])["id"]
    strict.patch("/Groups/" + group, {"op": "add", "path": "members", "value": [{"value": ghost}]},
                 {"op": "replace", "path": "displayName", "value": "Not taken"}
                 ).error(400, "invalidValue")
    got = strict.get("/Groups/" + group).group()
    assert got["displayName"] == "Strict" and member_ids(got) == {known}


def test_050_16_a_thousand_members_in_one_request(scim):
    ids = many_users(scim, 1000)
    group = scim.add_group("Thousand")["id"]
    ops = [{"op": "add", "path": "members", "value": [{"value": i}]} for i in ids]
    assert scim.patch("/Groups/" + group, *ops).status == 204
    assert members(scim, group) == set(ids)
    ops = [{"op": "remove", "path": 'members[value eq "%s"]' % i} for i in ids[:990]]
    assert scim.patch("/Groups/" + group, *ops).status in (200, 204)
    assert members(scim, group) == set(ids[990:])
    body = {"schemas": [URN_GROUP], "displayName": "Thousand",
            "members": [{"value": i} for i in ids]}
    assert scim.put("/Groups/" + group, body).status in (200, 204)
    rows = scim.list("Groups", "filter=" + quote('displayName eq "thousand"'))["Resources"]
    assert member_ids(rows[0]) == set(ids)


def test_050_17_filters_on_urls(scim, ids):
    group = scim.add_group("Urls", ids[:2])
    location = group["meta"]["location"]
    user = scim.get("/Users/" + ids[0]).user()
    assert [u["$ref"] for u in user["groups"]] == [location]
    for endpoint, text, want in (
            ("Groups", 'meta.location eq "%s"' % location, [group["id"]]),
            ("Users", 'meta.location eq "%s"' % user["meta"]["location"], ids[:1]),
            ("Users", 'groups.$ref eq "%s"' % location, ids[:2]),
            ("Groups", 'members.$ref eq "%s"' % user["meta"]["location"], [group["id"]]),
            ("Users", 'meta.location eq "/Users/%s"' % ids[0], [])):
        assert [r["id"] for r in scim.find(endpoint, text)] == want, text


def many_users(scim, n):
    """Create users side by side; sorted ids."""
    def lane(k):
        client = Scim(scim.base, scim.token)
        try:
            return [client.add_user("bulk%04d" % i)["id"] for i in range(k, n, 8)]
        finally:
            client.close()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return sorted(i for part in pool.map(lane, range(8)) for i in part)


def test_050_18_etags_follow_the_membership(scim):
    user, group = scim.add_user("etag"), scim.add_group("Etag")
    user_path, group_path = "/Users/" + user["id"], "/Groups/" + group["id"]
    scim.patch(group_path, {"op": "add", "path": "members", "value": [{"value": user["id"]}]})
    got = scim.get(user_path, headers={"If-None-Match": user["meta"]["version"]}).user(200)
    assert [g["display"] for g in got["groups"]] == ["Etag"]
    etag = scim.get(group_path).group()["meta"]["version"]
    assert etag != group["meta"]["version"]
    scim.delete(user_path)
    got = scim.get(group_path, headers={"If-None-Match": etag}).group(200)
    assert not got.get("members")

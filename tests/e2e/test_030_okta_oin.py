# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Okta's catalogue dialect (oin): PUT for profiles, PATCH for the rest."""

import re
import subprocess
import sys

import pytest

from okta_client import patch, user_profile
from okta_sequence import people, run_sequence
from okta_wire import URN_ENTERPRISE, Problem, member_ids, quote


def test_030_01_the_whole_sequence(okta):
    run_sequence(okta, 256)


def test_030_02_as_a_program(env, tenant):
    done = subprocess.run(
        ["/usr/bin/python3", "okta_client.py", "--base", tenant.base, "--token", tenant.token,
         "--dialect", "both", "--members", "12"], cwd=sys.path[0], capture_output=True, text=True,
        timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d+ requests, everything as Okta needs it$", done.stdout, re.M)
    assert "NOT OK" not in done.stdout


def test_030_03_the_program_fails_where_okta_would(env, tenant):
    done = subprocess.run(
        ["/usr/bin/python3", "okta_client.py", "--base", tenant.base, "--token", "wrong"],
        cwd=sys.path[0], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "NOT OK" in done.stdout and "2 of 2 dialects failed" in done.stdout


def test_030_04_credentials_test_of_an_empty_tenant(okta):
    okta.test_credentials(groups=True)
    assert okta.import_users() == [] and okta.import_groups() == []


def test_030_05_header_variants_of_the_test_suites(tenant, scim):
    """Content-Type on a GET, application/json on a POST, an Accept with parameters."""
    suite = {"User-Agent": "OKTA SCIM Integration",
             "Content-Type": "application/scim+json; charset=utf-8",
             "Accept": "application/scim+json; charset=utf-8"}
    assert scim.get("/Users?count=1&startIndex=1", headers=suite).status == 200
    profile = user_profile("suite@okta.local", "Suite", "User", "00usuite")
    for media in ("application/json", "Application/SCIM+JSON", "application/json; charset=UTF-8"):
        profile["userName"] = media.replace("/", ".").replace("; ", ".") + "@okta.local"
        answer = scim.post("/Users", profile, headers={"Content-Type": media})
        scim.delete("/Users/" + answer.user(201)["id"], headers={"Content-Type": media})
    for accept in ("*/*", "application/json", "application/*", "text/html", ""):
        assert scim.get("/Users", headers={"Accept": accept}).status == 200


def test_030_06_import_pages_are_stable(okta):
    made = [okta.create_user(p)["id"] for p in people("stable", "oin", 23)]
    assert [u["id"] for u in okta.import_users(count=5)] == made
    assert [u["id"] for u in okta.import_users(count=100)] == made
    okta.deactivate(made[3])
    okta.push_profile(made[7], {"displayName": "Someone Else"})
    assert [u["id"] for u in okta.import_users(count=7)] == made


@pytest.mark.parametrize("login", [
    "test.user@okta.local", "o'brien+tag@okta.local", "a%b@okta.local", "grüße@okta.local",
    "name with space@okta.local", "back\\slash@okta.local", "quo\"te@okta.local",
    "&a=b;c#d@okta.local", "日本@okta.local"])
@pytest.mark.parametrize("plus", [False, True], ids=["percent", "plus"])
def test_030_07_lookup_of_any_login(okta, login, plus):
    wanted = login.replace("\\", "\\\\").replace('"', '\\"')
    profile = user_profile(login, "Any", "Login", "00uany")
    assert okta.find_user(wanted, plus) is None
    user = okta.create_user(profile)
    with okta.step("GET", "/Users?filter=" + quote(
            'userName eq "%s"' % wanted, plus)) as s:
        found = s.answer.list()["Resources"]
    assert [u["id"] for u in found] == [user["id"]]
    okta.create_duplicate(profile)


def test_030_08_a_link_survives_the_removal_from_the_app(okta):
    """Re-assigning starts with the lookup; the inactive match is updated, never created again."""
    profile = user_profile("back@okta.local", "Back", "Again", "00uback")
    user = okta.create_user(profile)
    okta.deactivate(user["id"])
    found = okta.find_user("back@okta.local")
    assert found["id"] == user["id"] and found["active"] is False
    again = okta.push_profile(found["id"], {"active": True})
    assert again["active"] is True
    assert okta.get_user(user["id"])["active"] is True


def test_030_09_suspending_twice_is_harmless(okta):
    user = okta.create_user(user_profile("twice@okta.local", "Two", "Times", "00utwice"))
    okta.deactivate(user["id"])
    okta.deactivate(user["id"])
    okta.reactivate(user["id"])


def test_030_10_read_merge_put_keeps_and_clears(okta):
    user = okta.create_user(user_profile(
        "jane@okta.local", "Mona", "Octocat", "00ujane", title="Cat", nickName="Mo", **{
            URN_ENTERPRISE: {"department": "Zoo", "employeeNumber": "7"}}))
    assert user[URN_ENTERPRISE] == {"department": "Zoo", "employeeNumber": "7"}
    assert URN_ENTERPRISE in user["schemas"]
    got = okta.push_profile(user["id"], {"title": "Lead"}, clear=("nickName", URN_ENTERPRISE))
    assert got["title"] == "Lead" and "nickName" not in got
    assert URN_ENTERPRISE not in got["schemas"]
    assert got["meta"]["created"] == user["meta"]["created"]
    read = okta.get_user(user["id"])
    assert read == got


def test_030_11_the_stale_formatted_name_is_not_authoritative(okta):
    profile = user_profile("fmt@okta.local", "Mona", "Octocat", "00ufmt")
    profile["name"]["formatted"] = "Mona Octocat"
    user = okta.create_user(profile)
    body = okta.get_user(user["id"])
    body["name"]["givenName"] = "Jane"
    with okta.step("PUT", "/Users/" + user["id"], body) as s:
        name = s.answer.user()["name"]
    assert name["givenName"] == "Jane"
    assert name.get("formatted") != "Mona Octocat"


def test_030_12_absent_active_and_password_keep_their_values(okta):
    user = okta.create_user(user_profile("keep@okta.local", "Keep", "Me", "00ukeep"))
    okta.deactivate(user["id"])
    got = okta.push_profile(user["id"], {"displayName": "Kept"}, clear=())
    assert got["active"] is False
    body = okta.get_user(user["id"])
    del body["active"]
    with okta.step("PUT", "/Users/" + user["id"], body) as s:
        assert s.answer.user()["active"] is False


def test_030_13_empty_strings_do_not_fail(okta):
    profile = user_profile("empty@okta.local", "Emp", "Ty", "00uempty", title="", nickName="")
    profile["emails"][0]["type"] = ""
    with okta.step("POST", "/Users", profile) as s:
        user = s.answer.user(201)
    body = okta.get_user(user["id"])
    body.update({"title": "", "displayName": "", "locale": ""})
    with okta.step("PUT", "/Users/" + user["id"], body) as s:
        s.answer.user(200)


def test_030_14_put_never_creates_and_never_steals_a_name(okta):
    one = okta.create_user(user_profile("one@okta.local", "One", "User", "00uone"))
    okta.create_user(user_profile("two@okta.local", "Two", "User", "00utwo"))
    body = okta.get_user(one["id"])
    body["userName"] = "TWO@okta.local"
    with okta.step("PUT", "/Users/" + one["id"], body) as s:
        s.answer.error(409, "uniqueness")
    with okta.step("PUT", "/Users/no-such-id", body) as s:
        s.answer.error(404)
    assert okta.get_user(one["id"])["userName"] == "one@okta.local"
    renamed = okta.push_profile(one["id"], {"userName": "ONE@okta.local"})
    assert renamed["userName"] == "ONE@okta.local"


def test_030_15_password_sync_changes_nothing_visible(okta):
    user = okta.create_user(user_profile("pass@okta.local", "Pass", "Word", "00upass"))
    okta.sync_password(user["id"], "n3w-Passw0rd")
    assert okta.get_user(user["id"])["userName"] == "pass@okta.local"


def test_030_16_rename_to_the_same_name_changes_nothing(okta, scim):
    """Sent with every membership change: no new version, no conflict with itself."""
    group = okta.create_group("Sales")
    before = scim.get("/Groups/" + group["id"])
    okta.rename_group(group["id"], "Sales")
    after = scim.get("/Groups/" + group["id"])
    assert after.headers["ETag"] == before.headers["ETag"]
    assert after.json["meta"] == before.json["meta"]
    okta.create_group("Support")
    with okta.step("PATCH", "/Groups/" + group["id"], patch(
            {"op": "replace", "value": {"id": group["id"], "displayName": "SUPPORT"}})) as s:
        s.answer.error(409, "uniqueness")


def test_030_17_the_id_in_a_value_is_ignored(okta):
    group = okta.create_group("Ids")
    other = okta.create_group("Other")
    with okta.step("PATCH", "/Groups/" + group["id"], patch(
            {"op": "replace", "value": {"id": other["id"], "displayName": "Renamed"}})) as s:
        s.answer.must_be(200, 204)
    assert okta.get_group(group["id"], [])["displayName"] == "Renamed"
    assert okta.get_group(other["id"], [])["displayName"] == "Other"


def test_030_18_membership_is_idempotent(okta):
    ids = [okta.create_user(p)["id"] for p in people("idem", "oin", 4)]
    group = okta.create_group("Idempotent")["id"]
    okta.change_members(group, "Idempotent", add=ids[:3])
    okta.change_members(group, "Idempotent", add=ids[:3] + ids[:2])
    okta.get_group(group, ids[:3])
    okta.change_members(group, "Idempotent", remove=[ids[3]])
    okta.change_members(group, "Idempotent", remove=[ids[0]])
    okta.change_members(group, "Idempotent", remove=[ids[0]])
    okta.get_group(group, ids[1:3])


def test_030_19_an_unknown_member_is_skipped(okta):
    user = okta.create_user(user_profile("known@okta.local", "Known", "User", "00uknown"))
    group = okta.create_group("Skips")["id"]
    okta.change_members(group, "Skips", add=[user["id"], "11111111-2222-7333-8444-555555555555"])
    okta.get_group(group, [user["id"]])


def test_030_20_a_rename_in_one_patch_with_members(okta):
    """Seen in the field: pathless replace with members, id and displayName together."""
    ids = [okta.create_user(p)["id"] for p in people("one", "oin", 2)]
    group = okta.create_group("Together", ids)["id"]
    with okta.step("PATCH", "/Groups/" + group, patch({"op": "replace", "value": {
            "id": group, "displayName": "Together 2", "members": []}})) as s:
        s.answer.must_be(200, 204)
    assert okta.get_group(group, [])["displayName"] == "Together 2"


def test_030_21_a_deleted_group_is_gone_for_push(okta):
    group = okta.create_group("Short-lived")["id"]
    okta.delete_group(group)
    okta.get_missing_group(group)
    for body in (patch({"op": "replace", "value": {"displayName": "x"}}),
                 patch({"op": "replace", "path": "members", "value": []})):
        with okta.step("PATCH", "/Groups/" + group, body) as s:
            s.answer.error(404)
    assert okta.find_group("Short-lived") is None
    again = okta.create_group("Short-lived")["id"]
    assert again != group


def test_030_22_a_users_groups_follow(okta, scim):
    user = okta.create_user(user_profile("in@okta.local", "In", "Group", "00uin"))
    first, second = okta.create_group("First")["id"], okta.create_group("Second")["id"]
    okta.change_members(first, "First", add=[user["id"]])
    okta.change_members(second, "Second", add=[user["id"]])
    groups = scim.get("/Users/" + user["id"]).user()["groups"]
    assert {g["value"] for g in groups} == {first, second}
    assert {g["display"] for g in groups} == {"First", "Second"}
    okta.rename_group(first, "First of all")
    okta.change_members(second, "Second", remove=[user["id"]])
    groups = scim.get("/Users/" + user["id"]).user()["groups"]
    assert [(g["value"], g["display"]) for g in groups] == [(first, "First of all")]
    # A stale list echoed by a profile update must not put anybody anywhere.
    body = scim.get("/Users/" + user["id"]).user()
    okta.change_members(first, "First of all", remove=[user["id"]])
    scim.put("/Users/" + user["id"], body).user(200)
    okta.get_group(first, [])


def test_030_23_gzip_by_a_filter_of_the_operator(take):
    tenant = take("deflate")
    okta = tenant.okta()
    for profile in people("gz", "oin", 5):
        okta.create_user(profile)
    with okta.step("GET", "/Users?startIndex=1&count=100") as s:
        assert s.answer.headers.get("Content-Encoding") == "gzip"
        assert s.answer.list()["totalResults"] == 5


def test_030_24_a_problem_is_told_in_oktas_words(okta):
    with pytest.raises(Problem, match="remote server"):
        okta.get_user("no-such-user")
    group = okta.create_group("Checked")
    with pytest.raises(Problem, match="1 missing"):
        okta.get_group(group["id"], ["someone"])
    assert member_ids({"members": None}) == set()

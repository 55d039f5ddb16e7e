# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Okta's wizard dialect (aiw): PUT for everything."""

from okta_client import group_body, user_profile
from okta_sequence import people, run_sequence


def test_031_01_the_whole_sequence(aiw):
    run_sequence(aiw, 120)


def test_031_02_a_user_is_switched_off_and_on_by_put(aiw):
    user = aiw.create_user(user_profile("wizard@okta.local", "Wiz", "Ard", "00uwiz"))
    off = aiw.deactivate(user["id"])
    on = aiw.reactivate(user["id"])
    assert {k: v for k, v in off.items() if k not in ("active", "meta")} == \
        {k: v for k, v in on.items() if k not in ("active", "meta")}


def test_031_03_put_of_a_group_replaces_the_list(aiw):
    ids = [aiw.create_user(p)["id"] for p in people("put", "aiw", 6)]
    group = aiw.create_group("Wizards", ids[:4])["id"]
    aiw.get_group(group, ids[:4])
    aiw.push_now(group, "Wizards", ids[2:])
    aiw.get_group(group, ids[2:])
    aiw.rename_group(group, "Sorcerers", ids[2:])
    assert aiw.get_group(group, ids[2:])["displayName"] == "Sorcerers"
    aiw.push_now(group, "Sorcerers", [])
    aiw.get_group(group, [])


def test_031_04_put_of_the_servers_own_answer_changes_nothing(aiw, scim):
    ids = [aiw.create_user(p)["id"] for p in people("own", "aiw", 3)]
    group = aiw.create_group("Echo", ids)["id"]
    for path in ("/Groups/" + group, "/Users/" + ids[0]):
        before = scim.get(path)
        answer = scim.put(path, before.json)
        assert answer.status == 200
        after = scim.get(path)
        assert after.json == before.json
        assert after.headers["ETag"] == before.headers["ETag"]


def test_031_05_a_name_conflict_leaves_the_members_alone(aiw):
    ids = [aiw.create_user(p)["id"] for p in people("conflict", "aiw", 2)]
    aiw.create_group("Taken")
    group = aiw.create_group("Mine", ids)["id"]
    with aiw.step("PUT", "/Groups/" + group, group_body("TAKEN", [])) as s:
        s.answer.error(409, "uniqueness")
    assert aiw.get_group(group, ids)["displayName"] == "Mine"


def test_031_06_put_never_creates_a_group(aiw):
    with aiw.step("PUT", "/Groups/no-such-group", group_body("New", [])) as s:
        s.answer.error(404)
    assert aiw.import_groups() == []

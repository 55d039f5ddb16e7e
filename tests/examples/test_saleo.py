# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""conf/examples/saleo.conf behaves like Saleo: one test for each row S1 to S17 of docs/systems.md."""

import threading

import pytest

from okta_app import deactivate, login, new_token, profile, reactivate
from okta_wire import URN_USER, member_ids

TENANT = "saleo"
DOMAIN = "saleo.example"


@pytest.fixture
def example(serve):
    return serve("saleo")


@pytest.fixture(scope="session")
def token(serve):
    return new_token(serve("saleo"), TENANT)[0]


@pytest.fixture
def scim(example, token):
    """Every test leaves no active user behind, so that seats are counted from nothing."""
    client = example.tenant("/scim/v2", token).scim()
    yield client
    for user in client.all("Users"):
        assert client.delete("/Users/" + user["id"]).status == 204


@pytest.fixture
def okta(example, token):
    return example.tenant("/scim/v2", token).okta("oin")


def seat(name="ada", kind="user", **more):
    return profile(login(name, DOMAIN), userType=kind, **more)


def row(example, user_name):
    """The application's row: (first name, last name, seat, enabled), or None."""
    rows = example.db.query("SELECT first_name, last_name, seat, enabled FROM saleo_user "
                            "WHERE email = '%s'" % user_name)
    assert len(rows) <= 1
    return rows[0] if rows else None


def team(example, name):
    """E-mail addresses of a team's members in the application's table, or None: no such team."""
    if not example.db.query("SELECT 1 FROM saleo_team WHERE name = '%s'" % name):
        return None
    return {email for email, in example.db.query(
        "SELECT u.email FROM saleo_team t JOIN saleo_team_member m ON m.team_id = t.team_id "
        "JOIN saleo_user u ON u.user_id = m.user_id WHERE t.name = '%s'" % name)}


def test_s1_users_and_groups_from_first_to_last(example, okta, scim):
    body = seat("anna", "user")
    user = scim.post("/Users", body).user(201)
    assert row(example, body["userName"]) == ("Ada", "Lovelace", "CREATOR", "1")
    okta.push_profile(user["id"], {"name": {"givenName": "Augusta", "familyName": "King"}})
    assert row(example, body["userName"]) == ("Augusta", "King", "CREATOR", "1")
    assert deactivate(scim, user["id"]).user()["active"] is False
    assert row(example, body["userName"])[3] == "0"
    group = okta.create_group("Team S1")["id"]
    okta.rename_group(group, "Team S1 renamed")
    assert team(example, "Team S1 renamed") == set()
    okta.delete_group(group)
    assert team(example, "Team S1 renamed") is None


def test_s2_a_pushed_group_is_a_team(example, okta):
    group = okta.create_group("Team S2")["id"]
    assert team(example, "Team S2") == set()
    okta.delete_group(group)


def test_s3_several_tokens_shown_once(example):
    made = [new_token(example, TENANT) for _ in range(3)]
    for secret, _ in made:
        assert example.tenant("/scim/v2", secret).scim().get("/Users?count=1").status == 200
    text = example.scimctl("token", "list", "--tenant", TENANT, "--json")
    for secret, ident in made:
        assert secret not in text and ident in text
    stored = example.db.query("SELECT * FROM scim_token")
    assert not [secret for secret, _ in made if any(secret in str(value) for line in stored
                                                   for value in line)]


def test_s4_tokens_have_no_end(example):
    _, ident = new_token(example, TENANT)
    assert example.db.query("SELECT expires FROM scim_token WHERE id = '%s'" % ident) == [(None,)]


def test_s5_a_revoked_token_is_refused_by_the_next_request_and_for_good(example, scim):
    secret, ident = new_token(example, TENANT)
    client = example.tenant("/scim/v2", secret).scim()
    assert client.get("/Users?count=1").status == 200
    example.scimctl("token", "revoke", "--tenant", TENANT, ident)
    answer = client.get("/Users?count=1")
    assert answer.status == 401
    assert "unrevoke" not in example.scimctl("--help")
    assert scim.get("/Users?count=1").status == 200  # another token goes on


def test_s6_provisioning_can_be_switched_off(example, scim):
    example.scimctl("tenant", "create", TENANT)
    example.scimctl("tenant", "off", TENANT)
    try:
        answer = scim.get("/Users?count=1")
        assert answer.status == 403 and "switched off" in answer.detail()
    finally:
        example.scimctl("tenant", "on", TENANT)
    assert scim.get("/Users?count=1").status == 200


def test_s7_test_api_credentials(okta):
    okta.test_credentials()
    okta.test_refused()


def test_s8_attributes_that_are_not_pictured_have_no_effect(example, scim):
    body = seat(title="Engineer", locale="en-US", nickName="Ada", timezone="Europe/London")
    user = scim.post("/Users", body).user(201)
    for name in ("title", "locale", "nickName", "timezone"):
        assert name not in user
    assert "Engineer" not in str(example.db.query("SELECT doc FROM scim_resource"))
    user = scim.patch("/Users/" + user["id"],
                      {"op": "replace", "path": "title", "value": "Countess"}).user()
    assert "title" not in user
    names = {a["name"] for s in scim.list("Schemas")["Resources"] if s["id"] == URN_USER
             for a in s["attributes"]}
    assert "userType" in names and not names & {"title", "locale", "nickName", "timezone"}


@pytest.mark.parametrize("kind,stored", [("admin", "ADMIN"), ("user", "CREATOR"),
                                         ("view", "VIEWER")])
def test_s9_three_kinds_of_seat(example, scim, kind, stored):
    body = seat(kind=kind)
    assert scim.post("/Users", body).user(201)["userType"] == kind
    assert row(example, body["userName"])[2] == stored


@pytest.mark.parametrize("kind", ["owner", "", None])
def test_s9_any_other_kind_is_refused(example, scim, kind):
    body = seat(kind=kind)
    error = scim.post("/Users", body).error(400, "invalidValue")
    assert "userType" in error["detail"]
    if kind:
        assert all(legal in error["detail"] for legal in ("admin", "user", "view"))
        assert kind not in error["detail"]
    assert row(example, body["userName"]) is None


def test_s9_schemas_publish_the_kinds(scim):
    schema = [s for s in scim.list("Schemas")["Resources"] if s["id"] == URN_USER][0]
    attr = [a for a in schema["attributes"] if a["name"] == "userType"][0]
    assert sorted(attr["canonicalValues"]) == ["admin", "user", "view"]
    assert attr["required"] is True


def test_s10_a_user_of_saml_is_found_and_adopted(example, okta, scim):
    email = login("saml", DOMAIN)
    example.db.execute("INSERT INTO saleo_user (email, first_name, last_name, seat, theme) VALUES "
                       "('%s', 'Grace', 'Hopper', 'VIEWER', 'dark')" % email)
    user = okta.find_user(email.upper())
    assert user["userType"] == "view" and user["name"]["familyName"] == "Hopper"
    assert okta.find_user(email)["id"] == user["id"]
    okta.push_profile(user["id"], {"userType": "admin"})
    assert example.db.query("SELECT seat, theme, COUNT(*) FROM saleo_user WHERE email = '%s' "
                            "GROUP BY seat, theme" % email) == [("ADMIN", "dark", "1")]


@pytest.mark.parametrize("name,found", [("FIELD FORCE ä", True), ("field force Ä", True),
                                        ("Field Force a", False), ("Field  Force ä", False),
                                        ("Field Force ä ", False)])
def test_s11_names_of_teams_without_case_and_otherwise_exactly(okta, name, found):
    group = okta.create_group("Field Force ä")["id"]
    try:
        assert (okta.find_group(name) is not None) is found
    finally:
        okta.delete_group(group)


def test_s11_two_teams_do_not_differ_by_case_only(okta, scim):
    group = okta.create_group("Pre Sales")["id"]
    scim.post("/Groups", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                          "displayName": "PRE SALES"}).error(409, "uniqueness")
    okta.delete_group(group)


def test_s12_a_team_from_before_is_linked_and_keeps_its_members(example, okta, scim):
    email = login("old", DOMAIN)
    name = "Made by hand " + email[:12]
    example.db.execute("INSERT INTO saleo_user (email, seat) VALUES ('%s', 'VIEWER')" % email)
    example.db.execute("INSERT INTO saleo_team (name) VALUES ('%s')" % name)
    example.db.execute("INSERT INTO saleo_team_member SELECT t.team_id, u.user_id FROM saleo_team t, "
                       "saleo_user u WHERE t.name = '%s' AND u.email = '%s'" % (name, email))
    team_id = example.db.query("SELECT team_id FROM saleo_team WHERE name = '%s'" % name)
    assert name in [g["displayName"] for g in okta.import_groups()]
    group = okta.find_group(name.upper())
    assert group is not None
    user = okta.find_user(email)
    assert member_ids(okta.get_group(group["id"], None)) == {user["id"]}
    okta.rename_group(group["id"], name)
    assert team(example, name) == {email}
    new = scim.post("/Users", seat("new")).user(201)
    okta.push_now(group["id"], name, [new["id"]])
    assert team(example, name) == {new["userName"]}
    assert example.db.query("SELECT team_id FROM saleo_team WHERE name = '%s'" % name) == team_id
    okta.delete_group(group["id"])


def test_s13_local_changes_are_overwritten_by_the_next_push(example, okta, scim):
    user = scim.post("/Users", seat()).user(201)
    example.db.execute("UPDATE saleo_user SET first_name = 'Local' WHERE email = '%s'"
                       % user["userName"])
    assert scim.get("/Users/" + user["id"]).user()["name"]["givenName"] == "Ada"
    okta.push_profile(user["id"], {"name": {"givenName": "Augusta", "familyName": "Lovelace"}})
    assert row(example, user["userName"])[0] == "Augusta"


def test_s14_memberships_at_once(example, okta, scim):
    users = [scim.post("/Users", seat("m%d" % i)).user(201) for i in range(3)]
    group = okta.create_group("Team S14", [u["id"] for u in users])["id"]
    assert team(example, "Team S14") == {u["userName"] for u in users}
    okta.change_members(group, "Team S14", remove=[users[0]["id"]])
    assert team(example, "Team S14") == {u["userName"] for u in users[1:]}
    okta.delete_group(group)


@pytest.mark.parametrize("late", ["remove", "add"])
def test_s15_a_move_between_teams_in_either_order(example, okta, scim, late):
    user = scim.post("/Users", seat()).user(201)
    old = okta.create_group("Old team", [user["id"]])["id"]
    new = okta.create_group("New team")["id"]
    steps = [lambda: okta.change_members(new, "New team", add=[user["id"]]),
             lambda: okta.change_members(old, "Old team", remove=[user["id"]])]
    for step in steps if late == "remove" else reversed(steps):
        step()
    assert team(example, "Old team") == set()
    assert team(example, "New team") == {user["userName"]}
    got = scim.get("/Users/" + user["id"]).user()
    assert [g["value"] for g in got["groups"]] == [new]
    okta.delete_group(old)
    okta.delete_group(new)


def test_s16_no_more_users_than_seats(example, scim):
    made = []
    answers = []

    def create(i):
        client = example.tenant("/scim/v2", scim.token).scim()
        answers.append(client.post("/Users", seat("seat%d" % i, "view")))
    threads = [threading.Thread(target=create, args=(i,)) for i in range(26)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = [a.json for a in answers if a.status == 201]
    refused = [a for a in answers if a.status != 201]
    assert len(made) == 20 and len(refused) == 6
    for answer in refused:
        assert "limit of 20" in answer.error(403)["detail"]
    assert example.db.query("SELECT COUNT(*) FROM saleo_user WHERE enabled = 1 AND email LIKE "
                            "'seat%'") == [("20",)]
    assert deactivate(scim, made[0]["id"]).status == 200
    assert scim.post("/Users", seat("late", "view")).status == 201
    assert reactivate(scim, made[0]["id"]).status == 403


def test_s16_seats_of_administrators(scim):
    admins = [scim.post("/Users", seat("admin", "admin")).user(201) for _ in range(3)]
    assert "limit of 3" in scim.post("/Users", seat("admin", "admin")).error(403)["detail"]
    user = scim.post("/Users", seat("user", "user")).user(201)
    change = {"op": "replace", "path": "userType", "value": "admin"}
    assert scim.patch("/Users/" + user["id"], change).status == 403
    assert scim.patch("/Users/" + admins[0]["id"], {**change, "value": "view"}).status == 200
    assert scim.patch("/Users/" + user["id"], change).status == 200


def test_s17_a_deactivated_user_stays_and_is_reactivated(example, okta, scim):
    user = scim.post("/Users", seat()).user(201)
    before = okta.deactivate(user["id"])
    assert row(example, user["userName"]) == ("Ada", "Lovelace", "CREATOR", "0")
    assert scim.get("/Users/" + user["id"]).user()["active"] is False
    assert okta.find_user(user["userName"])["active"] is False
    after = okta.reactivate(user["id"])
    assert before["id"] == after["id"] and before["name"] == after["name"]
    assert row(example, user["userName"])[3] == "1"

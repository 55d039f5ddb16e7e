# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""conf/examples/haiilo.conf behaves like Haiilo Advocacy: a test for each of the rows H1 to H11."""

import threading

import pytest

from okta_app import deactivate, login, new_token, profile, reactivate
from okta_wire import URN_GROUP, quote

TENANT = "haiilo"
DOMAIN = "haiilo.example"
OWNER = "admin@haiilo.example"


@pytest.fixture
def example(serve):
    return serve("haiilo")


@pytest.fixture(scope="session")
def token(serve):
    """The administrator of the application is the token's owner."""
    example = serve("haiilo")
    example.scimctl("adopt", "--tenant", TENANT, "--apply")
    return new_token(example, TENANT, "--owner", OWNER)[0]


@pytest.fixture
def scim(example, token):
    return example.tenant("/api/scim/v2", token).scim()


@pytest.fixture
def okta(example, token):
    return example.tenant("/api/scim/v2", token).okta("oin")


def member(name="mia", **address):
    """A create body with a work address of country, locality and region as given."""
    more = {"addresses": [dict(address, type="work")]} if address else {}
    return profile(login(name, DOMAIN), "Mia", "Mustermann", **more)


def account(example, user_name):
    """(account_id, first name, last name, shares) of the application's row, or None."""
    rows = example.db.query("SELECT account_id, first_name, last_name, shares FROM haiilo_account "
                            "WHERE email = '%s'" % user_name)
    assert len(rows) <= 1
    return rows[0] if rows else None


def groups_of(example, user_name):
    return {name for name, in example.db.query(
        "SELECT g.name FROM haiilo_group g JOIN haiilo_group_member m ON m.group_id = g.group_id "
        "JOIN haiilo_account a ON a.account_id = m.account_id WHERE a.email = '%s'" % user_name)}


@pytest.mark.parametrize("base,dialect", [("/api/scim/v2", "aiw"), ("/scim/v2", "oin")])
def test_h1_both_set_ups_of_okta(example, token, base, dialect):
    okta = example.tenant(base, token).okta(dialect)
    okta.test_credentials(groups=False)
    body = member("h1")
    user = okta.create_user(body)
    assert user["meta"]["location"] == example.url(base) + "/Users/" + user["id"]
    assert okta.find_user(body["userName"].upper())["id"] == user["id"]
    okta.push_profile(user["id"], {"name": {"givenName": "Maria", "familyName": "Muster"}})
    assert account(example, body["userName"])[1:3] == ("Maria", "Muster")
    assert user["id"] in {u["id"] for u in okta.import_users()}


@pytest.mark.parametrize("how", ["patch", "put"])
def test_h2_deactivated_is_deleted(example, scim, okta, how):
    body = member("h2", country="Finland", locality="Turku")
    user = scim.post("/Users", body).user(201)
    if how == "patch":
        assert deactivate(scim, user["id"]).user()["active"] is False
    else:
        got = scim.get("/Users/" + user["id"]).user()
        assert scim.put("/Users/" + user["id"], {**got, "active": False}).user()["active"] is False
    assert account(example, body["userName"]) is None
    assert groups_of(example, body["userName"]) == set()
    left = scim.get("/Users/" + user["id"]).user()
    assert left["active"] is False and left["userName"] == body["userName"]
    assert not {"name", "addresses", "emails", "displayName"} & set(left)
    assert "Mustermann" not in str(example.db.query(
        "SELECT doc FROM scim_resource WHERE id = '%s'" % user["id"]))
    assert okta.find_user(body["userName"])["active"] is False


def test_h3_who_comes_back_is_a_new_user(example, scim):
    body = member("h3", country="Germany")
    user = scim.post("/Users", body).user(201)
    example.db.execute("UPDATE haiilo_account SET shares = 12 WHERE email = '%s'"
                       % body["userName"])
    before = account(example, body["userName"])
    assert deactivate(scim, user["id"]).status == 200
    got = scim.get("/Users/" + user["id"]).user()
    back = scim.put("/Users/" + user["id"], {**got, **body}).user()
    assert back["id"] == user["id"] and back["active"] is True
    after = account(example, body["userName"])
    assert after[0] != before[0] and after[3] == "0"


def test_h3_who_is_activated_before_the_profile_comes_is_an_empty_account(example, okta, scim):
    """As an app of Okta's catalogue does: PATCH of active alone, then the profile."""
    body = member("h3", country="Germany")
    user = scim.post("/Users", body).user(201)
    before = account(example, body["userName"])
    assert deactivate(scim, user["id"]).status == 200
    assert reactivate(scim, user["id"]).user()["active"] is True
    after = account(example, body["userName"])
    assert after[0] != before[0] and after[1] == ""
    okta.push_profile(user["id"], {"name": body["name"]})
    assert account(example, body["userName"])[:2] == (after[0], body["name"]["givenName"])


def test_h4_users_from_before_are_matched_and_the_others_untouched(example, okta, scim):
    email = login("early", DOMAIN)
    example.db.execute("INSERT INTO haiilo_account (email, first_name, last_name, shares) VALUES "
                       "('%s', 'Early', 'Bird', 41)" % email)
    others = example.db.query("SELECT * FROM haiilo_account WHERE email <> '%s' ORDER BY 1" % email)
    before = account(example, email)
    user = okta.find_user(email.upper())
    assert user["name"]["givenName"] == "Early"
    okta.push_profile(user["id"], {"name": {"givenName": "Earlier", "familyName": "Bird"}})
    assert account(example, email) == (before[0], "Earlier", "Bird", "41")
    assert example.db.query("SELECT * FROM haiilo_account WHERE email <> '%s' ORDER BY 1"
                            % email) == others
    assert account(example, "untouched@haiilo.example")[3] == "7"


@pytest.mark.parametrize("change,name", [
    ({"userName": "no-address"}, "userName"),
    ({"name": {"givenName": "Only"}}, "familyName"),
    ({"name": {"familyName": "Only"}}, "givenName"),
    ({"userName": None}, "userName")])
def test_h5_what_a_user_must_have(example, scim, change, name):
    body = {k: v for k, v in {**member("h5"), **change}.items() if v is not None}
    assert name in scim.post("/Users", body).error(400, "invalidValue")["detail"]
    assert account(example, body.get("userName", "")) is None


def test_h6_the_country_is_a_group_that_exists(example, scim):
    body = member("h6", country="Finland")
    user = scim.post("/Users", body).user(201)
    assert groups_of(example, body["userName"]) == {"Finland"}
    change = {"op": "replace", "path": 'addresses[type eq "work"].country', "value": "Germany"}
    assert scim.patch("/Users/" + user["id"], change).status == 200
    assert groups_of(example, body["userName"]) == {"Germany"}


@pytest.mark.parametrize("country", ["finland", "Atlantis"])
def test_h6_any_other_country_refuses_the_whole_request(example, scim, country):
    body = member("h6", country=country, locality="Nowhere in " + country)
    error = scim.post("/Users", body).error(400, "invalidValue")
    assert "400.76" in error["detail"] and "Group does not exist" in error["detail"]
    assert "country" in error["detail"]
    assert account(example, body["userName"]) is None
    assert example.db.query("SELECT 1 FROM haiilo_group WHERE name LIKE 'Nowhere%'") == []
    assert scim.find("Users", 'userName eq "%s"' % body["userName"]) == []


def test_h6_h7_groups_of_the_application_are_taken_over_when_they_are_named(example, scim):
    """Also those that no one has looked at: what is there is not made again, and keeps its members."""
    name = "Country %s" % login("h6", DOMAIN)[3:11]
    early = login("early", DOMAIN)
    example.db.execute("INSERT INTO haiilo_group (name) VALUES ('%s'), ('%s team')" % (name, name))
    example.db.execute("INSERT INTO haiilo_account (email, first_name, last_name) VALUES "
                       "('%s', 'Early', 'Bird')" % early)
    example.db.execute("INSERT INTO haiilo_group_member SELECT group_id, account_id FROM "
                       "haiilo_group, haiilo_account WHERE name = '%s team' AND email = '%s'"
                       % (name, early))
    before = example.db.query("SELECT group_id, name FROM haiilo_group ORDER BY 1")
    body = member("h6", country=name, locality=name.upper() + " TEAM")
    scim.post("/Users", body).user(201)
    assert groups_of(example, body["userName"]) == {name, name + " team"}
    assert groups_of(example, early) == {name + " team"}
    assert example.db.query("SELECT group_id, name FROM haiilo_group ORDER BY 1") == before


def test_h7_locality_and_region_are_teams_made_on_demand(example, scim):
    one = member("h7", locality="Tampere", region="Pirkanmaa")
    two = member("h7", locality="TAMPERE")
    scim.post("/Users", one).user(201)
    scim.post("/Users", two).user(201)
    assert groups_of(example, one["userName"]) == {"Tampere", "Pirkanmaa"}
    assert groups_of(example, two["userName"]) == {"Tampere"}


def test_h7_two_users_at_once_make_one_team(example, token):
    bodies = [member("race", locality=("Oulu" if i % 2 else "oulu")) for i in range(12)]
    answers = []

    def create(body):
        answers.append(example.tenant("/api/scim/v2", token).scim().post("/Users", body).status)
    threads = [threading.Thread(target=create, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [201] * 12
    assert len(example.db.query("SELECT 1 FROM haiilo_group WHERE LOWER(name) = 'oulu'")) == 1
    assert all(len(groups_of(example, body["userName"])) == 1 for body in bodies)


def test_h8_unsupported_attributes_have_no_side_effects(example, scim):
    body = {**member("h8"), "title": "Engineer", "userType": "admin", "roles": [{"value": "root"}],
            "entitlements": [{"value": "all"}], "x509Certificates": [{"value": "AAAA"}]}
    user = scim.post("/Users", body).user(201)
    assert not {"title", "userType", "roles", "entitlements", "x509Certificates"} & set(user)
    assert account(example, body["userName"])[1:] == ("Mia", "Mustermann", "0")


def test_h9_groups_are_not_served(scim):
    assert scim.get("/Groups").status == 404
    assert scim.post("/Groups", {"schemas": [URN_GROUP], "displayName": "x"}).status == 404
    assert [t["name"] for t in scim.list("ResourceTypes")["Resources"]] == ["User"]


@pytest.mark.parametrize("end", ["scim", "delete"])
def test_h10_a_token_dies_with_its_owner(example, scim, end):
    """Also when the owner is deprovisioned by SCIM, with that very token."""
    body = member("owner")
    user = scim.post("/Users", body).user(201)
    secret, _ = new_token(example, TENANT, "--owner", body["userName"])
    owned = example.tenant("/api/scim/v2", secret).scim()
    assert owned.get("/Users?count=1").status == 200
    if end == "scim":
        assert deactivate(owned, user["id"]).status == 200
    else:
        assert owned.delete("/Users/" + user["id"]).status == 204
    assert owned.get("/Users?count=1").status == 401
    assert scim.get("/Users?count=1").status == 200


def test_h10_a_token_needs_an_owner(example):
    example.scimctl("token", "create", "--tenant", TENANT, "--label", "nobody", code=1)


def test_h11_delete_deletes(example, scim):
    body = member("h11")
    user = scim.post("/Users", body).user(201)
    assert scim.delete("/Users/" + user["id"]).status == 204
    assert account(example, body["userName"]) is None
    assert scim.get("/Users/" + user["id"]).status == 404
    query = "/Users?filter=" + quote('userName eq "%s"' % body["userName"])
    assert scim.get(query).list()["totalResults"] == 0


def test_h11_a_user_assigned_before_is_provisioned_again(example, scim, okta):
    """"Provision User": the lookup finds the user, so nothing is made twice."""
    body = member("h11")
    user = scim.post("/Users", body).user(201)
    assert okta.find_user(body["userName"])["id"] == user["id"]
    assert reactivate(scim, user["id"]).user()["active"] is True

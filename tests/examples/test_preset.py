# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""conf/examples/preset.conf behaves like Preset: a test for each of the rows P1 to P16."""

import json
import urllib.parse

import pytest
import requests

from oauth_client import check_page
from okta_app import EXTENSION, deactivate, login, new_token, profile, reactivate
from okta_wire import URN_ERROR, URN_USER, member_ids, quote

DOMAIN = "preset.example"
REDIRECT = "https://system-admin.okta.com/admin/app/cpc/preset/oauth/callback"
ADMINS = {"ada@preset.example": "ada's word", "zoe@preset.example": "zoe's word"}


def password_file():
    """As htpasswd -s writes it; SHA-1 is enough for a test."""
    import base64
    import hashlib
    return "".join("%s:{SHA}%s\n" % (name, base64.b64encode(
        hashlib.sha1(word.encode()).digest()).decode()) for name, word in ADMINS.items())


@pytest.fixture(scope="session")
def prepared(serve):
    example = serve("preset", {"preset-admins": password_file()})
    for team in ("acme", "other"):
        example.scimctl("tenant", "create", team)
        example.scimctl("adopt", "--tenant", team, "--apply")
    return example


@pytest.fixture
def example(prepared):
    return prepared


@pytest.fixture(scope="session")
def tokens(prepared):
    """A token of each team; its owner is a member of it."""
    return {"acme": new_token(prepared, "acme", "--owner", "ada@preset.example")[0],
            "other": new_token(prepared, "other", "--owner", "carol@preset.example")[0]}


def base(team):
    return "/v1/teams/%s/scim/v2" % team


@pytest.fixture
def scim(example, tokens):
    return example.tenant(base("acme"), tokens["acme"]).scim()


@pytest.fixture
def other(example, tokens):
    return example.tenant(base("other"), tokens["other"]).scim()


@pytest.fixture
def okta(example, tokens):
    return example.tenant(base("acme"), tokens["acme"]).okta("oin")


def account(example, email):
    """(account_id, first_name, last_name) of the global account, or None."""
    rows = example.db.query("SELECT account_id, first_name, last_name FROM preset_account WHERE "
                            "email = '%s'" % email)
    assert len(rows) <= 1
    return rows[0] if rows else None


def teams_of(example, email):
    return {team for team, in example.db.query(
        "SELECT m.team FROM preset_team_member m JOIN preset_account a ON a.account_id = "
        "m.account_id WHERE a.email = '%s'" % email)}


# ---- OAuth ----

@pytest.fixture(scope="session")
def client(prepared):
    """Okta's app, known to all teams. @return (client id, secret)"""
    made = json.loads(prepared.scimctl("client", "create", "--tenant", "acme", "--every-tenant", "--name", "Okta",
                                       "--redirect", REDIRECT, "--json"))
    return made["id"], made["secret"]


def consent(example, client, admin="ada@preset.example", state="a state=&%20 +/ü", **change):
    """The administrator's browser: page, button, redirect. @return the redirect's parameters"""
    browser = requests.Session()
    browser.trust_env = False
    browser.verify = example.ca
    browser.auth = (admin, ADMINS[admin])
    query = {"response_type": "code", "client_id": client[0], "redirect_uri": REDIRECT,
             "state": state, "scope": "scim", **change}
    page = browser.get(example.url("/oauth/acme/authorize"), params=query, timeout=60,
                       allow_redirects=False)
    assert page.status_code == 200, page.text
    form = dict(check_page(page).fields, decision="allow")
    done = browser.post(page.url, data=form, timeout=60, allow_redirects=False)
    assert done.status_code in (302, 303), done.text
    target = urllib.parse.urlsplit(done.headers["Location"])
    assert done.headers["Location"].startswith(REDIRECT + "?")
    return dict(urllib.parse.parse_qsl(target.query, strict_parsing=True))


def ask_token(example, client, basic=False, **form):
    if not basic:
        form.update(client_id=client[0], client_secret=client[1])
    return requests.post(example.url("/oauth/acme/token"), data=form, verify=example.ca,
                         timeout=60, auth=client if basic else None)


@pytest.mark.parametrize("basic", [False, True])
def test_p1_authenticate_with_preset(example, client, basic):
    state = "a state=&%20 +/ü"
    got = consent(example, client, state=state)
    assert got["state"] == state
    answer = ask_token(example, client, basic, grant_type="authorization_code", code=got["code"],
                       redirect_uri=REDIRECT)
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    assert tokens["token_type"] == "Bearer" and tokens["refresh_token"]
    scim = example.tenant(base("acme"), tokens["access_token"]).scim()
    assert scim.get("/Users?startIndex=1&count=2").status == 200
    again = ask_token(example, client, basic, grant_type="refresh_token",
                      refresh_token=tokens["refresh_token"])
    assert again.status_code == 200 and again.json()["access_token"] != tokens["access_token"]


def test_p1_needs_a_signed_in_administrator_and_a_listed_redirect(example, client):
    url = example.url("/oauth/acme/authorize")
    query = {"response_type": "code", "client_id": client[0], "redirect_uri": REDIRECT}
    assert requests.get(url, params=query, verify=example.ca, timeout=60).status_code == 401
    query["redirect_uri"] = REDIRECT + "/elsewhere"
    answer = requests.get(url, params=query, verify=example.ca, timeout=60, allow_redirects=False,
                          auth=("ada@preset.example", ADMINS["ada@preset.example"]))
    assert answer.status_code == 400 and "Location" not in answer.headers


def test_p2_the_token_dies_with_its_owners_place_and_another_takes_over(example, client, scim):
    zoe = scim.post("/Users", profile("zoe@preset.example", "Zoe", "Second")).user(201)
    link = scim.post("/Users", profile(login("kept", DOMAIN))).user(201)
    code = consent(example, client, admin="zoe@preset.example")["code"]
    tokens = ask_token(example, client, grant_type="authorization_code", code=code,
                       redirect_uri=REDIRECT).json()
    hers = example.tenant(base("acme"), tokens["access_token"]).scim()
    assert hers.get("/Users?count=1").status == 200
    assert deactivate(scim, zoe["id"]).status == 200
    assert "authenticate" in hers.get("/Users?count=1").error(401)["detail"]
    again = ask_token(example, client, grant_type="refresh_token",
                      refresh_token=tokens["refresh_token"])
    assert again.status_code == 400 and again.json()["error"] == "invalid_grant"
    code = consent(example, client, admin="ada@preset.example")["code"]
    tokens = ask_token(example, client, grant_type="authorization_code", code=code,
                       redirect_uri=REDIRECT).json()
    new = example.tenant(base("acme"), tokens["access_token"]).scim()
    assert new.get("/Users/" + link["id"]).user()["id"] == link["id"]
    scim.delete("/Users/" + zoe["id"])


def test_p3_the_team_is_in_the_path(example, tokens, scim, other):
    user = scim.post("/Users", profile(login("p3", DOMAIN))).user(201)
    assert user["meta"]["location"] == example.url(base("acme")) + "/Users/" + user["id"]
    assert other.get("/Users/" + user["id"]).status == 404
    foreign = example.tenant(base("other"), tokens["acme"]).scim()
    assert foreign.get("/Users?count=1").status in (401, 403, 404)
    nobody = example.tenant(base("no-such-team"), tokens["acme"]).scim()
    assert nobody.get("/Users?count=1").status in (401, 403, 404)


def test_p4_a_team_is_switched_on_and_off(example, scim, other):
    example.scimctl("tenant", "off", "acme")
    try:
        assert scim.get("/Users?count=1").status == 403
        assert other.get("/Users?count=1").status == 200
    finally:
        example.scimctl("tenant", "on", "acme")
    assert scim.get("/Users?count=1").status == 200


@pytest.mark.parametrize("known", [False, True])
def test_p5_a_pushed_user_is_added_to_the_team(example, scim, known):
    email = login("p5", DOMAIN)
    if known:
        example.db.execute("INSERT INTO preset_account VALUES ('auth0|%s', '%s', 'Old', 'Name')"
                           % (email, email))
    scim.post("/Users", profile(email, "New", "Name")).user(201)
    assert teams_of(example, email) == {"acme"}
    found = account(example, email)
    assert found[1:] == ("New", "Name")
    if known:
        assert found[0] == "auth0|" + email


def test_p6_deactivated_is_out_of_the_team_and_not_out_of_preset(example, scim, other):
    email = login("p6", DOMAIN)
    user = scim.post("/Users", profile(email)).user(201)
    elsewhere = other.post("/Users", profile(email)).user(201)
    group = scim.add_group("Group " + email, [user["id"]])
    before = account(example, email)
    assert teams_of(example, email) == {"acme", "other"}
    assert deactivate(scim, user["id"]).user()["active"] is False
    assert account(example, email) == before
    assert teams_of(example, email) == {"other"}
    assert member_ids(scim.get("/Groups/" + group["id"]).group()) == set()
    assert other.get("/Users/" + elsewhere["id"]).user()["active"] is True
    assert scim.get("/Users/" + user["id"]).user()["active"] is False
    assert reactivate(scim, user["id"]).user()["id"] == user["id"]
    assert teams_of(example, email) == {"acme", "other"}


def test_p7_profile_updates(example, scim, okta):
    user = scim.post("/Users", profile(login("p7", DOMAIN))).user(201)
    okta.push_profile(user["id"], {"name": {"givenName": "Augusta", "familyName": "King"}})
    assert account(example, user["userName"])[1:] == ("Augusta", "King")


def test_p8_roles_of_a_group_survive_its_new_name(example, scim, okta):
    user = scim.post("/Users", profile(login("p8", DOMAIN))).user(201)
    group = okta.create_group("Analysts", [user["id"]])["id"]
    key = example.db.query("SELECT group_id FROM preset_group WHERE name = 'Analysts'")[0][0]
    example.db.execute("INSERT INTO preset_grant VALUES ('%s', 'Sales', 'PresetGamma')" % key)
    okta.rename_group(group, "Senior analysts")
    assert example.db.query("SELECT g.name, r.role FROM preset_group g JOIN preset_grant r ON "
                            "r.group_id = g.group_id WHERE g.team = 'acme' AND g.group_id = '%s'"
                            % key) == [("Senior analysts", "PresetGamma")]
    okta.delete_group(group)


def test_p9_an_unlinked_group_is_deleted_and_its_members_stay(example, scim, okta):
    user = scim.post("/Users", profile(login("p9", DOMAIN))).user(201)
    group = okta.create_group("Short lived", [user["id"]])["id"]
    key = example.db.query("SELECT group_id FROM preset_group WHERE name = 'Short lived'")[0][0]
    example.db.execute("INSERT INTO preset_grant VALUES ('%s', 'Sales', 'PresetAlpha')" % key)
    okta.delete_group(group)
    for table in ("preset_group", "preset_group_member", "preset_grant"):
        assert example.db.query("SELECT * FROM %s WHERE group_id = '%s'" % (table, key)) == []
    assert scim.get("/Users/" + user["id"]).user()["active"] is True
    assert teams_of(example, user["userName"]) == {"acme"}


def test_p10_members_from_before_are_found(example, scim, okta):
    user = okta.find_user("bob@preset.example")
    assert user["name"]["familyName"] == "Before" and user["active"] is True
    scim.post("/Users", profile("bob@preset.example")).error(409, "uniqueness")
    assert okta.find_user("carol@preset.example") is None  # not in this team


def test_p11_a_duplicate_says_where_the_user_is(scim):
    email = login("p11", DOMAIN)
    scim.post("/Users", profile(email)).user(201)
    answer = scim.post("/Users", profile(email))
    error = answer.error(409, "uniqueness")
    assert error["schemas"] == [URN_ERROR]
    assert "team" in error["detail"] or "tenant" in error["detail"]


def test_p12_the_enterprise_extension_may_be_empty(scim):
    body = profile(login("p12", DOMAIN))
    body["schemas"] = [URN_USER, EXTENSION]
    assert scim.post("/Users", body).status == 201
    body = profile(login("p12", DOMAIN))
    body.update({"schemas": [URN_USER, EXTENSION], EXTENSION: {}})
    assert scim.post("/Users", body).status == 201


def test_p13_pages_of_a_hundred_with_members(scim):
    user = scim.post("/Users", profile(login("p13", DOMAIN))).user(201)
    made = [scim.add_group("Page %03d" % i, [user["id"]])["id"] for i in range(102)]
    page = scim.list("Groups", "startIndex=1")
    assert page["itemsPerPage"] == 100 and page["totalResults"] >= 102
    assert all("members" in g for g in page["Resources"] if g["displayName"].startswith("Page"))
    assert scim.list("Groups", "startIndex=101")["itemsPerPage"] == page["totalResults"] - 100
    for ident in made:
        scim.delete("/Groups/" + ident)


def test_p14_ids_are_opaque(scim, okta):
    user = okta.find_user("bob@preset.example")
    assert user["id"] == "samlp|acme|bob@preset.example"
    for path in (user["id"], quote(user["id"])):
        assert scim.get("/Users/" + path).user()["id"] == user["id"]
    group = okta.create_group("Opaque", [user["id"]])["id"]
    assert member_ids(okta.get_group(group, [user["id"]])) == {user["id"]}
    assert [g["id"] for g in scim.find("Groups", 'members[value eq "%s"]' % user["id"])] == [group]
    okta.change_members(group, "Opaque", remove=[user["id"]])
    okta.get_group(group, [])
    okta.delete_group(group)


def test_p15_items_per_page_is_what_was_returned(scim):
    page = scim.list("Users", "count=1")
    assert page["itemsPerPage"] == len(page["Resources"]) == 1


def test_p16_roles_can_be_read(scim):
    types = {t["name"]: t["endpoint"] for t in scim.list("ResourceTypes")["Resources"]}
    assert types["Role"] == "/Roles"
    role = scim.post("/Roles", {"schemas": ["urn:okta:scim:schemas:core:1.0:Role"],
                                "displayName": "Workspace Admin"})
    role.must_be(201)
    assert [r["displayName"] for r in scim.list("Roles")["Resources"]] == ["Workspace Admin"]
    scim.delete("/Roles/" + role.json["id"])

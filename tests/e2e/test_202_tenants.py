# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Whose resources: tenants by path and by token, aliases of a base, switched off, ids of any kind."""

import pytest
import requests

import conf
from env import Tenant
from issuer import sign_secret
from okta_wire import URN_GROUP, URN_USER, member_ids, quote
from test_010_config import configtest
from tokens import Stored, make_tenant, switch_tenant

TOKEN = "ScimToken sha256:" + "ab" * 32
NUMBERS = iter(range(1000))


def team(env, name, version="v2", token=None):
    """A client of a tenant of the place "/v1/teams"."""
    return Tenant(name, env.base("tenants", "/v1/teams/%s/scim/%s" % (name, version)), token or "none")


@pytest.fixture
def teams(env):
    """Two teams that the database knows, each with a token: (tenant, token), twice."""
    number = next(NUMBERS)
    both = []
    for side in "ab":
        name = "team-%s%d" % (side, number)
        make_tenant(env, name)
        token = Stored(env, name, state="on")
        both.append((team(env, name, token=token.secret), token))
    return both


# ---- by path ----

def test_202_01_the_path_names_the_tenant(teams):
    (one, _), (two, _) = teams
    mine, other = one.scim(), two.scim()
    user = mine.add_user("jane")
    assert user["meta"]["location"] == "%s/Users/%s" % (one.base, user["id"])
    assert mine.get("/Users/" + user["id"]).user() == user
    assert mine.get("/Users").list()["totalResults"] == 1
    assert other.get("/Users").list()["totalResults"] == 0
    other.get("/Users/" + user["id"]).error(404)
    assert other.add_user("jane")["id"] != user["id"]
    assert mine.get("/ServiceProviderConfig").json["meta"]["location"].startswith(one.base)


def test_202_02_a_team_is_not_opened_by_anothers_token(teams):
    (one, _), (two, token) = teams
    user = one.scim().add_user("jane")
    for path in ("/Users/" + user["id"], "/Users", "/Users/nobody", "/Schemas"):
        one.scim(token=token.secret).get(path).error(401)
    one.scim(token=token.secret).delete("/Users/" + user["id"]).error(401)
    assert one.scim().get("/Users/" + user["id"]).user() == user


@pytest.mark.parametrize("name", [
    "nobody", "..%2f", "%7Btenant%7D", "{tenant}", "a" * 65, "team%20a", "x'--", "a;b"])
def test_202_03_unknown_teams(env, teams, name):
    (_, token), _ = teams
    for path in ("/Users", "/Users/x"):
        answer = team(env, name).scim(token=token.secret).get(path)
        assert answer.status == 401
        team(env, name).scim(token="wrong").get(path).error(401)


def test_202_04_a_team_is_a_whole_segment(env):
    for path in ("/v1/teams/a/b/scim/v2/Users", "/v1/teams//scim/v2x", "/v1/teams/a/scim/v3/Users"):
        got = requests.get(env.base("tenants", path), timeout=30)
        assert got.status_code == 404
        assert "scim+json" not in got.headers.get("Content-Type", "")


def test_202_05_a_tenant_must_be_known(env):
    """A token of the configuration is for one tenant, which the database must know all the same."""
    number = next(NUMBERS)
    static = team(env, "team-static", token=conf.token_of("team-static"))
    new = team(env, "team-new", token=conf.token_of("team-new"))
    stored = Stored(env, "team-unmade-%d" % number)
    for client in (new.scim(), team(env, "team-unmade-%d" % number).scim(token=stored.secret)):
        client.get("/Users").error(404)
        client.get("/Users/x").error(404)
        client.post("/Users", {"schemas": [URN_USER], "userName": "x"}).error(404)
    make_tenant(env, "team-static")
    assert static.scim().get("/Users").status == 200
    team(env, "team-static").scim(token=conf.token_of("team-new")).get("/Users").error(401)
    make_tenant(env, "team-unmade-%d" % number)
    assert team(env, "team-unmade-%d" % number).scim(token=stored.secret).get("/Users").status == 200
    switch_tenant(env, "team-static", "off")
    static.scim().get("/Users").error(403)
    switch_tenant(env, "team-static", "on")
    assert static.scim().get("/Users").status == 200
    env.db.execute("DELETE FROM scim_tenant WHERE tenant = 'team-static'")


def test_202_06_a_section_for_one_team(env, teams):
    """Directives for one tenant of the path stand in a <Location> with its name."""
    (one, _), _ = teams
    make_tenant(env, "team-quiet")
    token = Stored(env, "team-quiet", state="on")
    quiet = team(env, "team-quiet").scim(token=token.secret)
    quiet.get("/Groups").error(404)
    assert quiet.get("/Users").status == 200
    assert one.scim().get("/Groups").status == 200
    env.db.execute("DELETE FROM scim_tenant WHERE tenant = 'team-quiet'")


def test_202_07_each_tenant_of_a_path_has_its_own_limit(env, log):
    log.expect("SCIM3161")
    clients = []
    for side in "ab":
        name = "rated-%s-%s" % (side, env.db.name)
        make_tenant(env, name)
        token = Stored(env, name, state="on")
        clients.append(Tenant(name, env.base("tenants", "/rated/" + name), token.secret).scim())
    one, two = clients
    assert [one.get("/Users/x").status for _ in range(7)] == [404] * 5 + [429] * 2
    assert [two.get("/Users").status for _ in range(6)] == [200] * 5 + [429]


# ---- by token ----

def test_202_08_the_token_names_the_tenant(env):
    base = env.base("tenants", "/any/scim/v2")
    clients = []
    for side in "ab":
        name = "any-%s%d" % (side, next(NUMBERS))
        clients.append(Tenant(name, base, Stored(env, name).secret).scim())
    one, two = clients
    user = one.add_user("jane")
    assert one.get("/Users/" + user["id"]).user() == user
    two.get("/Users/" + user["id"]).error(404)
    two.patch("/Users/" + user["id"], {"op": "replace", "value": {"active": False}}).error(404)
    assert two.get("/Users").list()["totalResults"] == 0
    assert two.add_user("jane")["id"] != user["id"]
    group = one.add_group("G", [user["id"]])
    assert one.get("/Users/" + user["id"]).json["groups"][0]["value"] == group["id"]
    Tenant("x", base, "wrong").scim().get("/Users/" + user["id"]).error(401)
    static = Tenant("any-static", base, conf.token_of("any-static")).scim()
    static.get("/Users/" + user["id"]).error(404)


@pytest.mark.parametrize("name", ["", "a" * 65, "a b", "../any", "ä", "%s", 7, None, ["any"]])
def test_202_21_a_claim_that_is_no_tenants_name(env, name):
    claims = {"iss": "https://idp.example", "aud": "scim", "sub": "x", "exp": 32503680000}
    base = env.base("tenants", "/any/scim/v2")
    good = Tenant("x", base, sign_secret({**claims, "tenant": "any-claimed"})).scim()
    assert good.get("/Users").list()["totalResults"] == 0
    wrong = Tenant("x", base, sign_secret({**claims, "tenant": name})).scim()
    for path in ("/Users", "/Users/x"):
        assert wrong.get(path).error(401) == Tenant("x", base, "wrong").scim().get(path).error(401)


def test_202_09_several_directories_on_one_host(env):
    """Each directory is a tenant with a client of its own."""
    one, two = (Tenant("dir-" + n, env.base("tenants", "/dirs/" + n), Stored(env, "dir-" + n).secret)
                for n in ("one", "two"))
    user = one.scim().add_user("jane")
    two.scim().get("/Users/" + user["id"]).error(404)
    two.scim(token=one.token).get("/Users/" + user["id"]).error(401)
    assert two.scim().add_user("jane")["id"] != user["id"]
    one.scim().delete("/Users/" + user["id"])


def test_202_10_one_name_in_two_databases(env):
    """Two tenants of one name know nothing of each other, nor do their tokens."""
    here = Tenant("dir-one", env.base("tenants", "/dirs/one"), Stored(env, "dir-one").secret)
    there = Tenant("dir-one", env.base("second", "/dirs/one"),
                   Stored(env, "dir-one", execute=env.db.execute_second).secret)
    user = here.scim().add_user("both")
    there.scim().get("/Users/" + user["id"]).error(404)
    there.scim(token=here.token).get("/Users").error(401)
    here.scim(token=there.token).get("/Users").error(401)
    other = there.scim().add_user("both")
    assert there.scim().get("/Users/" + other["id"]).user() == other
    here.scim().delete("/Users/" + user["id"])
    assert there.scim().get("/Users/" + other["id"]).status == 200
    there.scim().delete("/Users/" + other["id"])


# ---- switched off ----

def test_202_11_provisioning_switched_off(env, take):
    tenant = take("switched_off")
    token = Stored(env, tenant.name)
    scim = tenant.scim(token=token.secret)
    for path in ("/Users", "/Users/x", "/Schemas", "/ServiceProviderConfig"):
        assert "switched off" in scim.get(path).error(403)["detail"]
    scim.post("/Users", {"schemas": [URN_USER], "userName": "x"}).error(403)
    tenant.scim(token="wrong").get("/Users").error(401)


def test_202_12_a_tenant_switched_off_in_the_database(env, take):
    tenant = take("stored")
    token = Stored(env, tenant.name)
    scim = tenant.scim(token=token.secret)
    user = scim.add_user("jane")
    make_tenant(env, tenant.name)
    assert scim.get("/Users/" + user["id"]).status == 200
    switch_tenant(env, tenant.name, "off")
    scim.get("/Users/" + user["id"]).error(403)
    scim.get("/Users").error(403)
    scim.delete("/Users/" + user["id"]).error(403)
    tenant.scim(token="wrong").get("/Users/" + user["id"]).error(401)
    switch_tenant(env, tenant.name, "on")
    assert scim.get("/Users/" + user["id"]).user() == user


# ---- names of endpoints and bases ----

def test_202_13_a_base_by_other_names(env):
    clients = [Tenant("alias", env.base("tenants", path), conf.token_of("alias")).scim()
               for path in ("/alias/api/V1", "/alias/api/v1", "/alias/SCIM")]
    user = clients[0].add_user("jane")
    for client in clients:
        got = client.get("/Users/" + user["id"]).user()
        assert got["meta"]["location"] == "%s/Users/%s" % (client.base, user["id"])
        assert client.find("Users", 'userName eq "jane@example.com"')[0]["id"] == user["id"]
    assert clients[1].delete("/Users/" + user["id"]).status == 204
    clients[2].get("/Users/" + user["id"]).error(404)
    for path in ("/alias/api/V2/Users", "/alias/scim/Users", "/alias"):
        got = requests.get(env.base("tenants", path), timeout=30)
        assert "scim+json" not in got.headers.get("Content-Type", ""), path


def test_202_14_an_alias_of_a_path_with_a_tenant(env, teams):
    (one, _), _ = teams
    user = one.scim().add_user("jane")
    other = team(env, one.name, "V2", one.token).scim()
    assert other.get("/Users/" + user["id"]).user()["meta"]["location"].startswith(other.base)


@pytest.mark.parametrize("name", [
    "users", "groups", "schemas", "resourcetypes", "serviceproviderconfig", "USERS",
    "SERVICEPROVIDERCONFIG", "ResourceTYPES"])
def test_202_15_endpoints_in_any_case(tenant, name):
    assert tenant.scim().get("/" + name).status == 200


def test_202_16_more_endpoints_in_any_case(tenant):
    scim = tenant.scim()
    user = scim.post("/users", {"schemas": [URN_USER], "userName": "x"}).user(201)
    assert user["meta"]["location"].endswith("/Users/" + user["id"])
    assert scim.get("/users/" + user["id"]).user() == user
    scim.get("/users/" + user["id"].upper()).error(404)
    search = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}
    assert scim.post("/USERS/.Search", search).list()["totalResults"] == 1
    assert scim.post("/.SEARCH", search).list()["totalResults"] == 1
    bulk = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
        {"method": "DELETE", "path": "/users/" + user["id"]}]}
    assert scim.post("/bulk", bulk).json["Operations"][0]["status"] == "204"
    scim.get("/me").error(501)


# ---- ids ----

IDS = ["samlp|example|user@example.com", "a+b", "50%", "a/b", "a b", "265", "G602", "x?y#z", "é",
       "...", "report.gz", "%2F", "a;b=c,d"]


@pytest.mark.parametrize("flavour", ["plain", "stored"])
@pytest.mark.parametrize("name", IDS)
def test_202_17_an_id_is_any_text(env, take, flavour, name):
    """As it may come from the application: in paths, in members, in filters, in locations."""
    tenant = take(flavour)
    token = tenant.token if flavour == "plain" else Stored(env, tenant.name).secret
    scim = tenant.scim(token=token)
    made = scim.add_user("jane")["id"]
    env.db.execute("UPDATE scim_resource SET id = '%s', doc = REPLACE(doc, '%s', '%s') "
                   "WHERE tenant = '%s'" % (name, made, name, tenant.name))
    env.db.execute("UPDATE scim_value SET value = '%s' WHERE tenant = '%s' AND value = '%s'" % (
        name, tenant.name, made))
    path = "/Users/" + quote(name)
    user = scim.get(path).user()
    assert user["id"] == name
    assert user["meta"]["location"].startswith(tenant.base + "/Users/")
    located = user["meta"]["location"][len(tenant.base):]
    assert scim.get(located).user() == user
    group = scim.post("/Groups", {"schemas": [URN_GROUP], "displayName": "G",
                                  "members": [{"value": name}]}).group(201)
    assert member_ids(group) == {name}
    assert scim.find("Users", 'id eq "%s"' % name)[0]["id"] == name
    assert scim.find("Groups", 'members.value eq "%s"' % name)[0]["id"] == group["id"]
    left = scim.patch("/Groups/" + group["id"],
                      {"op": "remove", "path": 'members[value eq "%s"]' % name})
    assert member_ids(left.json) == set()
    assert scim.patch(path, {"op": "replace", "path": "title", "value": "T"}).user()["title"] == "T"
    assert scim.put(path, {"schemas": [URN_USER], "userName": "jane2"}).user()["id"] == name
    assert scim.delete(path).status == 204
    scim.get(path).error(404)


# ---- the configuration ----

BY_PATH = "ScimEnable On\nScimBase /t/{tenant}/v2\nScimTenantBy path\n"
MISTAKES = [
    (BY_PATH + TOKEN, "SCIM3212", "would open every tenant"),
    (BY_PATH + "ScimTenant a\nScimTokenStore On", "SCIM3210", "ScimTenant"),
    (BY_PATH + "ScimTrustUser On", "SCIM3210", "ScimTrustUser"),
    (BY_PATH + "ScimTokenStore On\nScimBaseAlias /t/v2", "SCIM3210", "{tenant}"),
    ("ScimEnable On\nScimBase /t/{tenant}/v2\nScimTenant a\n" + TOKEN, "SCIM3210", "{tenant}"),
    ("ScimEnable On\nScimBase /t\nScimTenantBy path\nScimTokenStore On", "SCIM3210", "{tenant}"),
    ("ScimEnable On\nScimBase /t\nScimTenantBy token\n" + TOKEN, "SCIM3212", "every tenant"),
    ("ScimEnable On\nScimBase /t\nScimTenantBy token", "SCIM3002", "ScimTokenStore"),
    ("ScimEnable On\nScimBase /t\nScimTenantBy token\nScimTenant a\nScimTokenStore On", "SCIM3210",
     "ScimTenant"),
    ("ScimEnable On\nScimBase /t\nScimTenant a", "SCIM3002", "ScimTrustUser"),
    ("ScimEnable On\nScimBase /t\nScimTenant a\n" + TOKEN + " tenant=b", "SCIM3212", "tenant b"),
    ("ScimEnable On\nScimBase /t\nScimTenant a\nScimTokenOwner required\nScimTokenStore On\n"
     + TOKEN, "SCIM3211", "ScimTokenOwner"),
    ("ScimEnable On\nScimBase /t/x\nScimTenant a\n" + TOKEN + "\nScimBaseAlias /other",
     "SCIM3214", "/other"),
    ("ScimEnable On\nScimBase /t/x\nScimTenant a\n" + TOKEN + "\nScimBaseAlias /t/x/y",
     "SCIM3215", "/t/x/y"),
    ("ScimEnable On\nScimBase /t/x\nScimTenant a\n" + TOKEN + "\nScimBaseAlias /t/y /t/y",
     "SCIM3215", "/t/y"),
]


@pytest.mark.parametrize("lines,msgid,about", MISTAKES, ids=[str(i) for i in range(len(MISTAKES))])
def test_202_18_what_contradicts_itself(tmp_path, lines, msgid, about):
    code, said = configtest(tmp_path, lines, "<Location /t>")
    assert code != 0 and msgid in said and about in said, said


GOOD = [
    BY_PATH + "ScimTokenStore On\nScimBaseAlias /t/{tenant}/V2 /t/x/{tenant}",
    BY_PATH + TOKEN + " okta tenant=acme owner=jane",
    "ScimEnable On\nScimBase /t\nScimTenantBy token\nScimTokenStore On\nScimTokenLimit 1\n"
    "ScimTokenLifetime 60 315360000 86400",
    "ScimEnable On\nScimBase /t\nScimTenantBy name\nScimTenant a\nScimTrustUser On\n"
    "ScimProvisioning Off\nScimTokenLifetime 60 never",
    "ScimEnable On\nScimBase /t\nScimTenant a\nScimTokenStore On\nScimTokenOwner required\n"
    "ScimTokenLifetime 60 never never",
    "ScimEnable On\nScimBase /t\nScimTenant a\n" + TOKEN + " tenant=a",
]


@pytest.mark.parametrize("lines", GOOD, ids=[str(i) for i in range(len(GOOD))])
def test_202_19_what_does_not(tmp_path, lines):
    code, said = configtest(tmp_path, lines, "<Location /t>")
    assert code == 0, said


def test_202_20_an_alias_in_a_section_of_its_own(tmp_path):
    """There another tenant may hold, or nothing at all: not guessed but refused."""
    lines = ("ScimEnable On\nScimBase /t/x\nScimTenant a\n" + TOKEN + "\nScimBaseAlias /t/y\n"
             "</Location>\n<Location /t/y>\n")
    code, said = configtest(tmp_path, lines + "ScimEnable Off", "<Location /t>")
    assert code != 0 and "SCIM3214" in said, said
    code, said = configtest(tmp_path, lines + "ScimMaxScan 5", "<Location /t>")
    assert code == 0, said
    code, said = configtest(tmp_path, lines + TOKEN + " tenant=b", "<Location /t>")
    assert code != 0 and "SCIM3212" in said, said

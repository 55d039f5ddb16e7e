# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""The console's page and API: what a tenant's admin sees and may do, and what nobody else may."""

import base64
import os
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

import conf_console
import tokens
from conf import token_of
from conf_oauth import admin_password
from console_client import Console, check_json, check_page, of_tenant
from database import TOP
from env import wait_until
from oauth_client import Client
from okta_wire import URN_USER
from scim_http import RawConnection, Scim
from test_010_config import GOOD, configtest
from test_120_outage import away, with_server
from test_240_map import profile

SCRIPT = "<script>alert('x')</script>"


@pytest.fixture
def place(take):
    return take("console")


@pytest.fixture
def console(place):
    made = of_tenant(place)
    yield made
    made.close()


def one_for_all(env, name, flavour):
    """The console of a tenant that many tests share, for they leave it as it was."""
    if not hasattr(env, name):
        setattr(env, name, of_tenant(env.take(flavour)))
    return getattr(env, name)


@pytest.fixture
def common(env):
    return one_for_all(env, "common_console", "console")


@pytest.fixture
def oauth(env, take):
    """(tenant, its console, a client of its authorization server)"""
    tenant = take("console_oauth")
    made = of_tenant(tenant)
    client = Client(env, env.base("console", "/t/%s/oauth" % tenant.name), tenant.name)
    yield tenant, made, client
    client.close()
    made.close()


def opens(tenant, token):
    return tenant.scim(token=token).get("/Users?count=1").status == 200


# ---- the page ----

def test_340_01_the_page(common):
    answer = common.send("GET", "/")
    check_page(answer)
    assert answer.status_code == 200 and answer.text == conf_console.FILES["index.html"]
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    again = common.send("GET", "/", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304 and not again.content
    head = common.send("HEAD", "/index.html")
    assert head.status_code == 200 and not head.content
    assert head.headers["ETag"] == answer.headers["ETag"]
    assert head.headers["Content-Length"] == str(len(answer.content))


@pytest.mark.parametrize("name, media", [("console.js", "text/javascript; charset=utf-8"),
                                         ("console.css", "text/css; charset=utf-8"),
                                         ("dot.svg", "image/svg+xml")])
def test_340_02_parts_of_the_page(common, name, media):
    answer = common.send("GET", "/" + name)
    check_page(answer)
    assert answer.text == conf_console.FILES[name] and answer.headers["Content-Type"] == media


def test_340_03_without_the_slash(common):
    answer = common.send("GET", "")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/" + common.url.split("/", 3)[3] + "/"


@pytest.mark.parametrize("path", [
    "/secret.txt", "/.hidden.html", "/Upper.html", "/sub", "/sub/", "/nothing.html",
    "/index.html/", "/index.html%00", "//index.html/..%2f..%2fadmins",
    "/..%2fadmins", "/%2e%2e/admins", "/console.js/x", "/api", "/api/", "/api/sessions",
    "/api/session/", "/api/tokens/x", "/api/users/a/b",
    "/api/*", "/api/tokens/*"])
def test_340_04_nothing_else_is_there(common, path):
    answer = common.send("GET", path)
    assert answer.status_code in (400, 404, 405), answer.status_code
    if answer.headers["Content-Type"] == "application/json":
        check_json(answer)


@pytest.mark.parametrize("method, path, allow", [
    ("POST", "/", "GET, HEAD"), ("PUT", "/console.js", "GET, HEAD"),
    ("DELETE", "/api/tokens", "GET, HEAD, POST"), ("OPTIONS", "/api/session", "GET, HEAD"),
    ("PATCH", "/api/users", "GET, HEAD"), ("GET", "/api/tokens/x/revoke", "POST"),
    ("PUT", "/api/users/x", "GET, HEAD"), ("TRACE", "/api/session", "GET, HEAD"),
    ("POST", "", "GET, HEAD"), ("OPTIONS", "", "GET, HEAD"),
    # Names of methods are not the same in lower case (RFC 9110 section 9.1).
    ("post", "/api/tokens/x/revoke", "POST"), ("post", "/api/tokens", "GET, HEAD, POST"),
    ("get", "/api/session", "GET, HEAD"), ("get", "/", "GET, HEAD")])
def test_340_05_methods(common, method, path, allow):
    answer = common.send(method, path)
    assert answer.status_code == 405 and answer.headers["Allow"] == allow
    check_json(answer)


def test_340_06_httpd_signs_in(place, console):
    stranger = of_tenant(place, None)
    for path in ("", "/", "/console.js", "/api/session", "/api/users"):
        assert stranger.send("GET", path).status_code == 401
    assert of_tenant(place, "second").open()["user"] == "second"
    assert console.open()["user"] == "admin"


def test_340_07_without_a_sign_in_nobody_is_served(take, log):
    nobody = of_tenant(take("console_nobody"), None)
    log.expect("SCIM3395")
    for path in ("/", "/console.js", "/api/session"):
        answer = nobody.send("GET", path)
        assert answer.status_code == 403
        assert "sign-in" in check_json(answer)["detail"]


def test_340_08_a_range_is_no_part_of_it(common):
    answer = common.send("GET", "/api/session", headers={"Range": "bytes=0-3"})
    assert answer.status_code == 200 and check_json(answer)["user"] == "admin"


# ---- the session ----

def test_340_10_the_session(env, place, console):
    got = console.open()
    assert got["tenant"] == place.name and got["user"] == "admin" and got["base"] == place.base
    assert got["can"] == {"tokens": True, "oauth": False, "audit": True, "seats": False,
                          "groups": True}
    assert got["limits"]["tokenLifetime"] == {"min": 60, "max": None, "default": None,
                                              "never": True}
    assert abs(got["now"] - tokens.now()) < 60000
    assert got["token"] != of_tenant(place, "second").open()["token"]


def test_340_11_what_a_place_can(take):
    assert of_tenant(take("console_static")).open()["can"]["tokens"] is False
    assert of_tenant(take("console_oauth")).open()["can"]["oauth"] is True
    assert of_tenant(take("console_quiet")).open()["can"]["audit"] is False
    ruled = of_tenant(take("console_rules")).open()["can"]
    assert ruled["seats"] is True and ruled["groups"] is False
    bounds = of_tenant(take("console_bounded")).open()["limits"]
    assert bounds["tokenLifetime"] == {"min": 3600, "max": 86400, "default": 86400,
                                       "never": False}
    assert bounds["tokens"] == 2 and bounds["tokenOwner"] is False
    assert of_tenant(take("console_owner")).open()["limits"]["tokenOwner"] is True


# ---- tokens ----

def test_340_20_the_life_of_a_token(place, console, log):
    log.expect("SCIM3397", "SCIM3398")
    made = console.make_token(label="Okta <b>", expires=86400)
    assert made["label"] == "Okta <b>" and made["creator"] == "admin" and made["owner"] is None
    assert made["state"] == "active" and made["used"] is None
    assert made["expires"] - made["created"] == 86400000
    assert re.fullmatch(r"scim_[A-Za-z0-9_-]{43}", made["secret"])
    assert opens(place, made["secret"])
    wait_until("the use to be noted", lambda: console.get("tokens")["tokens"][0]["used"])
    listed = console.get("tokens")
    assert listed["next"] is None and made["secret"] not in str(listed)
    assert [t["id"] for t in listed["tokens"]] == [made["id"]]
    revoked = console.post("tokens/%s/revoke" % made["id"])
    assert revoked["state"] == "revoked" and "secret" not in revoked
    assert not opens(place, made["secret"])
    assert console.post("tokens/%s/revoke" % made["id"], {})["revoked"] == revoked["revoked"]
    assert console.get("tokens")["tokens"][0]["state"] == "revoked"
    told = [line for line in log.lines() if "SCIM3397" in line or "SCIM3398" in line]
    assert len(told) == 2 and made["secret"] not in "\n".join(log.lines())
    for line, what in zip(told, ("made", "revoked")):
        assert "admin %s token %s of tenant %s" % (what, made["id"], place.name) in line


def test_340_21_never_and_usual(console):
    assert console.make_token()["expires"] is None
    assert console.make_token(expires=None)["expires"] is None


def test_340_22_tokens_page_by_page(env, place, console):
    for i in range(7):
        tokens.Stored(env, place.name, label="t%d" % i, created=1000 + i // 3)
    tokens.Stored(env, place.name, label="code", kind="code", created=5000)
    tokens.Stored(env, place.name, label="old", created=1, expires=2)
    seen = console.pages("tokens", "tokens", count=2)
    assert len(seen) == 8 and len({t["id"] for t in seen}) == 8
    assert [t["created"] for t in seen] == sorted((t["created"] for t in seen), reverse=True)
    assert seen[-1]["state"] == "expired" and seen[0]["label"] in ("t6",)


def test_340_23_bounds_of_a_place(take):
    console = of_tenant(take("console_bounded"))
    for expires in (None, 60, 86401):
        assert "after 3600 to 86400 seconds" in console.post(
            "tokens", {"label": "x", "expires": expires}, 400)["detail"]
    first = console.make_token()
    assert first["expires"] - first["created"] == 86400000
    console.make_token(expires=3600)
    assert "2 active tokens" in console.post("tokens", {"label": "x"}, 409)["detail"]
    console.post("tokens/%s/revoke" % first["id"])
    console.make_token()


def test_340_24_a_token_of_a_user(env, take):
    tenant = take("console_owner")
    console = of_tenant(tenant)
    assert "bound to a User" in console.post("tokens", {"label": "x"}, 400)["detail"]
    assert "no active user" in console.post("tokens", {"label": "x", "owner": "Jane@x"},
                                            400)["detail"]
    tokens.insert(env.db.execute, "scim_resource", tenant=tenant.name, type="User", id="jane-id",
                  ukey="jane@x", active=1, version=1, created=1, modified=1, write_id="w",
                  doc='{"schemas":["%s"],"id":"jane-id","userName":"Jane@x"}' % URN_USER)
    made = console.make_token(owner="jane@X")
    assert made["owner"] == "Jane@x" and opens(tenant, made["secret"])
    assert console.get("tokens")["tokens"][0]["owner"] == "Jane@x"


def test_340_25_where_tokens_are_the_operators(take):
    console = of_tenant(take("console_static"))
    assert "cannot be made here" in console.post("tokens", {"label": "x"}, 409)["detail"]
    assert console.get("tokens") == {"tokens": [], "next": None}


@pytest.mark.parametrize("body", [
    {}, {"label": ""}, {"label": None}, {"label": 5}, {"label": ["x"]}, {"label": "a\nb"},
    {"label": "x" * 256}, {"label": "x\u0007"}, {"label": "x", "expires": 0},
    {"label": "x", "expires": -1}, {"label": "x", "expires": 1.5},
    {"label": "x", "expires": "60"}, {"label": "x", "expires": True},
    {"label": "x", "expires": 10 ** 12}, {"label": "x", "expires": 59},
    {"label": "x", "owner": 7}, {"label": "x", "owner": "nobody' OR '1'='1"},
    {"label": "x", "owner": "x" * 5000}], ids=lambda v: str(v)[:40])
def test_340_26_what_no_token_can_be(common, body):
    common.post("tokens", body, 400)
    assert common.get("tokens")["tokens"] == []


@pytest.mark.parametrize("raw, status", [
    (b"", 400), (b"[]", 400), (b"null", 400), (b"{", 400), (b"{\"label\":\"a\",\"label\":\"b\"}", 400),
    (b"{\"label\":\"\xff\"}", 400), (b"{\"label\":\"\\u0000\"}", 400), (b"[" * 5000, 400),
    (b"{\"x\":\"" + b"y" * 70000 + b"\"}", 413)], ids=lambda v: str(v)[:20])
def test_340_27_bodies(common, raw, status):
    seal = common.open()["token"]
    answer = common.send("POST", "/api/tokens", raw, {
        "X-SCIM-Console": seal, "Content-Type": "application/json"})
    assert answer.status_code == status
    check_json(answer)


@pytest.mark.parametrize("media", [None, "text/plain", "application/x-www-form-urlencoded",
                                   "application/jsonx"])
def test_340_28_only_json(common, media):
    headers = {"X-SCIM-Console": common.open()["token"]}
    if media:
        headers["Content-Type"] = media
    answer = common.send("POST", "/api/tokens", b'{"label":"x"}', headers)
    assert answer.status_code == 415
    check_json(answer)


@pytest.mark.parametrize("id", ["nothing", "%00", "a%20b", "%27%20OR%201=1--", "x" * 3000,
                                "%F0%9F%98%80", "%ff", "%zz", "%2f", "*"])
def test_340_29_no_such_token(common, id):
    common.open()
    answer = common.send("POST", "/api/tokens/%s/revoke" % id, None,
                          {"X-SCIM-Console": common.seal})
    assert answer.status_code in (400, 404)
    check_json(answer)


def test_340_30_only_tokens_of_this_kind(env, place, console):
    """An OAuth token ends with its grant, not here."""
    access = tokens.Stored(env, place.name, kind="access")
    console.post("tokens/%s/revoke" % access.id, None, 404)
    assert opens(place, access.secret)


# ---- requests of other sites ----

def refused(console, headers):
    before = console.get("tokens")
    got = console.post("tokens", {"label": "forged"}, 403, headers)
    assert console.get("tokens") == before
    return got["detail"]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
def test_340_40_the_browser_says_that_another_site_asks(common, site):
    assert "Another site" in refused(common, {"Sec-Fetch-Site": site})


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1",
                                    "http://localhost", "file://", ""])
def test_340_41_another_origin(common, origin):
    assert "Another site" in refused(common, {"Sec-Fetch-Site": None, "Origin": origin})


def test_340_42_its_own_origin(console):
    console.open()
    origin = "/".join(console.url.split("/")[:3])
    for headers in ({"Sec-Fetch-Site": None, "Origin": origin}, {"Sec-Fetch-Site": None},
                    {"Origin": "https://proxy.example"}):
        console.post("tokens", {"label": "own"}, 201, headers)


def test_340_43_without_the_pages_proof(common):
    assert "X-SCIM-Console" in refused(common, {"X-SCIM-Console": None})


def test_340_44_another_proof(env, place, console, take):
    seal = console.open()["token"]
    until, mac = seal.split(".")
    others = [of_tenant(place, "second").open()["token"], of_tenant(take("console")).open()["token"],
              "%d.%s" % (int(until) + 1, mac), "%s.%s" % (until, "0" * 64), until, "." + mac, "x",
              seal + "0", seal[:-1], "9" * 30 + "." + mac, "-1." + mac, "1." + mac]
    for other in others:
        assert "load it again" in refused(console, {"X-SCIM-Console": other})
    assert console.make_token()["creator"] == "admin"


def test_340_45_proofs_of_one_place_are_none_at_another(env):
    def at(path):
        ca = env.root + "/conf/cert.pem"
        return Console("https://localhost:%d%s" % (env.ports["console_tls"], path), ca=ca)
    one, other = at("/console"), at("/other")
    assert one.open()["base"].startswith("https://localhost:")
    assert "load it again" in one.post("tokens", {"label": "x"}, 403,
                                       {"X-SCIM-Console": other.open()["token"]})["detail"]
    one.make_token()


def test_340_46_reading_needs_no_proof_and_changes_nothing(common):
    for path in ("session", "tokens", "users", "groups", "clients", "grants", "activity", "setup"):
        common.get(path)


# ---- users and groups ----

def ids(rows):
    return [row["id"] for row in rows]


def test_340_50_users_page_by_page(place, console):
    scim = place.scim()
    made = [scim.add_user("u%02d" % i)["id"] for i in range(25)]
    first = console.get("users", count=10)
    assert ids(first["users"]) == made[:10] and first["total"] == 25
    assert ids(console.pages("users", "users", count=10)) == made
    one = first["users"][0]
    assert set(one) == {"id", "userName", "displayName", "active", "created", "modified"}
    assert one["userName"] == "u00@example.com" and one["active"] is True
    assert one["created"] == one["modified"] and abs(one["created"] - tokens.now()) < 600000


def test_340_51_by_name_and_by_mail(place, console):
    scim = place.scim()
    ann = scim.add_user("ann", displayName="Smith, Ann", emails=[{"value": "a.smith@x"}])
    bob = scim.add_user("smith", displayName="Bob", emails=[{"value": "bob@x"}])
    eve = scim.add_user("eve", displayName="Eve", emails=[{"value": "Smith.E@x"}])
    assert ids(console.get("users", q="smith")["users"]) == ids([bob, ann, eve])
    assert ids(console.pages("users", "users", q="SMITH", count=1)) == ids([bob, ann, eve])
    assert ids(console.get("users", q="smith, a")["users"]) == [ann["id"]]
    assert console.get("users", q="mith")["users"] == []
    assert console.get("users", q="smith")["total"] is None


@pytest.mark.parametrize("q", ["%", "_", "a%", "'", "' OR 1=1 --", '"', '") or (id pr', "\\", "\\\"",
                               "😀", "*", "x" * 200, "a and b", SCRIPT])
def test_340_52_any_text_is_only_looked_for(env, q):
    console = one_for_all(env, "searched_console", "console")
    scim = Scim(console.open()["base"], token_of(console.open()["tenant"]))
    assert console.get("users", q=q)["users"] == []
    found = scim.post("/Users", {"schemas": [URN_USER], "userName": q + "'s"}).user(201)
    scim.post("/Users", {"schemas": [URN_USER], "userName": "plain"})
    assert ids(console.get("users", q=q)["users"]) == [found["id"]]
    scim.delete("/Users/" + found["id"])


@pytest.mark.parametrize("query", [
    {"q": "x" * 201}, {"q": "a\nb"}, {"count": "0"}, {"count": "-1"}, {"count": "x"},
    {"count": "1" * 20}, {"cursor": "x"}, {"cursor": "0.x"}, {"cursor": "9."}, {"cursor": "2.zz"},
    {"cursor": "0." + "A" * 3000}], ids=lambda v: str(v)[:40])
def test_340_53_what_cannot_be_asked(common, query):
    common.get("users", 400, **query)


def test_340_54_a_cursor_is_good_for_its_question_only(place, console):
    scim = place.scim()
    for i in range(4):
        scim.add_user("x%d" % i)
    next_one = console.get("users", count=2)["next"]
    console.get("users", 400, q="x", cursor=next_one)
    assert len(console.get("users", cursor=next_one)["users"]) == 2


def test_340_55_one_user(place, console):
    scim = place.scim()
    user = scim.add_user("jane", displayName=SCRIPT, nickName="J")
    group = scim.add_group("Team & Co", [user["id"]])
    scim.patch("/Users/" + user["id"], {"op": "replace", "path": "title", "value": "Boss"})
    got = console.get("users/" + user["id"])
    assert got["resource"] == scim.get("/Users/" + user["id"]).json
    assert got["resource"]["displayName"] == SCRIPT
    assert [g["value"] for g in got["groups"]] == [group["id"]] and got["mapped"] is None
    assert [(row["op"], row["attrs"]) for row in got["history"]][0] == ("patch", ["title"])
    assert got["history"][-1]["op"] == "create" and len(got["history"]) == 2
    assert "password" not in str(got)


def test_340_56_groups_and_their_members(place, console):
    scim = place.scim()
    users = [scim.add_user("m%02d" % i)["id"] for i in range(12)]
    other = scim.add_group("Other")
    group = scim.add_group("Engineering", users + [other["id"]])
    listed = console.get("groups")
    assert ids(listed["groups"]) == [other["id"], group["id"]] and listed["total"] == 2
    assert ids(console.get("groups", q="eng")["groups"]) == [group["id"]]
    first = console.get("groups/" + group["id"], count=5)
    assert first["resource"]["displayName"] == "Engineering" and first["total"] == 13
    assert "members" not in first["resource"] and first["history"][-1]["op"] == "create"
    members = console.pages("groups/" + group["id"], "members", count=5)
    assert sorted(m["id"] for m in members) == sorted(users + [other["id"]])
    assert {m["type"] for m in members} == {"User", "Group"}
    assert "Other" in [m["display"] for m in members]


@pytest.mark.parametrize("path", ["users/nothing", "groups/nothing", "users/" + "x" * 100,
                                  "users/%F0%9F%98%80", "groups/a%20b"])
def test_340_57_nobody(common, path):
    assert "There is no" in common.detail(path, 404)


def test_340_58_types_are_not_mixed_up(place, console):
    scim = place.scim()
    user, group = scim.add_user("one"), scim.add_group("One")
    console.get("users/" + group["id"], 404)
    console.get("groups/" + user["id"], 404)


def test_340_59_mapped_columns(env, take):
    tenant = take("console_mapped")
    console, scim = of_tenant(tenant), tenant.scim()
    user = scim.post("/Users", profile("jane@x", userType="admin")).user(201)
    got = console.get("users/" + user["id"])["mapped"]
    values = {m["column"]: m["value"] for m in got}
    assert values["login"] == "jane@x" and values["role"] == "ADMIN" and values["active"] == "1"
    assert values["given"] == "Jane" and values["floor"] is None and int(values["id"])
    assert {m["table"] for m in got} == {"people"}
    env.db.execute("UPDATE people SET given = 'Changed there' WHERE org = '%s'" % tenant.name)
    got = console.get("users/" + user["id"])
    assert {m["column"]: m["value"] for m in got["mapped"]}["given"] == "Changed there"
    assert got["resource"]["name"]["givenName"] == "Jane"
    group = scim.add_group("Team")
    assert {m["column"]: m["value"] for m in console.get("groups/" + group["id"])["mapped"]}[
        "name"] == "Team"


def test_340_60_looking_adopts_nobody(env, take):
    tenant = take("console_mapped")
    tokens.insert(env.db.execute, "people", org=tenant.name, login="before@x", given="Be")
    console = of_tenant(tenant)
    assert console.get("users")["users"] == [] and console.get("users", q="before")["users"] == []
    assert not int(env.db.query(
        "SELECT COUNT(*) FROM scim_resource WHERE tenant = '%s'" % tenant.name)[0][0])
    assert len(tenant.scim().list("Users")["Resources"]) == 1


def test_340_61_what_the_tenant_does_not_offer(take):
    tenant = take("console_rules")
    console, scim = of_tenant(tenant), tenant.scim()
    user = scim.post("/Users", {"schemas": [URN_USER], "userName": "jane@x", "displayName": "Jane",
                                "userType": "user"}).user(201)
    listed = console.get("users", q="jane")["users"]
    assert ids(listed) == [user["id"]] and listed[0]["displayName"] is None
    console.get("groups", 404)
    console.get("groups/x", 404)
    assert console.get("users/" + user["id"])["groups"] == []


# ---- OAuth ----

def test_340_70_clients(oauth, log):
    tenant, console, other = oauth
    log.expect("SCIM3399", "SCIM3400")
    made = console.post("clients", {"name": "My <b>app</b>", "redirects": [other.redirect]}, 201)
    assert made["auth"] == "secret" and made["state"] == "active" and made["shared"] is False
    assert re.fullmatch(r"scim_[A-Za-z0-9_-]{43}", made["secret"])
    listed = console.get("clients")["clients"]
    assert {c["id"] for c in listed} == {made["id"], other.id}
    assert made["secret"] not in str(listed)
    other.id, other.secret = made["id"], made["secret"]
    assert opens(tenant, other.tokens()["access_token"])
    got = console.post("clients/%s/revoke" % made["id"])
    assert got["state"] == "revoked" and made["secret"] not in "\n".join(log.lines())
    assert console.post("clients/%s/revoke" % made["id"])["state"] == "revoked"
    assert other.token(grant_type="client_credentials")[0] in (400, 401)


@pytest.mark.parametrize("body", [
    {}, {"name": ""}, {"name": 5}, {"name": "x" * 256}, {"name": "a\nb"},
    {"name": "x", "redirects": "https://x"}, {"name": "x", "redirects": [5]},
    {"name": "x", "redirects": ["javascript:alert(1)"]}, {"name": "x", "redirects": ["/x"]},
    {"name": "x", "redirects": ["https://x/#y"]}, {"name": "x", "redirects": ["https://x"] * 51},
    {"name": "x", "auth": "none"}, {"name": "x", "auth": 5},
    {"name": "x", "auth": "private_key_jwt", "jwksUri": "https://x/keys"}], ids=lambda v: str(v)[:40])
def test_340_71_what_no_client_can_be(env, body):
    console = one_for_all(env, "client_console", "console_oauth")
    console.post("clients", body, 400)
    assert console.get("clients")["clients"] == []


def test_340_72_clients_with_keys(take):
    console = of_tenant(take("console_jwt"))
    key = {"kty": "EC", "crv": "P-256", "x": "a" * 43, "y": "b" * 43}
    made = console.post("clients", {"name": "keys", "auth": "private_key_jwt",
                                    "jwks": {"keys": [key]}}, 201)
    assert "secret" not in made
    made = console.post("clients", {"name": "uri", "auth": "private_key_jwt",
                                    "jwksUri": "https://x.example/keys"}, 201)
    assert made["jwksUri"] == "https://x.example/keys"
    for body in ({"auth": "secret"}, {}, {"auth": "private_key_jwt"},
                 {"auth": "private_key_jwt", "jwks": "no"}, {"auth": "private_key_jwt", "jwks": 5},
                 {"auth": "private_key_jwt", "jwksUri": "http://x.example/keys"},
                 {"auth": "private_key_jwt", "jwksUri": "http://127.0.0.1:9/keys"},
                 {"auth": "private_key_jwt", "jwksUri": "http://localhost/keys"},
                 {"auth": "private_key_jwt", "jwksUri": "file:///etc/passwd"},
                 {"auth": "private_key_jwt", "jwks": {"keys": [dict(key, d="private")]}}):
        console.post("clients", dict(body, name="x"), 400)
    assert len(console.get("clients")["clients"]) == 2


@pytest.mark.parametrize("number, uri, body", [
    (500, None, {}), (32, "https://x.example/keys",
                      {"auth": "private_key_jwt", "jwksUri": "https://y.example/keys"})],
    ids=["all", "with a jwksUri"])
def test_340_77_no_more_clients_than_a_list_may_have(env, take, number, uri, body):
    """Those that were revoked count, or making and revoking them in turn would have no end."""
    tenant = take("console_jwt" if uri else "console_oauth")
    console = of_tenant(tenant)
    row = "('%s-%%d', '%s', 'many', '%s', '', 1, 2, %s)" % (
        tenant.name, tenant.name, "private_key_jwt" if uri else "secret", tokens.literal(uri))
    many = "INSERT INTO scim_client (id, tenant, name, auth, redirects, created, revoked, jwks_uri) " \
        "VALUES %s"
    env.db.execute(many % ", ".join(row % i for i in range(number - 1)))
    console.post("clients", dict(body, name="last"), 201)
    assert "%d clients" % number in console.post("clients", dict(body, name="x"), 409)["detail"]
    assert len(console.get("clients")["clients"]) == number


def test_340_73_where_there_is_no_oauth(common):
    assert "OAuth" in common.post("clients", {"name": "x"}, 409)["detail"]
    assert common.get("clients") == {"clients": []}
    assert common.get("grants") == {"grants": [], "next": None}


def test_340_74_a_client_of_every_tenant_is_the_operators(env, oauth):
    tenant, console, _ = oauth
    shared = Client(env, env.base("console", "/t/%s/oauth" % tenant.name), "*")
    try:
        listed = {c["id"]: c for c in console.get("clients")["clients"]}
        assert listed[shared.id]["shared"] is True
        assert "operator" in console.post("clients/%s/revoke" % shared.id, None, 403)["detail"]
        assert opens(tenant, shared.tokens()["access_token"])
    finally:
        shared.close()


def test_340_75_grants(oauth, log):
    tenant, console, client = oauth
    log.expect("SCIM3401")
    log.tolerate("SCIM3255")  # what is revoked is brought once more
    first = client.tokens()
    second = client.tokens("second")
    client.refresh(first["refresh_token"])
    listed = console.get("grants")["grants"]
    assert [g["creator"] for g in listed] == ["second", "admin"]
    for grant in listed:
        assert grant["client"] == client.id and grant["clientName"] == "An application"
        assert grant["state"] == "active" and grant["expires"] is None and grant["owner"] is None
        assert abs(grant["created"] - tokens.now()) < 600000
    assert ids(console.pages("grants", "grants", count=1)) == ids(listed)
    got = console.post("grants/%s/revoke" % listed[0]["id"])
    assert got["state"] == "revoked" and got["creator"] == "second"
    assert console.post("grants/%s/revoke" % listed[0]["id"])["state"] == "revoked"
    assert not opens(tenant, second["access_token"])
    assert client.refresh(second["refresh_token"]) == (400, "invalid_grant")
    assert [g["state"] for g in console.get("grants")["grants"]] == ["revoked", "active"]
    console.post("grants/nothing/revoke", None, 404)


def test_340_76_what_becomes_of_a_grant(env, oauth):
    tenant, console, client = oauth
    jane = tenant.scim().post("/Users", {"schemas": [URN_USER], "userName": "jane@example.com"})
    client.tokens("jane@example.com")
    env.db.execute("UPDATE scim_token SET expires = 5 WHERE tenant = '%s' AND grant_id IS NOT NULL"
                   % tenant.name)
    grant, = console.get("grants")["grants"]
    assert grant["state"] == "expired" and grant["owner"] == "jane@example.com" and jane.status == 201
    client.tokens()
    console.post("clients/%s/revoke" % client.id)
    assert [g["state"] for g in console.get("grants")["grants"]] == ["revoked", "revoked"]


# ---- activity ----

def test_340_80_activity(place, console):
    def told(n):
        """A refusal gets into the trail when its answer is out: what follows could be faster."""
        wait_until("%d rows" % n, lambda: len(console.get("activity")["rows"]) == n)

    scim = place.scim()
    user = scim.add_user("jane")
    scim.patch("/Users/" + user["id"], {"op": "replace", "path": "title", "value": "x"})
    clash = scim.post("/Users", {"schemas": [URN_USER], "userName": "JANE@example.com"})
    assert clash.status == 409
    told(3)
    wrong = scim.patch("/Users/" + user["id"], {"op": "replace", "path": "nonsense.x", "value": 1})
    assert wrong.status == 400
    told(4)
    scim.delete("/Users/" + user["id"])
    rows = console.get("activity")["rows"]
    assert [(r["op"], r["status"]) for r in rows] == [
        ("delete", 204), ("patch", 400), ("create", 409), ("patch", 200), ("create", 201)]
    assert [r["seq"] for r in rows] == sorted((r["seq"] for r in rows), reverse=True)
    assert {r["actor"] for r in rows} == {"e2e"}
    failed = rows[2]
    assert failed["detail"] == clash.json["detail"] and failed["scimType"] == "uniqueness"
    assert failed["advice"].endswith(".") and rows[0]["advice"] is None
    assert rows[0]["name"] == "jane@example.com" and rows[3]["attrs"] == ["title"]
    seen, before = [], None
    while True:
        page = console.get("activity", count=2, **({"before": before} if before else {}))
        seen += page["rows"]
        before = page["next"]
        if before is None:
            break
    assert seen == rows
    assert [r["status"] for r in console.get("activity", outcome="failed")["rows"]] == [400, 409]
    assert [r["op"] for r in console.get("activity", outcome="ok", op="patch")["rows"]] == ["patch"]
    assert len(console.get("activity", who=user["id"])["rows"]) == 4
    assert len(console.get("activity", who="JANE@example.com")["rows"]) >= 4
    assert len(console.get("activity", who="e2e")["rows"]) == 5
    assert console.get("activity", who="' OR '1'='1")["rows"] == []


@pytest.mark.parametrize("query", [{"outcome": "x"}, {"before": "x"}, {"before": "-1"},
                                   {"before": "9" * 30}, {"count": "0"}, {"who": "x" * 201},
                                   {"op": "a\tb"}], ids=lambda v: str(v)[:40])
def test_340_81_what_cannot_be_asked_of_it(common, query):
    common.get("activity", 400, **query)


def deeds(console):
    """What admins did, the oldest first."""
    return [(r["op"], r["id"], r["name"], r["status"]) for r in reversed(
        console.get("activity")["rows"])]


def test_340_82_what_an_admin_does_is_there_too(oauth, log):
    tenant, console, client = oauth
    log.tolerate("SCIM3397", "SCIM3398", "SCIM3399", "SCIM3400", "SCIM3401")
    made = console.make_token(label="Okta <b>")
    new = console.post("clients", {"name": "An <b>app</b>"}, 201)
    client.tokens()
    grant, = console.get("grants")["grants"]
    for path in ("grants/" + grant["id"], "clients/" + new["id"], "tokens/" + made["id"]):
        console.post(path + "/revoke")
        console.post(path + "/revoke")  # changes nothing any more
    console.post("tokens", {"label": ""}, 400)
    assert deeds(console) == [
        ("token-create", made["id"], "Okta <b>", 201),
        ("client-create", new["id"], "An <b>app</b>", 201),
        ("grant-create", grant["id"], "An application", 201),
        ("grant-revoke", grant["id"], "An application", 200),
        ("client-revoke", new["id"], "An <b>app</b>", 200),
        ("token-revoke", made["id"], "Okta <b>", 200)]
    rows = console.get("activity")["rows"]
    assert {row["actor"] for row in rows} == {"admin"}
    assert len({row["request"] for row in rows}) == len(rows) and all(r["request"] for r in rows)
    assert made["secret"] not in str(rows) and new["secret"] not in str(rows)
    assert [r["op"] for r in console.get("activity", op="token-create")["rows"]] == ["token-create"]
    assert len(console.get("activity", who="OKTA <b>")["rows"]) == 2
    assert len(console.get("activity", who="admin")["rows"]) == 6


def test_340_83_without_a_trail_there_is_no_row(env, take):
    tenant = take("console_quiet")
    console = of_tenant(tenant)
    made = console.make_token()
    console.post("tokens/%s/revoke" % made["id"])
    assert env.db.query("SELECT op FROM scim_audit WHERE tenant = '%s'" % tenant.name) == []


def test_340_84_two_who_revoke_one_token_leave_one_row(place, console):
    made = console.make_token()
    both = [of_tenant(place, user) for user in ("admin", "second")]
    for one in both:
        one.open()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda one: one.post("tokens/%s/revoke" % made["id"]), both))
    assert [deed[0] for deed in deeds(console)] == ["token-create", "token-revoke"]


def test_340_85_the_console_takes_old_rows_out(env, place, console):
    """A tenant whose admin does all that is done keeps no row longer than another."""
    console.post("tokens/%s/revoke" % console.make_token(label="old")["id"])
    old = "tenant = '%s' AND name = 'old'" % place.name
    env.db.execute("UPDATE scim_audit SET at = at - %d WHERE %s" % (91 * 86400000, old))

    # One row in 128, at random, takes them out: that 5000 do not is less likely than a broken disk.
    for turn in range(2500):
        console.post("tokens/%s/revoke" % console.make_token(label="new")["id"])
        if turn % 20 == 0 and not env.db.query("SELECT seq FROM scim_audit WHERE " + old):
            return
    pytest.fail("the old rows are still there")


def test_340_86_the_page_has_a_filter_for_each_operation():
    """Those of the trail, by the names that its rows have."""
    with open(os.path.join(TOP, "mod_scim", "store", "scim_audit.h"), encoding="utf-8") as text:
        ops = set(re.findall(r'#define SCIM_AUDIT_[A-Z_]+ "([a-z-]+)"', text.read()))
    with open(os.path.join(TOP, "mod_scim", "console", "activity.js"), encoding="utf-8") as text:
        page = text.read()
    offered = page[page.index("const OP_OPTIONS"):]
    offered = set(re.findall(r'\["([a-z-]+)", "', offered[:offered.index("]];")]))
    assert len(ops) >= 13 and offered == ops and all(len(op) <= 16 for op in ops)


# ---- set-up ----

def checks(console):
    return {c["name"]: c["state"] for c in console.get("setup")["checks"]}


def test_340_90_the_checks_pass_one_by_one(take):
    tenant = take("console_oauth")
    console = of_tenant(tenant)
    got = console.get("setup")
    assert got["base"] == tenant.base and got["seats"] == []
    assert got["oauth"] == {"authorizationEndpoint": tenant.base[:-7] + "oauth/authorize",
                            "tokenEndpoint": tenant.base[:-7] + "oauth/token"}
    for check in got["checks"]:
        assert check["detail"].endswith(".") and check["state"] in ("ok", "missing", "unknown")
    assert checks(console) == {"tls": "missing", "token": "ok", "credentials": "unknown",
                               "user": "missing"}
    made = console.make_token()
    scim = tenant.scim(token=made["secret"])
    assert scim.list("Users")["totalResults"] == 0
    wait_until("the use to be noted", lambda: checks(console)["credentials"] == "ok")
    scim.add_user("first")
    assert checks(console)["user"] == "ok"


def test_340_91_nothing_is_set_up_yet(take):
    console = of_tenant(take("console_owner"))
    assert checks(console) == {"tls": "missing", "token": "missing", "credentials": "missing",
                               "user": "missing"}
    assert console.get("setup")["oauth"] is None


def test_340_92_attributes_and_their_rules(take):
    console = of_tenant(take("console_rules"))
    attributes = {(a["resource"], a["path"]): a for a in console.get("setup")["attributes"]}
    assert {path for _, path in attributes} <= {
        "userName", "name", "name.givenName", "active", "userType", "title", "externalId",
        "password"}
    kind = attributes["User", "userType"]
    assert kind["required"] is True and "must be admin or user" in " ".join(kind["rules"])
    assert "at most 20 characters" in " ".join(attributes["User", "title"]["rules"])
    assert not [path for resource, path in attributes if resource == "Group"]


def test_340_93_attributes_of_a_plain_tenant(common):
    attributes = {(a["resource"], a["path"]): a for a in common.get("setup")["attributes"]}
    assert attributes["User", "userName"]["required"] is True
    assert attributes["User", "emails.type"]["canonicalValues"]
    assert attributes["User", "password"]["mutability"] == "writeOnly"
    assert ("User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department") \
        in attributes
    assert ("User", "groups") not in attributes and ("User", "id") not in attributes
    assert attributes["Group", "displayName"]["type"] == "string"


def test_340_94_seats(take):
    tenant = take("console_rules")
    console, scim = of_tenant(tenant), tenant.scim()
    for name, kind in (("a", "admin"), ("b", "user")):
        assert scim.post("/Users", {"schemas": [URN_USER], "userName": name,
                                    "userType": kind}).status == 201
    seats = {s["name"]: (s["used"], s["max"]) for s in console.get("setup")["seats"]}
    assert sorted(seats.values()) == [(1, 1), (2, 3)]


# ---- whose console it is ----

def test_340_100_another_tenants_are_not_there(env, take):
    one, other = take("console_oauth"), take("console_oauth")
    mine, theirs = of_tenant(one), of_tenant(other)
    scim = other.scim()
    user, group = scim.add_user("jane"), scim.add_group("Team")
    token = theirs.make_token()
    client = Client(env, env.base("console", "/t/%s/oauth" % other.name), other.name)
    given = client.tokens()
    grant, = theirs.get("grants")["grants"]
    mine.get("users/" + user["id"], 404)
    mine.get("groups/" + group["id"], 404)
    for path in ("tokens/%s/revoke" % token["id"], "clients/%s/revoke" % client.id,
                 "grants/%s/revoke" % grant["id"]):
        mine.post(path, None, 404)
    for path, name in (("users", "users"), ("groups", "groups"), ("tokens", "tokens"),
                       ("clients", "clients"), ("grants", "grants"), ("activity", "rows")):
        assert mine.get(path)[name] == [] and theirs.get(path)[name] != [], path
    for who in (user["id"], "jane@example.com", "e2e"):
        assert mine.get("activity", who=who)["rows"] == []
    assert mine.get("users", q="jane")["users"] == []
    assert "owner" in mine.post("tokens", {"label": "x", "owner": "jane@example.com"}, 400)["detail"]
    assert checks(mine)["user"] == "missing"
    assert opens(other, token["secret"]) and opens(other, given["access_token"])


def test_340_101_cursors_of_another_tenant(env, take):
    one, other = take("console"), take("console")
    for tenant in (one, other):
        scim = tenant.scim()
        for i in range(3):
            scim.add_user("c%d" % i)
    next_one = of_tenant(other).get("users", count=1)["next"]
    of_tenant(one).get("users", 400, cursor=next_one)


def test_340_102_a_tenant_that_the_path_names(env):
    if not env.db.query("SELECT tenant FROM scim_tenant WHERE tenant = 'console-team'"):
        tokens.make_tenant(env, "console-team")
    console = Console(env.base("console", "/of-path"))
    got = console.open()
    assert got["tenant"] == "console-team" and got["can"]["oauth"] is True
    assert got["base"] == env.base("console", "/console-paths/console-team/scim/v2")
    made = console.make_token()
    assert Scim(got["base"], made["secret"]).list("Users")["totalResults"] == 0
    assert console.get("setup")["oauth"]["tokenEndpoint"].endswith(
        "/console-paths/console-team/oauth/token")


def test_340_103_names_are_shown_as_they_are(place, console):
    """The page makes text of them; the API changes nothing."""
    scim = place.scim()
    user = scim.add_user("x", displayName=SCRIPT)
    group = scim.add_group(SCRIPT + "</title>", [user["id"]])
    console.make_token(label=SCRIPT)
    assert console.get("tokens")["tokens"][0]["label"] == SCRIPT
    assert console.get("groups/" + group["id"])["members"][0]["display"] == SCRIPT
    assert of_tenant(place, "Tom <b>&amp;</b>").open()["user"] == "Tom <b>&amp;</b>"


# ---- a database that is away ----

@with_server
def test_340_110_the_database_is_away(env, take, log):
    tenant = take("console_oauth")
    console = of_tenant(tenant)
    user = tenant.scim().add_user("stay")
    console.open()
    made = console.make_token()
    log.expect("SCIM2001")
    with away(env, log, "stop"):
        assert console.send("GET", "/").status_code == 200
        for path in ("session", "tokens", "users", "users/" + user["id"], "groups", "groups/x",
                     "clients", "grants", "activity", "setup"):
            assert console.detail(path, 503), path
        for path, body in (("tokens", {"label": "x"}), ("clients", {"name": "x"}),
                           ("tokens/%s/revoke" % made["id"], None), ("grants/x/revoke", None)):
            console.post(path, body, 503)
    assert console.get("users/" + user["id"])["resource"]["id"] == user["id"]
    assert ids(console.get("tokens")["tokens"]) == [made["id"]]
    assert opens(tenant, made["secret"])


# ---- raw requests ----

@pytest.mark.parametrize("target", ["/api/session", "/api/session?x=%zz", "/api/users?q=%ff",
                                    "/api/users?q=a&q=b", "/api/users?q=%00"])
def test_340_120_queries(common, target):
    answer = common.send("GET", target)
    assert answer.status_code == (200 if target == "/api/session" or "session" in target else 400)
    check_json(answer)


ODD = ["%F0%9F%98%80", "%27%22%5C", "%25", "x" * 200, "%C3%A9", "1.%F0%9F%98%80", "0.", "1.", "2.",
       "0", "00", "9" * 15 + ".x", "-1", "1e3", "%E2%80%AE", "%EF%BF%BF"]


@pytest.mark.parametrize("path, name", [
    ("activity", "who"), ("activity", "op"), ("activity", "before"), ("activity", "outcome"),
    ("tokens", "cursor"), ("tokens", "count"), ("grants", "cursor"), ("users", "q"),
    ("users", "cursor"), ("groups", "q"), ("groups", "cursor")])
def test_340_122_odd_values_are_answered(common, path, name):
    for odd in ODD:
        answer = common.send("GET", "/api/%s?%s=%s" % (path, name, odd))
        assert answer.status_code in (200, 400), (odd, answer.text)
        check_json(answer)


def test_340_123_odd_cursors_of_members(place, console):
    scim = place.scim()
    group = scim.add_group("Odd", [scim.add_user("odd")["id"]])
    for odd in ("x", "-1", "1x", "9" * 30, "1.5", "%F0%9F%98%80"):
        answer = console.send("GET", "/api/groups/%s?cursor=%s" % (group["id"], odd))
        assert answer.status_code == 400, (odd, answer.text)
        check_json(answer)
    assert console.get("groups/" + group["id"], cursor="9" * 18)["members"] == []


def test_340_121_a_body_that_ends_early(common):
    seal = common.open()["token"]
    basic = base64.b64encode(("admin:" + admin_password("admin")).encode()).decode()
    with RawConnection(common.url) as raw:
        raw.head("POST", "/api/tokens", "Authorization: Basic " + basic, "X-SCIM-Console: " + seal,
                 "Content-Type: application/json", "Content-Length: 100")
        raw.send(b'{"label":')
        raw.sock.shutdown(1)
        answer = raw.answer("POST", check=False)
    assert answer.status == 400
    assert common.get("tokens")["tokens"] == []


# ---- the configuration ----

CONSOLE = "<Location /console>\nScimConsole On\n%s\nRequire all granted\n</Location>"


def config(tmp_path, lines, more="", files=True):
    folder = tmp_path / "page"
    folder.mkdir()
    if files:
        (folder / "index.html").write_text("<!DOCTYPE html>")
    return configtest(tmp_path, GOOD + "ScimConsoleFiles %s\n%s\n%s" % (
        folder, CONSOLE % lines, more), "<VirtualHost *:9>")


def test_340_130_a_good_one(tmp_path):
    code, said = config(tmp_path, "")
    assert code == 0 and "SCIM339" not in said, said


@pytest.mark.parametrize("lines, more, why", [
    ("ScimTenant other", "", "no place of this server .*serves the tenant other"),
    ("ScimConsoleFiles /nonexistent", "", "/nonexistent"),
    ("", "<Location />\nScimConsole On\n</Location>", "path of its own"),
    ("", "<Location /scim/v2/console>\nScimConsole On\n</Location>", "below a SCIM base"),
    ("", "ScimConsole On", "not allowed in <VirtualHost>"),
    ("", "<LocationMatch ^/c>\nScimConsole On\n</LocationMatch>", "pattern"),
    ("ScimConsole Perhaps", "", "On or Off")])
def test_340_131_mistakes(tmp_path, lines, more, why):
    code, said = config(tmp_path, lines, more)
    assert code != 0 and re.search(why, said), said


def test_340_132_no_page(tmp_path):
    code, said = config(tmp_path, "", files=False)
    assert code != 0 and "SCIM3390" in said and "index.html" in said


def test_340_133_nobody_is_asked_who_they_are(tmp_path):
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "index.html").write_text("<!DOCTYPE html>")
    code, said = configtest(tmp_path, GOOD + "ScimConsoleFiles %s\n<Location /console>\n"
                            "ScimConsole On\n</Location>" % folder, "<VirtualHost *:9>")
    assert code == 0 and "SCIM3391" in said


def test_340_134_switched_off_within(tmp_path):
    code, said = config(tmp_path, "ScimConsole Off\nScimTenant nobodys")
    assert code == 0, said

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Tokens of the database: many at once, dead on the next request, and no hint at what was wrong."""

import threading

import pytest

import conf
from env import Tenant, wait_until
from okta_wire import URN_USER
from scim_http import RawConnection
from test_120_outage import settle
from tokens import Stored, now

GROUPS = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "G"}
BULK = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
    {"method": "POST", "path": "/Users", "bulkId": "b", "data": {
        "schemas": [URN_USER], "userName": "bulk@example.com"}}]}
INACTIVE = {"op": "replace", "value": {"active": False}}
ACTIVE = {"op": "replace", "value": {"active": True}}


@pytest.fixture
def stored(env, take):
    """A tenant, one of its tokens, and a client with that."""
    tenant = take("stored")
    token = Stored(env, tenant.name)
    return tenant, token, tenant.scim(token=token.secret)


def requests_of(scim, user_id):
    """A request of every kind, each by itself: (name, function)."""
    return [
        ("get", lambda: scim.get("/Users/" + user_id)),
        ("get attributes", lambda: scim.get("/Users/%s?attributes=userName" % user_id)),
        ("head", lambda: scim.request("HEAD", "/Users/" + user_id)),
        ("get missing", lambda: scim.get("/Users/nobody")),
        ("get too long", lambda: scim.get("/Users/" + "x" * 100)),
        ("get bad query", lambda: scim.get("/Users/%s?attributes=%%zz" % user_id)),
        ("get group", lambda: scim.get("/Groups/" + user_id)),
        ("list", lambda: scim.get("/Users?count=1")),
        ("lookup", lambda: scim.get("/Users?filter=userName%20eq%20%22x%22")),
        ("search", lambda: scim.post("/Users/.search", {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]})),
        ("create", lambda: scim.post("/Users", {"schemas": [URN_USER], "userName": "n"})),
        ("bad body", lambda: scim.post("/Users", raw=b"{")),
        ("replace", lambda: scim.put("/Users/" + user_id, {
            "schemas": [URN_USER], "userName": "n"})),
        ("patch", lambda: scim.patch("/Users/" + user_id, INACTIVE)),
        ("delete", lambda: scim.delete("/Users/" + user_id)),
        ("bulk", lambda: scim.post("/Bulk", BULK)),
        ("me", lambda: scim.get("/Me")),
        ("config", lambda: scim.get("/ServiceProviderConfig")),
        ("schemas", lambda: scim.get("/Schemas")),
        ("no endpoint", lambda: scim.get("/Nonsense")),
        ("no method", lambda: scim.delete("/Users")),
        ("options", lambda: scim.request("OPTIONS", "/Users/" + user_id)),
    ]


def refused(answer):
    """What a refusal shows: status, body, challenge."""
    assert answer.status == 401, (answer.method, answer.path, answer.status)
    return answer.raw, answer.headers["WWW-Authenticate"]


def check_refused(scim, user_id, expected=None):
    """Every kind of request gets one and the same refusal. @return it"""
    for name, request in requests_of(scim, user_id):
        answer = request()
        got = refused(answer)
        if answer.method == "HEAD":
            continue
        expected = expected or got
        assert got == expected, name
        assert "Location" not in answer.headers and "ETag" not in answer.headers, name
    return expected


@pytest.mark.parametrize("form", [
    "Bearer {}", "bearer {}", "{}", "Bearer   {}", "Bearer Bearer {}"])
def test_200_01_the_ways_of_sending_it(stored, form):
    tenant, token, _ = stored
    client = tenant.scim(token="")
    for path in ("/Users?count=1", "/Users/nobody"):
        answer = client.get(path, headers={"Authorization": form.format(token.secret)})
        assert answer.status in (200, 404)
    assert client.get("/Users", headers={
        "Authorization": form.format(token.secret + "x")}).status == 401


def test_200_02_everything_works_with_it(stored, log):
    tenant, _, scim = stored
    user = scim.add_user("jane")
    got = scim.get("/Users/" + user["id"])
    assert got.user() == user and got.headers["ETag"] == user["meta"]["version"]
    assert scim.get("/Users/" + user["id"], headers={
        "If-None-Match": got.headers["ETag"]}).status == 304
    assert scim.get("/Users/%s?attributes=userName" % user["id"]).json["userName"]
    assert scim.request("HEAD", "/Users/" + user["id"]).status == 200
    group = scim.add_group("G", [user["id"]])
    assert scim.get("/Groups/" + group["id"]).json["members"][0]["value"] == user["id"]
    assert scim.get("/Users/" + user["id"]).json["groups"][0]["value"] == group["id"]
    assert scim.find("Users", 'userName eq "jane@example.com"')[0]["id"] == user["id"]
    assert scim.post("/Bulk", BULK).json["Operations"][0]["status"] == "201"
    scim.get("/Users/nobody").error(404)
    scim.get("/Me").error(501)
    assert scim.delete("/Users/" + user["id"]).status == 204
    scim.get("/Users/" + user["id"]).error(404)
    # The label is any text; the log's user is one word.
    by = "SCIM3030: POST create by Okta_of_%s in tenant %s" % (tenant.name, tenant.name)
    wait_until("the change in the log", lambda: any(by in line for line in log.lines()))


def test_200_03_many_are_active_and_one_is_revoked(env, stored):
    tenant, first, scim = stored
    tokens = [first] + [Stored(env, tenant.name) for _ in range(4)]
    clients = [scim] + [tenant.scim(token=t.secret) for t in tokens[1:]]
    user = scim.add_user("jane")
    for client in clients:
        assert client.get("/Users/" + user["id"]).status == 200
    tokens[2].revoke()
    check_refused(clients[2], user["id"])  # over the connection of before
    for i in (0, 1, 3, 4):
        assert clients[i].get("/Users/" + user["id"]).status == 200


def test_200_04_nobody_learns_which_part_was_right(env, stored, take):
    tenant, good, scim = stored
    user = scim.add_user("jane")
    other = take("stored")
    wrong = {
        "revoked": Stored(env, tenant.name, revoked=now() - 1),
        "expired": Stored(env, tenant.name, expires=now() - 1),
        "both": Stored(env, tenant.name, expires=now() - 1, revoked=now() - 1),
        "of another tenant": Stored(env, other.name),
        "a refresh token": Stored(env, tenant.name, kind="refresh"),
        "a code": Stored(env, tenant.name, kind="code"),
    }
    expected = check_refused(tenant.scim(token="nobody-has-this-token"), user["id"])
    for name, token in wrong.items():
        assert check_refused(tenant.scim(token=token.secret), user["id"], expected), name
    for near in (good.secret[:-1], good.secret + "0", good.secret.upper(), good.id):
        check_refused(tenant.scim(token=near), user["id"], expected)
    detail = tenant.scim(token="x").get("/Users").error(401)["detail"]
    assert "expired" in detail and "revoked" in detail
    assert scim.get("/Users/" + user["id"]).user() == user
    assert [u["id"] for u in scim.all("Users")] == [user["id"]]


def test_200_05_expiry_comes_by_itself(env, take):
    tenant = take("stored")
    user = tenant.scim(token=Stored(env, tenant.name).secret).add_user("jane")
    end = now() + 2000
    scim = tenant.scim(token=Stored(env, tenant.name, expires=end).secret)
    statuses = []

    def ask():
        statuses.append(scim.get("/Users/" + user["id"]).status)
        return statuses[-1] != 200
    wait_until("the token to expire", ask)
    assert statuses[-1] == 401 and now() >= end
    check_refused(scim, user["id"])


def test_200_06_access_tokens_open_too(env, take):
    tenant = take("stored")
    token = Stored(env, tenant.name, kind="access", grant_id="g", expires=now() + 60000)
    assert tenant.scim(token=token.secret).get("/Users").status == 200


def test_200_07_bound_tokens_die_with_their_owner(env, stored):
    """Also when it is the token itself that deactivates its owner."""
    tenant, _, scim = stored
    owner = scim.add_user("owner")
    other = scim.add_user("other")
    token = Stored(env, tenant.name, owner=owner["id"])
    bound = tenant.scim(token=token.secret)
    assert bound.get("/Users/" + other["id"]).status == 200
    assert bound.get("/Me").user()["id"] == owner["id"]
    assert bound.patch("/Users/" + owner["id"], INACTIVE).status == 200
    expected = check_refused(bound, other["id"])
    assert b"re-authenticate" in expected[0]
    scim.patch("/Users/" + owner["id"], ACTIVE)
    assert bound.get("/Users/" + other["id"]).status == 200
    assert bound.delete("/Users/" + owner["id"]).status == 204
    assert check_refused(bound, other["id"]) == expected
    assert scim.get("/Users/" + other["id"]).status == 200
    token.revoke()  # then nobody is asked to re-authenticate
    assert b"re-authenticate" not in check_refused(bound, other["id"])[0]


def test_200_08_tokens_must_be_bound(env, take):
    tenant = take("stored_owner")
    env.db.execute(
        "INSERT INTO scim_resource (tenant, type, id, ukey, version, created, modified, write_id, "
        "doc) VALUES ('%s', 'User', 'owner-of-%s', 'admin', 1, 1, 1, 'x', '{\"schemas\":[\"%s\"],"
        "\"id\":\"owner-of-%s\",\"userName\":\"Admin\"}')" % (
            tenant.name, tenant.name, URN_USER, tenant.name))
    env.db.execute("INSERT INTO scim_counter (tenant, type, slot, n) VALUES ('%s', 'User', 0, 1)"
                   % tenant.name)
    bound = Stored(env, tenant.name, owner="owner-of-" + tenant.name)
    scim = tenant.scim(token=bound.secret)
    user = scim.add_user("jane")
    assert scim.get("/Users/" + user["id"]).user() == user
    assert scim.get("/Me").json["userName"] == "Admin"
    check_refused(tenant.scim(token=Stored(env, tenant.name).secret), user["id"])
    scim.patch("/Users/owner-of-" + tenant.name, INACTIVE)
    assert b"re-authenticate" in check_refused(scim, user["id"])[0]


def test_200_09_an_owner_elsewhere_is_none(env, take):
    """The id of a User of another tenant, or of a group, binds a token to nobody alive."""
    tenant, other = take("stored"), take("stored")
    stranger = other.scim(token=Stored(env, other.name).secret).add_user("stranger")
    scim = tenant.scim(token=Stored(env, tenant.name).secret)
    group = scim.add_group("G")
    for owner in (stranger["id"], group["id"], "nobody"):
        bound = tenant.scim(token=Stored(env, tenant.name, owner=owner).secret)
        assert b"re-authenticate" in check_refused(bound, "x")[0]


def test_200_10_use_is_noted_once_a_minute(env, stored):
    tenant, token, scim = stored
    assert token.get("used") is None
    before = now()
    assert scim.get("/Users?count=1").status == 200
    wait_until("the use to be noted", lambda: token.get("used") is not None)
    assert int(token.get("used")) >= before
    just, long_ago = Stored(env, tenant.name), Stored(env, tenant.name)
    recently = now() - 5000
    just.set("used", recently)
    long_ago.set("used", now() - 3600000)
    assert tenant.scim(token=just.secret).get("/Users/nobody").status == 404
    assert tenant.scim(token=long_ago.secret).get("/Users/nobody").status == 404
    wait_until("the other use to be noted", lambda: int(long_ago.get("used")) >= before)
    assert int(just.get("used")) == recently
    refused_one = Stored(env, tenant.name, revoked=now())
    assert tenant.scim(token=refused_one.secret).get("/Users").status == 401
    assert refused_one.get("used") is None


def test_200_11_off_means_off(env, tenant):
    """Without ScimTokenStore a token of the database is none."""
    scim = tenant.scim()
    user = scim.add_user("jane")
    token = Stored(env, tenant.name)
    check_refused(tenant.scim(token=token.secret), user["id"])


def test_200_12_nothing_is_written_for_who_is_refused(env, stored):
    tenant, token, scim = stored
    user = scim.add_user("jane")
    before = [scim.all("Users"), scim.all("Groups")]
    token.revoke()
    check_refused(scim, user["id"])
    again = tenant.scim(token=Stored(env, tenant.name).secret)
    assert [again.all("Users"), again.all("Groups")] == before


def test_200_13_a_body_is_not_read_for_a_stranger(stored):
    """The refusal comes at once, and nobody asks for the body."""
    tenant, _, _ = stored
    with RawConnection(tenant.base, "wrong") as raw:
        raw.head("POST", "/Users", "Content-Type: application/scim+json",
                 "Content-Length: 1000000", "Expect: 100-continue")
        raw.answer().error(401)


def test_200_14_a_limit_counts_only_who_is_let_in(env, take, log):
    tenant = take("stored_limited")
    token = Stored(env, tenant.name)
    wrong = tenant.scim(token="wrong")
    for _ in range(20):
        assert wrong.get("/Users/nobody").status == 401
    scim = tenant.scim(token=token.secret)
    assert [scim.get("/Users/nobody").status for _ in range(5)] == [404] * 5
    log.expect("SCIM3161")
    assert [scim.get("/Users/nobody").status for _ in range(3)] == [429] * 3
    assert scim.get("/Users").status == 429
    assert wrong.get("/Users/nobody").status == 401


def test_200_15_revoked_under_load(env, stored):
    """Whatever begins after the revocation is refused, in every child."""
    tenant, token, scim = stored
    user = scim.add_user("jane")
    revoked, stop = threading.Event(), threading.Event()
    late, served = [], []

    def ask(path):
        client = tenant.scim(token=token.secret)
        while not stop.is_set():
            is_late = revoked.is_set()
            status = client.get(path).status
            (late if is_late else served).append(status)
            if is_late:
                break

    threads = [threading.Thread(target=ask, args=(path,)) for path in (
        "/Users/" + user["id"], "/Users?count=1", "/Schemas", "/Users/nobody") for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        wait_until("all to be served", lambda: len(served) > 60)
        token.revoke()
        revoked.set()
        for thread in threads:
            thread.join(60)
    finally:
        stop.set()
    assert late == [401] * len(threads)


def test_200_16_configured_ones_stay_beside(env, take):
    """Place "any": a token of the configuration and one of the database, each for its tenant."""
    place = Tenant("any-static", env.base("tenants", "/any/scim/v2"), conf.token_of("any-static"))
    token = Stored(env, "any-static")
    user = place.scim().add_user("static-%s" % env.db.name)
    assert place.scim(token=token.secret).get("/Users/" + user["id"]).user() == user


@pytest.mark.parametrize("env", ["mariadb"], indirect=True)
def test_200_17_without_a_database_nobody_is_refused(env, log, stored):
    """Nothing is known of any token then: 503, which a provider tries again, and not 401."""
    tenant, _, scim = stored
    user = scim.add_user("jane")
    log.database_lost()
    settle(env)
    env.db.stop()
    try:
        for client in (scim, tenant.scim(token="wrong")):
            for path in ("/Users/" + user["id"], "/Users?count=1", "/Schemas"):
                client.get(path).error(503)
    finally:
        env.db.start()
    wait_until("the database to be found again",
               lambda: scim.get("/Users/" + user["id"]).status == 200)
    assert tenant.scim(token="wrong").get("/Users/" + user["id"]).status == 401

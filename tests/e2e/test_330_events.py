# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Security events: the end of a user is told to an application, at least once and in order."""

import json
import os
import signal
import socket
import time

import jwt
import pytest

import bulk_client as bulk
from ctl import Ctl
from env import wait_until
from event_world import FLAVOURS, ISSUER, TOKEN, EventTenant, EventWorld, place
from load import together
from okta_client import user_profile
from okta_wire import URN_USER
from receiver import DROP, REVOKED, SCIM, Receiver, error
from test_120_outage import settle, with_server

OFF = {"op": "replace", "value": {"active": False}}
ON = {"op": "replace", "value": {"active": True}}


@pytest.fixture(scope="module")
def shared(env):
    made = EventWorld(env)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def world(shared):
    """What the main server says during a test is looked at when it has ended."""
    log = shared.main.log
    log.mark()
    yield shared
    for place in list(shared.receiver.places.values()):
        place.release()
    if log.reload_after:
        shared.main.reload()
    log.check()


def refused(tenant, post, n):
    """Wait until the n-th refusal of the oldest event is noted. The next try is due as it must be;
    it is made at once."""
    wait_until("the refusal to be noted", lambda: tenant.rows("tries")[0][0] == str(n))
    due = int(tenant.rows("due")[0][0]) / 1000
    pause = 10 * 2 ** (n - 1)
    # In whole milliseconds.
    assert post.at + pause <= due + 0.001 and due <= time.time() + pause
    tenant.hurry()


def once(world, message_id, tenant):
    """The message came for the tenant, and once only."""
    wait_until("%s for %s" % (message_id, tenant.name), lambda: world.said(message_id, tenant))
    assert len(world.said(message_id, tenant)) == 1, world.said(message_id, tenant)


# ---- what is said -------------------------------------------------------------------------------


def test_330_01_a_set_says_what_happened_to_whom(world, env):
    tenant = world.take()
    user = tenant.scim.add_user("jörg", externalId="ext-jörg")
    before = int(time.time())
    tenant.deactivate(user)
    after = time.time()
    post = tenant.all_delivered(1)[0]
    assert post.headers["Content-Type"] == "application/secevent+jwt"
    assert post.headers["Accept"] == "application/json"
    assert "Authorization" not in post.headers
    assert jwt.get_unverified_header(post.body) == {
        "alg": "ES256", "typ": "secevent+jwt", "kid": "key-1"}
    claims = post.verify(world.public["ec"], "ES256", tenant.url)
    # Another test's server may have had a tenant of this name.
    request = env.db.query("SELECT request FROM scim_audit WHERE tenant = '%s' AND op = "
                           "'deactivate' AND id = '%s'" % (tenant.name, user["id"]))[0][0]
    assert isinstance(claims["iat"], int) and before <= claims.pop("iat") <= after
    assert isinstance(claims["jti"], str) and len(claims.pop("jti")) >= 16
    assert claims == {
        "iss": ISSUER, "aud": tenant.url, "txn": request,
        "sub_id": {"format": "scim", "uri": "/Users/" + user["id"], "externalId": "ext-jörg",
                   "userName": "jörg@example.com"},
        "events": {SCIM + "deactivate": {}}}


def test_330_02_keys_of_every_kind(world):
    ways = [("rsa", "rsa", "RS256", "the RSA key"), ("p384", "p384", "ES384", "k384"),
            ("p521", "p521", "ES512", "k521"), ("nameless", "ec", "ES256", None)]
    tenants = [world.take(way[0]) for way in ways]
    for tenant in tenants:
        made = tenant.scim.post("/Users", {"schemas": [URN_USER], "userName": "nobody else"})
        tenant.deactivate(made.user(201))
    for tenant, (_, key, alg, kid) in zip(tenants, ways):
        post = tenant.delivered()[0]
        claims = post.verify(world.public[key], alg, tenant.url)
        header = jwt.get_unverified_header(post.body)
        assert header["alg"] == alg and header["typ"] == "secevent+jwt"
        assert kid is None or header["kid"] == kid
        assert set(claims["sub_id"]) == {"format", "uri", "userName"}  # it has no externalId


def test_330_03_a_token_and_an_audience(world):
    tenant = world.take("token")
    tenant.deactivate(tenant.scim.add_user("ada"))
    post = tenant.delivered()[0]
    assert post.headers["Authorization"] == "Bearer " + TOKEN
    assert post.verify(world.public["ec"], "ES256", "an application")["aud"] == "an application"


def test_330_04_https_and_whom_it_is_believed(world):
    world.main.log.expect("SCIM3361")
    good = world.take("tls")
    bad = [world.take(flavour) for flavour in ("tls_other", "tls_name", "tls_system")]
    for tenant in bad + [good]:
        tenant.deactivate(tenant.scim.add_user("ada"))
    assert [post.kind for post in good.all_delivered(1)] == ["deactivate"]
    for tenant in bad:
        once(world, "SCIM3361", tenant)
        assert len(tenant.waiting()) == 1 and tenant.place.posts == []
        world.forget(tenant)


# ---- what is an event ---------------------------------------------------------------------------


def test_330_05_every_way_to_the_end(world):
    """And back."""
    tenant = world.take()
    scim, okta = tenant.scim, tenant.okta()
    users = {name: scim.add_user(name)
             for name in ("first", "patch", "path", "put", "bulk", "gone")}
    ids = {name: user["id"] for name, user in users.items()}
    tenant.keep()
    tenant.deactivate(users["first"])
    okta.deactivate(ids["patch"])
    okta.reactivate(ids["patch"])
    for value in (False, "True"):
        assert scim.patch("/Users/" + ids["path"], {
            "op": "replace", "path": "active", "value": value}).status == 200
    profile = user_profile("put@example.com", "Put", "Example", "ext-put")
    for value in (False, True):
        assert scim.put("/Users/" + ids["put"], dict(profile, active=value)).status == 200
    assert bulk.statuses(bulk.results(
        scim, bulk.patch("/Users/" + ids["bulk"], OFF), bulk.patch("/Users/" + ids["bulk"], ON),
        bulk.operation("DELETE", "/Users/" + ids["bulk"]))) == [200, 200, 204]
    tenant.deactivate(users["gone"])
    for name in ("put", "gone"):  # one that is active, one that is not
        assert scim.delete("/Users/" + ids[name]).status == 204
    wanted = {"first": ["deactivate"], "patch": ["deactivate", "activate"],
              "path": ["deactivate", "activate"], "put": ["deactivate", "activate", "delete"],
              "bulk": ["deactivate", "activate", "delete"], "gone": ["deactivate", "delete"]}
    assert sorted(tenant.waiting()) == sorted(
        ids[name] for name, kinds in wanted.items() for _ in kinds)
    tenant.let_go()
    for post in tenant.all_delivered(13):
        claims = post.verify(world.public["ec"], "ES256", tenant.url)
        name = [name for name, user_id in ids.items() if user_id == post.user][0]
        assert claims["sub_id"]["userName"] == name + "@example.com"
        assert claims["sub_id"]["externalId"] == "ext-" + name
    assert {name: tenant.place.kinds(ids[name]) for name in wanted} == wanted


def test_330_06_policies_of_the_end(world):
    """A DELETE that deactivates, a deactivation that forgets all but the id, and who comes back."""
    keep, forget, back = (world.take(flavour) for flavour in ("keep", "forget", "back"))
    again = back.scim.add_user("eve")
    back.deactivate(again)
    assert back.scim.add_user("eve")["id"] == again["id"]
    user = keep.scim.add_user("ada")
    for _ in range(2):
        assert keep.scim.delete("/Users/" + user["id"]).status == 204
    assert keep.scim.get("/Users/" + user["id"]).user()["active"] is False
    gone = forget.scim.add_user("bob")
    forget.deactivate(gone)
    assert [post.kind for post in keep.all_delivered(1)] == ["deactivate"]
    assert [post.kind for post in back.all_delivered(2)] == ["deactivate", "activate"]
    post = forget.all_delivered(1)[0]
    assert (post.kind, post.user) == ("deactivate", gone["id"])
    # The application knows it by these, not by what took their place.
    assert post.claims()["sub_id"]["userName"] == "bob@example.com"
    assert post.claims()["sub_id"]["externalId"] == "ext-bob"


def test_330_07_what_is_none(world):
    tenant = world.take()
    scim = tenant.scim
    first = scim.add_user("first")
    tenant.keep()
    tenant.deactivate(first)
    user, off = scim.add_user("ada"), scim.add_user("off", active=False)
    path = "/Users/" + user["id"]
    assert scim.patch(path, {"op": "replace", "path": "userName", "value": "eve"}).status == 200
    tenant.activate(user)
    tenant.deactivate(off, first)
    group = scim.add_group("Team", [user["id"], off["id"]])
    assert scim.patch("/Groups/" + group["id"], {
        "op": "replace", "path": "displayName", "value": "Crew"}).status == 200
    assert scim.delete("/Groups/" + group["id"]).status == 204
    # Refused: by the version, by a later operation of the same PATCH, within a Bulk request.
    assert scim.delete(path, headers={"If-Match": 'W/"99"'}).status == 412
    scim.patch(path, OFF, {"op": "replace", "path": "no such", "value": 1}).error(400)
    assert scim.patch(path, OFF, ON).status == 200
    scim.patch("/Users/nobody", OFF).error(404)
    taken = user_profile("first@example.com", "Ada", "Example", "ext-ada")
    scim.put(path, dict(taken, active=False)).error(409, "uniqueness")
    assert bulk.statuses(bulk.results(
        scim, bulk.patch(path, OFF, version='W/"99"'),
        bulk.operation("PUT", path, dict(taken, active=False)),
        bulk.patch("/Users/" + off["id"], OFF))) == [412, 409, 200]
    assert scim.get(path).user()["active"] is True
    assert tenant.waiting() == [first["id"]]
    tenant.let_go()
    tenant.all_delivered(1)


def test_330_08_a_write_that_is_rolled_back(world):
    """Guards and seats judge at the end of the transaction."""
    tenant = world.take("guarded")
    scim = tenant.scim
    first, admin = scim.add_user("first"), scim.add_user("admin", userType="admin")
    tenant.keep()
    tenant.deactivate(first)
    other = scim.add_user("other")
    scim.patch("/Users/" + admin["id"], OFF).error(403)  # the last one
    scim.delete("/Users/" + admin["id"]).error(403)
    scim.patch("/Users/" + first["id"], ON).error(403)  # no seat is left
    assert tenant.waiting() == [first["id"]]
    tenant.deactivate(other)
    tenant.let_go()
    assert {post.user for post in tenant.all_delivered(2)} == {first["id"], other["id"]}


def test_330_09_only_the_types_that_are_on(world):
    wanted = {"revoked": ["deactivate revoked", "activate", "delete revoked"],
              "revoked_only": ["revoked", "revoked"], "deactivate_only": ["deactivate"],
              "delete_only": ["delete"]}
    tenants = {flavour: world.take(flavour) for flavour in wanted}
    for tenant in tenants.values():
        user = tenant.scim.add_user("ada")
        tenant.deactivate(user)
        tenant.activate(user)
        assert tenant.scim.delete("/Users/" + user["id"]).status == 204
    for flavour, kinds in wanted.items():
        posts = tenants[flavour].all_delivered(len(kinds))
        assert [post.kind for post in posts] == kinds
        for post in posts:
            claims = post.verify(world.public["ec"], "ES256", tenants[flavour].url)
            if "revoked" in post.kind:
                assert claims["events"][REVOKED] == {"event_timestamp": claims["iat"]}


def test_330_10_what_clients_are_told(world):
    def uris(flavour):
        got = world.take(flavour).scim.get("/ServiceProviderConfig").json
        return sorted(got.get("securityEvents", {}).get("eventUris", []))
    assert uris("plain") == [SCIM + "activate", SCIM + "deactivate", SCIM + "delete"]
    assert uris("deactivate_only") == [SCIM + "deactivate"]
    assert [uri for uri in uris("revoked_only") if uri.startswith(SCIM)] == []
    assert uris("silent") == []


def test_330_11_a_tenant_without_events(world):
    tenant, other = world.take("silent"), world.take()
    other.keep()
    for one in (tenant, other):
        user = one.scim.add_user("ada")
        one.deactivate(user)
        one.activate(user)
        assert one.scim.delete("/Users/" + user["id"]).status == 204
    assert len(other.waiting()) == 3 and tenant.waiting() == []
    other.let_go()
    other.all_delivered(3)


def test_330_12_scimctl_tells_it_too(world, env):
    tenant = world.take()
    ctl = Ctl(env, world.main.root + "/httpd.conf", ("--tenant", tenant.name))
    names = ["user%03d" % i for i in range(120)]

    def lines(active):
        return "".join(json.dumps({"schemas": [URN_USER], "userName": name, "id": name,
                                   "active": active}) + "\n" for name in names)
    assert ctl("import", data=lines(True)).row()["created"] == len(names)
    assert tenant.waiting() == []
    assert ctl("import", "--update", data=lines(False)).row()["replaced"] == len(names)
    posts = tenant.all_delivered(len(names))
    assert [post.kind for post in posts] == ["deactivate"] * len(names)
    assert sorted(post.user for post in posts) == names


def test_330_13_a_type_that_was_on_before(world):
    """What waits of it is told to nobody: a token without an event would be none."""
    tenant = world.take("deactivate_only")
    user = tenant.scim.add_user("ada")
    tenant.deactivate(user)
    tenant.delivered()
    tenant.keep()
    tenant.deactivate(tenant.scim.add_user("eve"))
    world.db.execute(
        "INSERT INTO scim_event (tenant, jti, kind, id, at, subject) VALUES ('%s', 'before', "
        "'activate', '%s', %d, '{}')" % (tenant.name, user["id"], time.time() * 1000))
    tenant.activate(user)
    tenant.deactivate(user)
    tenant.let_go()
    assert [post.kind for post in tenant.all_delivered(3)] == ["deactivate"] * 3


def test_330_14_scimctl_shows_what_waits(world, env):
    tenant = world.take("silent")
    ctl = Ctl(env, world.main.root + "/httpd.conf", ("--tenant", tenant.name))
    assert ctl("event", "list").rows() == []
    user = tenant.scim.add_user("ada")
    world.db.execute(
        "INSERT INTO scim_event (tenant, jti, kind, id, at, subject, tries, due) VALUES "
        "('%s', 'jti-1', 'deactivate', '%s', 1000, '{\"userName\":\"ada\"}', 2, 9000), "
        "('%s', 'jti-2', 'delete', 'gone', 2000, '{}', 0, 0)" % (
            tenant.name, user["id"], tenant.name))
    first, second = ctl("event", "list").rows()
    assert first == {
        "at": "1970-01-01T00:00:01.000Z", "event": "deactivate", "id": user["id"], "userName": "ada",
        "refused": 2, "due": "1970-01-01T00:00:09.000Z", "jti": "jti-1", "request": None}
    assert (second["id"], second["userName"], second["due"]) == ("gone", None, None)
    assert ctl("event", "list", "--limit", "1").rows() == [first]
    table = ctl("event", "list", "--table").out.splitlines()
    assert [line.split() for line in table] == [
        ["TIME", "(UTC)", "EVENT", "USER", "REFUSED", "NEXT", "TRY"],
        ["1970-01-01", "00:00:01", "deactivate", "ada", "2", "1970-01-01", "00:00:09"],
        ["1970-01-01", "00:00:02", "delete", "gone", "0", "-"]]
    assert "2 events are dropped" in ctl("event", "drop").err
    assert tenant.waiting() == []


# ---- a receiver that refuses --------------------------------------------------------------------


def test_330_20_one_that_is_refused_holds_up_nobody_else(world):
    world.main.log.expect("SCIM3363")
    tenant = world.take("rsa")
    ada, bob = tenant.scim.add_user("ada"), tenant.scim.add_user("bob")
    tenant.place.answer = lambda post: error("invalid_request") if post.user == ada["id"] else 202
    tenant.deactivate(ada)
    first = tenant.posted()[0]
    tenant.activate(ada)
    tenant.deactivate(ada, bob)
    assert [post.user for post in tenant.delivered()] == [bob["id"]]
    once(world, "SCIM3363", tenant)
    assert "invalid_request" in world.said("SCIM3363", tenant)[0]
    # Once more, twice as long; nothing is logged, and its later events wait.
    refused(tenant, first, 1)
    again = [post for post in tenant.posted(3) if post.user == ada["id"]]
    assert again[0].body == again[1].body
    assert tenant.waiting() == [ada["id"]] * 3
    tenant.place.answer = 202
    refused(tenant, again[1], 2)
    tenant.all_delivered(4)
    assert tenant.place.kinds(ada["id"]) == ["deactivate", "activate", "deactivate"]
    assert len({post.body for post in tenant.place.posts}) == 4
    once(world, "SCIM3363", tenant)


def test_330_21_other_refusals(world):
    """Answers that are no RFC 8935 are as good; the log does not take over all that is in them."""
    world.main.log.expect("SCIM3363")
    answers = [404, 410, (422, "<html>"), (400, "x" * 60000), (400, '{"err": 5}'),
               error("two\nlines \x1b[31m" + "y" * 5000), (400, '["err"]')]
    for answer in answers:
        tenant = world.take()
        tenant.place.first = [answer]
        tenant.deactivate(tenant.scim.add_user("ada"))
        once(world, "SCIM3363", tenant)
        line = world.said("SCIM3363", tenant)[0]
        assert "y" * 1000 not in line and "x" * 1000 not in line and "\x1b" not in line
        assert len(tenant.place.posts) == 1
        refused(tenant, tenant.place.posts[0], 1)
        tenant.all_delivered(1)
        assert tenant.place.posts[0].claims() == tenant.place.posts[1].claims()


def test_330_22_much_is_said(world):
    """An answer that is long is what its status says."""
    world.main.log.expect("SCIM3363")
    long = "<html>" + "x" * 1000000
    refuses, takes = world.take(), world.take()
    refuses.place.first = [(400, long)]
    takes.place.first = [(200, long)]
    for tenant in (refuses, takes):
        tenant.deactivate(tenant.scim.add_user("ada"))
    takes.all_delivered(1)
    once(world, "SCIM3363", refuses)
    refused(refuses, refuses.place.posts[0], 1)
    refuses.all_delivered(1)
    assert len(takes.place.posts) == 1


# ---- a receiver that is away --------------------------------------------------------------------


def test_330_30_answers_of_one_that_is_away(world):
    """The same SET comes again, where signatures are not random to the last byte; the order of all
    stays; each is said once."""
    world.main.log.expect("SCIM3361", "SCIM3362")
    elsewhere = world.take()
    answers = [500, 503, 401, 403, 408, 429, DROP,
               (307, "", {"Location": "/" + elsewhere.name}),
               (302, "", {"Location": "/" + elsewhere.name})]
    tenants = [world.take("rsa" if answer == 500 else "plain") for answer in answers]
    for tenant, answer in zip(tenants, answers):
        # libcurl itself repeats what was lost with a connection that had been used before.
        tenant.place.first = [answer] * (2 if answer == DROP else 1)
        user = tenant.scim.add_user("ada")
        tenant.deactivate(user)
        tenant.activate(user)
    for tenant, answer in zip(tenants, answers):
        tenant.all_delivered(2)
        assert tenant.place.kinds() == ["deactivate", "activate"]
        *same, last = tenant.place.posts
        assert len(same) == (3 if answer == DROP else 2)
        assert len({post.signed for post in same}) == 1 and last.signed != same[0].signed
        assert "-rsa-" not in tenant.name or len({post.body for post in same}) == 1
        once(world, "SCIM3361", tenant)
        once(world, "SCIM3362", tenant)
    assert elsewhere.place.posts == []


def test_330_31_every_success_counts(world):
    tenant = world.take()
    tenant.place.first = [200, (201, "{}"), 204, (299, "<html>")]
    users = [tenant.scim.add_user("user%d" % i) for i in range(5)]
    tenant.deactivate(*users)
    tenant.all_delivered(5)
    assert len(tenant.place.posts) == 5


def test_330_32_nobody_listens_for_a_while(world):
    world.main.log.expect("SCIM3361", "SCIM3362")
    tenant = world.take("absent")
    users = [tenant.scim.add_user("user%d" % i) for i in range(3)]
    tenant.deactivate(*users)
    once(world, "SCIM3361", tenant)
    tenant.activate(users[0])
    assert [row[0] for row in tenant.rows("id")] == [user["id"] for user in users + users[:1]]
    there = Receiver(world.absent_port)
    try:
        tenant.place = there.at(tenant.name)
        tenant.all_delivered(4)
        assert tenant.place.kinds(users[0]["id"]) == ["deactivate", "activate"]
        once(world, "SCIM3361", tenant)
        once(world, "SCIM3362", tenant)
    finally:
        there.close()
    # And again: that is another time.
    tenant.deactivate(users[0])
    wait_until("it to be said again", lambda: len(world.said("SCIM3361", tenant)) == 2)
    there = Receiver(world.absent_port)
    try:
        tenant.place = there.at(tenant.name)
        tenant.all_delivered(1)
    finally:
        there.close()


def test_330_33_what_is_too_old_is_dropped(world):
    """Of one whose receiver is away, and of one that was refused; later ones go on."""
    world.main.log.expect("SCIM3361", "SCIM3363", "SCIM3364")
    away, refuses, brief, kept = world.take(), world.take(), world.take("day"), world.take()
    days = {away: 8, refuses: 8, brief: 2, kept: 6}
    old = {tenant: tenant.scim.add_user("old") for tenant in days}
    new = {tenant: tenant.scim.add_user("new") for tenant in days}
    for tenant, age in days.items():
        tenant.place.answer = 503
        if tenant is refuses:
            tenant.place.answer = lambda post: 400 if post.kind == "deactivate" and \
                post.user == old[refuses]["id"] else 202
        tenant.place.hold()
        tenant.deactivate(old[tenant])
        tenant.posted()
        tenant.activate(old[tenant])
        tenant.deactivate(new[tenant])
        world.db.execute("UPDATE scim_event SET at = at - %d WHERE tenant = '%s' AND seq = %s" % (
            age * 86400000, tenant.name, tenant.rows("seq")[0][0]))
        tenant.place.release()
    for tenant in (away, refuses, brief):
        once(world, "SCIM3364", tenant)
    for tenant in days:
        tenant.place.answer = 202
    for tenant in (away, refuses, brief):
        tenant.all_delivered(2)
        assert tenant.place.kinds(old[tenant]["id"]) == ["activate"]
        assert tenant.place.kinds(new[tenant]["id"]) == ["deactivate"]
        once(world, "SCIM3364", tenant)
    kept.all_delivered(3)


def test_330_34_one_that_hangs(world):
    """It holds up no httpd that is to stop, and no other tenant."""
    world.main.log.expect("SCIM3361", "SCIM3362")
    hanging, other = world.take(), world.take()
    user, bob = hanging.scim.add_user("ada"), other.scim.add_user("bob")
    second = world.server()
    hanging.place.hold()
    hanging.deactivate(user)
    hanging.posted()
    together(2, lambda i: (world.main, second)[i].stop())
    assert not world.said("SCIM3361", hanging), "the stop waited for the receiver"
    assert hanging.waiting() == [user["id"]] and hanging.holder() is None
    # The next server has the same.
    world.restart()
    again = hanging.posted(2)[1]
    other.deactivate(bob)
    other.all_delivered(1)
    assert not again.over
    wait_until("the timeout", lambda: world.said("SCIM3361", hanging))
    hanging.place.release()
    hanging.all_delivered(1)
    once(world, "SCIM3361", hanging)
    once(world, "SCIM3362", hanging)
    assert len({post.claims()["jti"] for post in hanging.place.posts}) == 1


# ---- many servers, and their ends ---------------------------------------------------------------


def test_330_40_two_servers_tell_it_once_and_in_order(world):
    tenant = world.take()
    second = world.server()
    users = [tenant.scim.add_user("user%02d" % i) for i in range(12)]

    def work(i):
        clients = [tenant.client(server) for server in (world.main, second)]
        for turn in range(6):
            tenant.set_active(users[i], turn % 2 == 1, clients[(turn + i) % 2])
    together(len(users), work)
    tenant.all_delivered(72)
    for user in users:
        assert tenant.place.kinds(user["id"]) == ["deactivate", "activate"] * 3
    assert len(tenant.place.posts) == 72
    second.stop()
    second.log.check()


def test_330_41_a_reload_in_the_middle(world):
    tenant = world.take()
    users = [tenant.scim.add_user("user%d" % i) for i in range(6)]
    tenant.place.first = [202]
    tenant.deactivate(users[0])
    tenant.delivered()
    tenant.place.hold()
    tenant.deactivate(*users[1:])
    tenant.posted(2)
    world.main.reload()
    tenant.place.release()
    tenant.activate(*users)
    tenant.delivered(12)
    tenant.done()
    for user in users:
        assert list(dict.fromkeys(tenant.place.kinds(user["id"]))) == ["deactivate", "activate"]


def test_330_44_a_stop_in_the_middle_of_many(world):
    """However many tenants have their events told at that moment."""
    tenants = [world.take() for _ in range(30)]
    users = {tenant: tenant.scim.add_user("ada") for tenant in tenants}
    last = tenants[-1]  # they are looked at by name
    last.place.hold()
    for tenant, user in users.items():
        tenant.deactivate(user)
    last.posted()
    world.main.stop()
    assert last.waiting() and all(tenant.holder() is None for tenant in tenants)
    world.restart()
    last.place.release()
    for tenant in tenants:
        tenant.delivered()
        tenant.done()


def test_330_47_a_turn_for_each(world):
    """A receiver that takes its time for each event does not hold up other tenants for a page."""
    names = ("ev-turn-slow", "ev-turn-then")
    server = world.server("".join(place(name, {}, world.fields) for name in names), children=1)
    slow, other = (EventTenant(world, name, server) for name in names)
    users = [slow.scim.add_user("user%d" % i) for i in range(4)]

    def take_time(_):
        time.sleep(1.1)
        return 202
    slow.place.answer = take_time
    slow.place.hold()
    slow.deactivate(*users)
    slow.posted()
    other.deactivate(other.scim.add_user("ada"))
    slow.place.release()
    other.delivered()
    assert len(slow.place.accepted) < len(users)
    slow.all_delivered(len(users))


def half_a_request(server, tenant):
    """A request whose handler waits for its body. @return the socket"""
    raw = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    raw.sendall(b"POST /%s/Users HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                b"Content-Type: application/scim+json\r\nContent-Length: 2\r\n"
                b"Expect: 100-continue\r\n\r\n" % ((tenant.name.encode(),) * 2))
    assert raw.recv(4096).startswith(b"HTTP/1.1 100")
    return raw


def test_330_45_a_child_that_stays_for_its_requests(world):
    """It knows the receiver of before a reload, and leaves the events to those who know better."""
    name = "ev-moved"
    patient = "RequestReadTimeout body=0\n"
    server = world.server(patient + place(name, FLAVOURS["absent"][1], world.fields))
    tenant = EventTenant(world, name, server)
    tenant.deactivate(tenant.scim.add_user("ada"))
    wait_until("an attempt", lambda: world.said("SCIM3361", tenant))
    halves = [half_a_request(server, tenant) for _ in range(12)]  # a child has 10 threads
    server.write((), patient + place(name, {}, world.fields))
    server.reload()
    tenant.all_delivered(1)
    for half in halves:
        half.sendall(b"{}")
        assert half.recv(4096).startswith(b"HTTP/1.1 400")
        half.close()


def test_330_46_a_stop_while_nobody_listens(world):
    """The lease is there for others at once, not only after half a minute."""
    name = "ev-left"
    server = world.server(place(name, FLAVOURS["absent"][1], world.fields))
    tenant = EventTenant(world, name, server)
    tenant.deactivate(tenant.scim.add_user("ada"))
    wait_until("an attempt", lambda: world.said("SCIM3361", tenant))
    assert tenant.holder()
    server.stop()
    assert tenant.waiting() and not tenant.holder()


def owner(pids, port):
    """Which of the processes has a TCP connection from this local port."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    inodes = {"socket:[%s]" % row[9] for row in rows if int(row[1].split(":")[1], 16) == port}
    for pid in pids:
        for name in os.listdir("/proc/%d/fd" % pid):
            try:
                if os.readlink("/proc/%d/fd/%s" % (pid, name)) in inodes:
                    return pid
            except FileNotFoundError:
                continue
    raise AssertionError("no child has this connection")


def test_330_42_a_child_that_is_killed(world):
    """Another one takes its lease over, and one that somebody left behind."""
    tenant, orphan = world.take(), world.take()
    left = orphan.scim.add_user("left")
    users = [tenant.scim.add_user("user%d" % i) for i in range(4)]
    tenant.deactivate(users[0])
    tenant.all_delivered(1)
    tenant.place.hold()
    tenant.deactivate(*users[1:])
    held = tenant.posted(2)[1]
    orphan.keep()
    orphan.deactivate(left)
    os.kill(owner(world.main.children(), held.port), signal.SIGKILL)
    wait_until("its connection to end", lambda: held.over)
    tenant.place.release()
    tenant.activate(users[1])
    assert orphan.place.posts == []
    tenant.all_delivered(5)
    orphan.all_delivered(1)
    assert tenant.place.kinds(users[1]["id"]) == ["deactivate", "activate"]
    assert tenant.place.posts[1].claims()["jti"] == tenant.place.posts[2].claims()["jti"]


@with_server
def test_330_43_the_database_goes_away_meanwhile(world, env, log):
    """What was accepted then may come twice; nothing is lost, and the order stays."""
    log.database_lost()
    world.main.log.database_lost()
    tenant = world.take()
    users = [tenant.scim.add_user("user%d" % i) for i in range(3)]
    settle(env)
    settle(world.main)
    tenant.place.hold()
    tenant.deactivate(*users)
    tenant.activate(users[0])
    tenant.posted()
    env.db.kill()  # at once: a receiver is not waited for as long as an orderly end may take
    try:
        tenant.place.release()
        tenant.delivered()
    finally:
        env.db.start()
    tenant.deactivate(users[0])
    tenant.done()
    kinds = {post.claims()["jti"]: (post.user, post.kind) for post in tenant.place.accepted}
    assert len(kinds) == 5
    assert [kind for who, kind in kinds.values() if who == users[0]["id"]] == [
        "deactivate", "activate", "deactivate"]


def test_330_50_nothing_secret_is_in_the_log(world):
    """Of deliveries that went well, were refused, and found nobody: at the most talkative level."""
    world.main.log.expect("SCIM3361", "SCIM3363")
    tenant = world.take("token")
    tenant.place.first = [503, error("access_denied")]
    tenant.deactivate(tenant.scim.add_user("ada"))
    tenant.posted(2)
    once(world, "SCIM3363", tenant)
    refused(tenant, tenant.place.posts[1], 1)
    sets = {part for post in tenant.all_delivered(1) for part in post.body.split(".")}
    text = "".join(server.said() + server.said("stderr") for server in world.servers)
    assert tenant.name in text
    for secret in sets | {TOKEN, "eyJ", "ext-ada", "PRIVATE KEY"}:
        assert secret not in text, secret

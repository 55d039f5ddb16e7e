# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""/Bulk (RFC 7644 section 3.7): every method, references in any order, errors, limits."""

import threading
import time

import pytest

from bulk_client import (URN_BULK, add_member, group, message, operation, patch, read, results,
                         statuses, user, user_names)
from load import consistent, together
from okta_wire import URN_ENTERPRISE, URN_GROUP, URN_USER, member_ids
from test_120_outage import settle

TITLE = {"op": "replace", "path": "title", "value": "T"}


def manager_of(one):
    return one[URN_ENTERPRISE]["manager"]["value"]


# ---- operations ----

def test_150_01_every_method(env, tenant, scim):
    one, two, three = (scim.add_user(name) for name in ("one", "two", "three"))
    got = results(
        scim, user("new"),
        operation("PUT", "/Users/" + one["id"], {"schemas": [URN_USER], "userName": "one.new",
                                                 "externalId": "x", "emails": one["emails"]}),
        patch("/Users/" + two["id"], TITLE),
        operation("DELETE", "/Users/" + three["id"]))
    assert statuses(got) == [201, 200, 200, 204]
    assert [r["method"] for r in got] == ["POST", "PUT", "PATCH", "DELETE"]
    assert [r.get("bulkId") for r in got] == ["new", None, None, None]
    assert read(scim, got[0])["userName"] == "new@example.com"
    assert read(scim, got[1])["userName"] == "one.new"
    assert read(scim, got[2])["title"] == "T"
    assert got[3]["location"] == three["meta"]["location"]
    scim.get("/Users/" + three["id"]).error(404)
    assert scim.list("Users")["totalResults"] == 3
    consistent(env, tenant)


def test_150_02_the_same_as_one_by_one(env, take):
    """Operations give the resources that single requests give, whatever the request."""
    def steps(name):
        yield "POST", "/Users", user(name)["data"]
        yield "POST", "/Groups", group(name)["data"]
        yield "POST", "/Users", user(name.upper())["data"]
        yield "POST", "/Users", {"schemas": [URN_USER]}
        yield "POST", "/Users", {"schemas": [URN_GROUP], "userName": "x"}
        yield "POST", "/Users/x", user("x")["data"]
        yield "PUT", "/Users", user("x")["data"]
        yield "PUT", "/Users/none", user("x")["data"]
        yield "PATCH", "/Groups/none", patch("", TITLE)["data"]
        yield "PATCH", "/Users/none", {}
        yield "DELETE", "/Users/none", None
        yield "DELETE", "/Users/" + "x" * 300, None
    single, inside = take().scim(), take().scim()
    ones = [single.request(m, p, d) for m, p, d in steps("a")]
    got = results(inside, *[operation(m, p, d, "b%d" % i if m == "POST" else None)
                            for i, (m, p, d) in enumerate(steps("a"))])
    for one, result in zip(ones, got):
        assert int(result["status"]) == one.status
        if one.status >= 400:
            assert result["response"] == one.json
        else:
            assert result["version"] == one.headers["ETag"]
    for endpoint in ("Users", "Groups"):
        bare = [[{k: v for k, v in row.items() if k not in ("id", "meta")} for row in c.all(endpoint)]
                for c in (single, inside)]
        assert bare[0] == bare[1]


def test_150_03_the_order_is_the_clients(scim):
    """One after the other, as given: each sees what the one before did."""
    one = scim.add_user("one")
    path = "/Users/" + one["id"]
    got = results(scim, patch(path, dict(TITLE, value="1")), patch(path, dict(TITLE, value="2")),
                  operation("DELETE", path), patch(path, dict(TITLE, value="3")), user("one"))
    assert statuses(got) == [200, 200, 204, 404, 201]
    assert got[0]["version"] == 'W/"2"' and got[1]["version"] == 'W/"3"'


def test_150_04_the_method_in_any_case_and_other_names_ignored(scim):
    body = message(dict(user("a"), method="post", other={"x": 1}), other=[1], failOnErrors=None)
    answer = scim.post("/Bulk", body)
    assert [r["status"] for r in answer.json["Operations"]] == ["201"]
    assert answer.json["Operations"][0]["method"] == "POST"


def test_150_05_members_of_large_groups(take):
    """A membership PATCH answers with the version, whatever the size, and without the group."""
    scim = take("small_groups").scim()
    ids = [scim.add_user("u%d" % i)["id"] for i in range(6)]
    large = scim.add_group("Large", ids[:5])
    got = results(scim, patch("/Groups/" + large["id"], add_member(ids[5])))
    assert statuses(got) == [200]
    assert member_ids(read(scim, got[0])) == set(ids)


# ---- references ----

def test_150_10_backward_forward_and_paths(env, tenant, scim):
    old = scim.add_group("Old")
    got = results(
        scim, group("Front", "bulkId:a", "bulkId:b"), user("a"),
        patch("/Groups/" + old["id"], add_member("bulkId:b")), user("b", "bulkId:a"),
        group("Back", "bulkId:b"), patch("/Users/bulkId:a", TITLE),
        patch("/Groups/bulkId:Late", add_member("bulkId:a")), group("Late"),
        user("brief"), operation("DELETE", "/Users/bulkId:brief"))
    assert statuses(got) == [201, 201, 200, 201, 201, 200, 200, 201, 201, 204]
    assert [r["method"] for r in got] == ["POST", "POST", "PATCH", "POST", "POST", "PATCH", "PATCH",
                                          "POST", "POST", "DELETE"]
    ids = {r["bulkId"]: r["location"].rsplit("/", 1)[1] for r in got if "bulkId" in r}

    def members(name):
        return member_ids(scim.get("/Groups/" + ids.get(name, old["id"])).group())
    assert members("Front") == {ids["a"], ids["b"]} and members("Back") == {ids["b"]}
    assert members("Old") == {ids["b"]} and members("Late") == {ids["a"]}
    assert got[6]["location"] == got[7]["location"]
    a, b = (scim.get("/Users/" + ids[name]).user() for name in "ab")
    assert a["title"] == "T" and manager_of(b) == a["id"]
    assert user_names(scim) == ["a", "b"]
    consistent(env, tenant)


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_150_11_managers_in_a_circle(env, tenant, scim, order):
    users = {"a": user("a", "bulkId:b"), "b": user("b", "bulkId:a")}
    got = results(scim, *[users[name] for name in order])
    assert statuses(got) == [201, 201]
    one, two = (read(scim, result) for result in got)
    assert manager_of(one) == two["id"] and manager_of(two) == one["id"]
    assert one[URN_ENTERPRISE]["department"] == "D"
    consistent(env, tenant)


@pytest.mark.parametrize("profile", ["interop", "ipsie"])
def test_150_18_a_circle_where_a_profile_wants_paths(take, profile):
    """The PATCH that completes a circle is the server's own."""
    scim = take(profile).scim()
    got = results(scim, user("a", "bulkId:b"), user("b", "bulkId:a"))
    assert statuses(got) == [201, 201]
    one, two = (read(scim, result) for result in got)
    assert manager_of(one) == two["id"] and manager_of(two) == one["id"]
    # A client's own still needs its path.
    pathless = {"op": "add", "value": {"title": "T"}}
    assert statuses(results(scim, patch("/Users/" + one["id"], pathless))) == [400]


def test_150_12_a_long_circle_and_groups_of_it(env, tenant, scim):
    n = 50
    circle = [user("u%d" % i, "bulkId:u%d" % ((i + 1) % n)) for i in range(n)]
    got = results(scim, group("All", *["bulkId:u%d" % i for i in range(n)]), *circle)
    assert statuses(got) == [201] * (n + 1)
    users = [read(scim, dict(r, version=scim.get(r["location"][len(scim.base):]).headers["ETag"]))
             for r in got[1:]]
    for i in range(n):
        assert manager_of(users[i]) == users[(i + 1) % n]["id"]
    assert member_ids(read(scim, got[0])) == {u["id"] for u in users}
    consistent(env, tenant)


def test_150_13_a_circle_that_is_not_allowed_leaves_nothing(env, tenant, scim):
    """A group cannot be its own member: the creation that needs it has failed as a whole."""
    got = results(scim, group("Self", "bulkId:Self", "bulkId:a"), user("a"),
                  patch("/Groups/bulkId:Self", add_member("bulkId:a")))
    assert statuses(got) == [409, 201, 409]
    assert scim.list("Groups")["totalResults"] == 0
    assert "groups" not in read(scim, dict(got[1], version=scim.get(
        got[1]["location"][len(scim.base):]).headers["ETag"]))
    consistent(env, tenant)


def test_150_17_groups_in_a_circle(scim):
    """RFC 7644 section 3.7.1: resolved, or given up with an error; never done by half."""
    got = results(scim, group("A", "bulkId:B", "bulkId:u"), group("B", "bulkId:A"), user("u"))
    if statuses(got) == [201, 201, 201]:
        one, two = (read(scim, result) for result in got[:2])
        assert two["id"] in member_ids(one) and member_ids(two) == {one["id"]}
        return
    assert sorted(statuses(got)) == [201, 201, 409] and got[2]["status"] == "201"
    left = scim.all("Groups")
    assert len(left) == 1
    assert member_ids(left[0]) <= {got[2]["location"].rsplit("/", 1)[1]}


def test_150_14_what_is_not_there(env, tenant, scim):
    """An unknown bulkId is the operation's fault; a creation that failed, a conflict."""
    scim.add_user("taken")
    got = results(
        scim, group("G", "bulkId:nobody"), group("H", "bulkId:G"), user("taken"),
        group("I", "bulkId:taken"), patch("/Users/bulkId:taken", TITLE), user("b"),
        patch("/Users/bulkId:nobody", TITLE), group("J", "bulkId:b"), group("K", "bulkId:"))
    assert statuses(got) == [400, 409, 409, 409, 409, 201, 400, 201, 400]
    assert got[2]["response"]["scimType"] == "uniqueness"
    assert "operation 1" in got[1]["response"]["detail"]
    assert "operation 3" in got[4]["response"]["detail"]
    assert [g["displayName"] for g in scim.all("Groups")] == ["J"]
    assert user_names(scim) == ["b", "taken"]
    consistent(env, tenant)


def test_150_15_only_whole_values_are_references(scim):
    got = results(scim, user("a", title="see bulkId:b", nickName="bulkid:b", displayName="bulkId:b"),
                  user("b"))
    one, two = (read(scim, result) for result in got)
    assert (one["title"], one["nickName"], one["displayName"]) == (
        "see bulkId:b", "bulkid:b", two["id"])


def test_150_16_ten_thousand_references(scim):
    """Bounded by the body's size: answered, or refused, and soon."""
    got = results(scim, group("One", *["bulkId:a"] * 10000), user("a"),
                  group("None", *["bulkId:nobody"] * 10000), group("Self", *["bulkId:Self"] * 10000))
    assert statuses(got) == [201, 201, 400, 409]
    assert member_ids(read(scim, got[0])) == {got[1]["location"].rsplit("/", 1)[1]}
    assert [g["displayName"] for g in scim.all("Groups")] == ["One"]


# ---- errors ----

def fails(n):
    return [operation("DELETE", "/Users/none%d" % i) for i in range(n)]


@pytest.mark.parametrize("most,tried", [(None, 7), (1, 2), (2, 4), (3, 6), (4, 7), (2 ** 40, 7)])
def test_150_20_fail_on_errors(scim, most, tried):
    ops = [user("a")] + fails(1) + [user("b")] + fails(1) + [user("c")] + fails(1) + [user("d")]
    got = results(scim, *ops, **({} if most is None else {"failOnErrors": most}))
    assert statuses(got) == [201, 404, 201, 404, 201, 404, 201][:tried]
    assert user_names(scim) == list("abcd")[:(tried + 1) // 2]


def test_150_21_stopped_in_the_middle_of_a_circle(env, tenant, scim):
    """What cannot be completed any more is undone and answered; what was not tried, is not."""
    scim.add_user("b")
    got = results(scim, user("a", "bulkId:b"), user("b", "bulkId:a"), user("c"), failOnErrors=1)
    assert statuses(got) == [409, 409]
    assert got[1]["response"]["scimType"] == "uniqueness"
    assert user_names(scim) == ["b"]
    consistent(env, tenant)


def test_150_22_completed_although_stopped(env, tenant, scim):
    """A circle whose parts are all there is closed, also if the last of them was the last try."""
    got = results(scim, user("a", "bulkId:b"), user("b", "bulkId:a"), *fails(1), user("c"),
                  failOnErrors=1)
    assert statuses(got) == [201, 201, 404]
    one, two = (read(scim, result) for result in got[:2])
    assert manager_of(one) == two["id"] and manager_of(two) == one["id"]


@pytest.mark.parametrize("path", ["/Bulk", "/Me", "/.search", "/Users/.search", "/NoSuch", "/",
                                  "/ServiceProviderConfig", "/Schemas/" + URN_USER, "/Users/a/b",
                                  "/ResourceTypes", "https://elsewhere.example/Users", "/%zz"])
def test_150_23_paths_that_are_not_of_resources(scim, path):
    got = results(scim, operation("POST", path, message(user("x")), "a"),
                  operation("DELETE", path), user("b"))
    assert statuses(got) == [400, 400, 201]
    assert got[0]["response"]["scimType"] == "invalidValue"
    assert user_names(scim) == ["b"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "BREW"])
def test_150_24_methods_that_bulk_does_not_take(scim, method):
    one = scim.add_user("one")
    got = results(scim, operation(method, "/Users/" + one["id"]), user("b"))
    assert statuses(got) == [400, 201] and "method" in got[0]["response"]["detail"]


@pytest.mark.parametrize("body,scim_type,words", [
    ({}, "invalidSyntax", "schemas"),
    ({"schemas": [URN_BULK]}, "invalidSyntax", "Operations"),
    ({"schemas": [URN_BULK], "Operations": []}, "invalidSyntax", "Operations"),
    ({"schemas": [URN_BULK], "Operations": [1]}, "invalidValue", "Operation 1"),
    ({"schemas": [URN_USER], "Operations": [user("x")]}, "invalidSyntax", "schemas"),
    (message(user("x"), {"path": "/Users"}), "invalidValue", "Operation 2: method"),
    (message(user("x"), {"method": "DELETE"}), "invalidValue", "Operation 2: path"),
    (message(user("x"), operation("POST", "/Users", {})), "invalidValue", "Operation 2: bulkId"),
    (message(user("x"), user("x")), "invalidValue", "Operation 2: its bulkId"),
    (message(user("x"), operation("PUT", "/Users/1")), "invalidValue", "Operation 2: data"),
    (message(user("x"), operation("PUT", "/Users/1", [])), "invalidValue", "Operation 2: data"),
    (message(user("x"), operation("DELETE", "/Users/1", version=3)), "invalidValue", "version"),
    (message(user("x"), failOnErrors=0), "invalidValue", "failOnErrors"),
    (message(user("x"), failOnErrors="1"), "invalidValue", "failOnErrors")])
def test_150_25_a_request_that_is_wrong_as_a_whole(scim, body, scim_type, words):
    error = scim.post("/Bulk", body).error(400, scim_type)
    assert words in error["detail"]
    assert scim.list("Users")["totalResults"] == 0


@pytest.mark.parametrize("raw,scim_type", [
    (b"", None), (b"[]", "invalidSyntax"), (b"{", "invalidSyntax"), (b"null", "invalidSyntax"),
    (b'{"a":' * 40 + b"1" + b"}" * 40, "invalidSyntax")])
def test_150_26_bodies_that_are_not_json_objects(scim, raw, scim_type):
    scim.post("/Bulk", raw=raw).error(400, scim_type)


def test_150_27_another_tenants_resources(take):
    mine, other = take().scim(), take().scim()
    one, two = other.add_user("theirs"), other.add_group("Theirs")
    got = results(mine, operation("DELETE", "/Users/" + one["id"]),
                  patch("/Groups/" + two["id"], add_member(one["id"])), group("G", one["id"]))
    assert statuses(got) == [404, 404, 201]
    assert not read(mine, got[2]).get("members")
    assert other.get("/Users/" + one["id"]).user() == one


def test_150_28_other_methods_on_the_endpoint(scim):
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert scim.request(method, "/Bulk").headers.get("Allow") == "POST", method
    scim.get("/Bulk").error(405)
    scim.get("/Bulk/x").error(404)


def test_150_29_versions(scim):
    one = scim.add_user("one")
    path, etag = "/Users/" + one["id"], one["meta"]["version"]
    body = dict(one, title="put")
    got = results(scim, patch(path, TITLE, version='W/"77"'), patch(path, TITLE, version=etag),
                  operation("PUT", path, body, version=etag),
                  operation("PUT", path, body, version='W/"2"'),
                  operation("DELETE", path, version='W/"2"'),
                  operation("DELETE", path, version="nonsense"),
                  dict(user("two"), version="nonsense"),
                  operation("DELETE", path, version='W/"3"'))
    assert statuses(got) == [412, 200, 412, 200, 412, 412, 201, 204]
    assert "If-Match" in got[0]["response"]["detail"]


# ---- limits ----

def test_150_30_limits(take):
    scim = take("small_bulk").scim()
    announced = scim.get("/ServiceProviderConfig").json["bulk"]
    assert announced == {"supported": True, "maxOperations": 5, "maxPayloadSize": 4096}
    error = scim.post("/Bulk", message(*fails(6))).error(413)
    assert "maxOperations (5)" in error["detail"]
    assert statuses(results(scim, *fails(5))) == [404] * 5
    error = scim.post("/Bulk", message(user("x", title="x" * 4096))).error(413)
    assert "maxPayloadSize (4096)" in error["detail"]
    assert scim.list("Users")["totalResults"] == 0
    # other requests have their own limit
    assert scim.post("/Users", user("x", title="x" * 4096)["data"]).status == 201


def test_150_31_the_default_limits(take):
    scim = take("small_body").scim()
    assert scim.get("/ServiceProviderConfig").json["bulk"]["maxPayloadSize"] == 20000
    scim.post("/Bulk", message(user("x", title="x" * 20000))).error(413)
    scim = take().scim()
    scim.post("/Bulk", message(*fails(1001))).error(413)
    assert len(results(scim, *fails(1000))) == 1000
    scim.post("/Bulk", message(user("x", title="x" * 1048576))).error(413)


def test_150_32_a_thousand_creates(env, tenant, scim):
    got = results(scim, *[user("u%04d" % i) for i in range(1000)])
    assert statuses(got) == [201] * 1000
    assert [r["bulkId"] for r in got] == ["u%04d" % i for i in range(1000)]
    assert len(user_names(scim)) == 1000
    consistent(env, tenant)


# ---- around it ----

def test_150_40_what_the_log_says(env, tenant, scim, log):
    """A line for each write and each refusal, as for single requests, and one for the request."""
    results(scim, user("a"), user("a2", manager="bulkId:a2"), *fails(2), group("G", "bulkId:no"))

    def lines(message_id):
        return [line for line in log.lines() if message_id in line and tenant.name in line]
    # two creations, and what completes the second
    assert len(lines("SCIM3030")) == 3 and any("POST create" in x for x in lines("SCIM3030"))
    summary = lines("SCIM3120")
    assert len(summary) == 1 and "2 operations done, 3 failed, 0 not tried" in summary[0]
    assert len([x for x in log.lines() if "SCIM3035" in x]) == 3


def test_150_41_bulks_at_once(env, tenant, scim):
    """Each puts its own users into one group, in one request."""
    popular = scim.add_group("Popular")["id"]

    def run(n):
        names = ["u%d.%d" % (n, i) for i in range(10)]
        ops = [user(name, "bulkId:" + names[0]) for name in names]
        ops += [patch("/Groups/" + popular, add_member("bulkId:" + name)) for name in names]
        return statuses(results(tenant.scim(), *ops))
    assert together(8, run) == [[201] * 10 + [200] * 10] * 8
    assert len(member_ids(scim.get("/Groups/" + popular).group())) == 80
    consistent(env, tenant)


@pytest.mark.parametrize("env", ["mariadb"], indirect=True)
def test_150_42_the_database_dies_in_the_middle(env, tenant, log):
    """What is answered with 201 is there; what is answered with 503 is not, or is said to be
    unknown; nothing waits for the database once for each operation."""
    log.database_lost()
    settle(env)
    answers = []

    def send():
        answers.append(tenant.scim().post(
            "/Bulk", message(*[user("u%04d" % i) for i in range(1000)])))
    thread = threading.Thread(target=send)
    thread.start()
    while not tenant.scim().get("/Users?count=0").json["totalResults"] and thread.is_alive():
        time.sleep(0.001)
    env.db.kill()
    thread.join(120)
    assert not thread.is_alive()
    env.db.start()
    assert answers[0].status == 200
    got = answers[0].json["Operations"]
    assert len(got) == 1000 and set(statuses(got)) <= {201, 503}
    there = set(user_names(tenant.scim()))
    for result in got:
        unsure = "may or may not" in result.get("response", {}).get("detail", "")
        assert unsure or (result["status"] == "201") == (result["bulkId"] in there), result
    said = [x for x in log.lines() if "failed with 503" in x and tenant.name in x]
    assert 1 <= len(said) <= 3, said
    consistent(env, tenant)

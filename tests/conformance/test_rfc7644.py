# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""RFC 7644, sections 2 to 7 without queries, PATCH, Bulk and errors, which have files of their own.

test_7644_<section>__<number>_<words>, see docs/conformance.md.
"""

import pytest

from okta_wire import URN_ENTERPRISE, URN_GROUP, URN_PATCH, URN_USER, quote
from scim_http import MEDIA
from validator_rfc import MESSAGES, URN_CONFIG, URN_ERROR, URN_LIST


def put(scim, resource, **changes):
    """The resource as it was read, with changes laid over; a change of ... removes the name."""
    body = {k: v for k, v in dict(resource, **changes).items() if v is not ...}
    return scim.put(scim.path(resource), body)


def names_of(resource):
    """Top-level names, with the sub-attributes of complex ones."""
    out = set()
    for name, value in resource.items():
        rows = value if isinstance(value, list) else [value]
        subs = {sub for row in rows if isinstance(row, dict) for sub in row}
        out |= {name + "." + sub for sub in subs} or {name}
    return out


# ---- 2 Authentication and Authorization ----

@pytest.mark.parametrize("token", ["", "wrong"])
def test_7644_2__1_schemes_are_announced(tenant, token):
    """401 names the supported authentication schemes in WWW-Authenticate."""
    for method, path in (("GET", "/Users"), ("POST", "/Users"), ("GET", "/Schemas"),
                         ("GET", "/nosuch")):
        answer = tenant.scim(token=token).request(method, path)
        answer.error(401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_7644_2__2_a_client_is_bound_to_a_policy(take):
    """What a client may do follows from who it is: a token opens its own tenant only."""
    one, two = take(), take()
    user = one.scim().add_user("u")
    for method, path in (("GET", "/Users"), ("GET", "/Users/" + user["id"]),
                         ("DELETE", "/Users/" + user["id"])):
        one.scim(token=two.token).request(method, path).error(401)
    assert one.scim().get("/Users/" + user["id"]).user() == user


# ---- 3.1 Background ----

def test_7644_3_1__1_the_media_type(scim):
    """Answers are application/scim+json."""
    user = scim.user("u")
    for method, path in (("GET", "/Users"), ("GET", scim.path(user)), ("GET", "/Schemas"),
                         ("GET", "/ResourceTypes"), ("GET", "/ServiceProviderConfig"),
                         ("GET", "/Users/none"), ("PUT", "/Users/none")):
        assert scim.request(method, path).headers["Content-Type"] == MEDIA


def test_7644_3_1__2_messages_have_the_prefix(scim):
    """A message's schema begins with urn:ietf:params:scim:api:."""
    for answer in (scim.get("/Users"), scim.get("/Schemas"), scim.get("/Users/none")):
        assert all(urn.startswith(MESSAGES) for urn in answer.json["schemas"])


def test_7644_3_1__3_messages_are_not_discoverable(scim):
    """Message schemas are not at /Schemas."""
    for urn in (URN_LIST, URN_ERROR, URN_PATCH):
        scim.get("/Schemas/" + urn).error(404)
    assert not [urn for urn in scim.schemas if urn.startswith(MESSAGES)]


def test_7644_3_1__4_answers_show_what_is_kept(scim):
    """Answers reflect the state as the provider understood it, not as it was sent."""
    answer = scim.post("/Users", {"schemas": [URN_USER], "USERNAME": "u", "active": "false",
                                  "nosuch": 1, "emails": [{"value": "a@example.com", "x": 1}]})
    user = answer.user(201)
    assert user["active"] is False and "nosuch" not in user
    assert user["emails"] == [{"value": "a@example.com"}]
    assert scim.read(user) == user


# ---- 3.2 Endpoints and Methods ----

def test_7644_3_2__1_put_creates_nothing(scim):
    """PUT creates no resource."""
    body = {"schemas": [URN_USER], "userName": "u", "id": "mine"}
    scim.put("/Users/mine", body).error(404)
    scim.put("/Users", body).error(405)
    assert scim.list("Users")["totalResults"] == 0


def test_7644_3_2__2_the_defined_endpoints(scim):
    """Every endpoint of table 2 answers its methods."""
    user, group = scim.user("u"), scim.add_group("G")
    for resource in (user, group):
        path = scim.path(resource)
        endpoint = path.rsplit("/", 1)[0]
        scim.get(endpoint).must_be(200)
        scim.get(path).must_be(200)
        put(scim, resource).must_be(200)
        scim.patch(path, {"op": "add", "value": {"externalId": "e"}}).must_be(200)
        scim.delete(path).must_be(204)
    for path in ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas"):
        scim.get(path).must_be(200)


@pytest.mark.parametrize("method,path,status", [
    ("GET", "/Users/none", 404), ("POST", "/Users", 400), ("PUT", "/Users/none", 404),
    ("PATCH", "/Users/none", 404), ("DELETE", "/Users/none", 404), ("DELETE", "/Users", 405)])
def test_7644_3_2__3_errors_by_status_and_in_the_body(scim, method, path, status):
    """An error's status is HTTP's and in the body."""
    assert scim.request(method, path, {}).error(status)["status"] == str(status)


# ---- 3.3 Creating ----

def test_7644_3_3__1_read_only_is_ignored(scim):
    """readOnly attributes in a POST are ignored."""
    user = scim.user("u", id="mine", meta={"version": "x"}, groups=[{"value": "g"}])
    assert user["id"] != "mine" and user["meta"]["version"] != "x" and "groups" not in user


def test_7644_3_3__2_null_clears_what_would_be_defaulted(scim):
    """null and [] in a POST are no values."""
    user = scim.user("u", title=None, emails=[], name=None, active=None)
    assert not {"title", "emails", "name"} & set(user)
    assert scim.read(user) == user


def test_7644_3_3__3_created_is_201(scim):
    """A successful creation is 201."""
    scim.post("/Users", {"schemas": [URN_USER], "userName": "u"}).must_be(201)
    scim.post("/Groups", {"schemas": [URN_GROUP], "displayName": "G"}).must_be(201)


def test_7644_3_3__4_the_answer_shows_the_resource(scim):
    """The body of 201 is the resource as it is kept."""
    answer = scim.post("/Users", {"schemas": [URN_USER], "userName": "u", "title": "T"})
    assert answer.json == scim.read(answer.json) and answer.json["title"] == "T"


def test_7644_3_3__5_the_url_is_in_header_and_body(scim):
    """The new resource's URI is in the Location header and in meta.location."""
    for path, body in (("/Users", {"schemas": [URN_USER], "userName": "u"}),
                       ("/Groups", {"schemas": [URN_GROUP], "displayName": "G"})):
        answer = scim.post(path, body).must_be(201)
        url = "%s%s/%s" % (scim.base, path, answer.json["id"])
        assert answer.headers["Location"] == answer.json["meta"]["location"] == url
        bare = scim.post(path + "?attributes=id", dict(body, userName="v", displayName="H"))
        assert bare.headers["Location"] == "%s%s/%s" % (scim.base, path, bare.json["id"])


def test_7644_3_3__6_a_duplicate_is_a_conflict(scim):
    """A creation that conflicts with an existing resource is 409 uniqueness."""
    scim.user("u")
    scim.add_group("G")
    scim.post("/Users", {"schemas": [URN_USER], "userName": "U"}).error(409, "uniqueness")
    scim.post("/Groups", {"schemas": [URN_GROUP], "displayName": "G"}).error(409, "uniqueness")


def test_7644_3_3_1__1_the_endpoint_decides_the_type(scim):
    """meta.resourceType is set by the endpoint."""
    user = scim.user("u", meta={"resourceType": "Group"})
    group = scim.post("/Groups", {"schemas": [URN_GROUP], "displayName": "G",
                                  "meta": {"resourceType": "User"}}).group(201)
    assert user["meta"]["resourceType"] == "User" and group["meta"]["resourceType"] == "Group"


# ---- 3.4.1 Retrieving ----

def test_7644_3_4_1__1_known_resources(scim):
    """GET of a resource that exists is 200 with it; of Users, Groups, Schemas, ResourceTypes."""
    user, group = scim.user("u"), scim.add_group("G")
    assert scim.get(scim.path(user)).must_be(200).json == user
    assert scim.get(scim.path(group)).must_be(200).json == group
    assert scim.get("/Schemas/" + URN_USER).must_be(200).json == scim.schemas[URN_USER]
    assert scim.get("/ResourceTypes/User").must_be(200).json == scim.types["User"]


# ---- 3.5.1 PUT ----

def test_7644_3_5__1_put_is_supported(scim):
    """PUT is supported for every resource type."""
    put(scim, scim.user("u"), title="T").must_be(200)
    put(scim, scim.add_group("G"), displayName="H").must_be(200)


def test_7644_3_5__2_patch_is_supported(scim):
    """PATCH is supported and announced."""
    assert scim.get("/ServiceProviderConfig").json["patch"] == {"supported": True}
    scim.patch(scim.path(scim.user("u")), {"op": "add", "path": "title", "value": "T"}
               ).must_be(200)


def test_7644_3_5_1__1_put_creates_nothing(scim):
    """PUT of an id that does not exist is 404, also of one that was deleted."""
    user = scim.user("u")
    scim.delete(scim.path(user))
    put(scim, user).error(404)
    assert scim.list("Users")["totalResults"] == 0


def test_7644_3_5_1__2_values_replace_the_old_ones(scim):
    """Values given for readWrite attributes replace the existing ones."""
    user = scim.user("u", title="Old", emails=[{"value": "old@example.com"}],
                     name={"givenName": "Old", "familyName": "Old"})
    got = put(scim, user, title="New", emails=[{"value": "new@example.com"}],
              name={"givenName": "New"}).user()
    assert got["title"] == "New" and got["emails"] == [{"value": "new@example.com"}]
    assert got["name"] == {"givenName": "New"}
    assert scim.read(user) == got


def test_7644_3_5_1__3_what_is_left_out_is_cleared(scim):
    """readWrite attributes that are left out are cleared, active keeps its value."""
    user = scim.user("u", title="T", active=False, **{URN_ENTERPRISE: {"department": "D"}})
    got = scim.put(scim.path(user), {"schemas": [URN_USER], "userName": "u"}).user()
    assert set(got) == {"schemas", "id", "userName", "active", "meta"} and got["active"] is False


def test_7644_3_5_1__4_null_clears(scim):
    """null and [] clear values."""
    user = scim.user("u", title="T", emails=[{"value": "a@example.com"}])
    got = put(scim, user, title=None, emails=[]).user()
    assert not {"title", "emails"} & set(got)


def test_7644_3_5_1__5_read_only_is_ignored(scim):
    """Values given for readOnly attributes are ignored."""
    user = scim.user("u")
    got = put(scim, user, id="mine", meta={"created": "2001-01-01T00:00:00Z"},
              groups=[{"value": "g"}], title="T").user()
    assert got["id"] == user["id"] and got["meta"]["created"] == user["meta"]["created"]
    assert "groups" not in got and got["title"] == "T"


def test_7644_3_5_1__6_required_attributes_are_needed(scim):
    """A PUT without a required attribute is refused and changes nothing."""
    user, group = scim.user("u"), scim.add_group("G")
    put(scim, user, userName=...).error(400, "invalidValue")
    put(scim, group, displayName=...).error(400, "invalidValue")
    assert scim.read(user) == user and scim.read(group) == group


def test_7644_3_5_1__7_the_answer_is_the_whole_resource(scim):
    """A successful PUT is 200 with the entire resource."""
    user = scim.user("u", title="T")
    answer = put(scim, user, nickName="N").must_be(200)
    assert answer.json == scim.read(user) and answer.json["nickName"] == "N"


# ---- 3.6 Deleting ----

def test_7644_3_6__1_nothing_works_on_what_was_deleted(scim):
    """Every operation on a deleted resource is 404."""
    for resource, body in ((scim.user("u"), {"schemas": [URN_USER], "userName": "u"}),
                           (scim.add_group("G"), {"schemas": [URN_GROUP], "displayName": "G"})):
        path = scim.path(resource)
        scim.delete(path).must_be(204)
        scim.get(path).error(404)
        scim.put(path, body).error(404)
        scim.patch(path, {"op": "add", "value": {"externalId": "e"}}).error(404)
        scim.delete(path).error(404)
        assert scim.request("HEAD", path).status == 404


def test_7644_3_6__2_deleted_resources_are_in_no_query(scim):
    """A deleted resource is in no query's results."""
    user = scim.user("u")
    group = scim.add_group("G", [user["id"]])
    scim.delete(scim.path(user))
    assert scim.list("Users")["totalResults"] == 0
    assert scim.search("Users", 'userName eq "u"') == []
    assert not scim.read(group).get("members")
    assert scim.search("Groups", 'members.value eq "%s"' % user["id"]) == []


def test_7644_3_6__3_deleted_resources_conflict_with_nothing(scim):
    """A deleted resource's names are free."""
    user, group = scim.user("u"), scim.add_group("G")
    scim.delete(scim.path(user))
    scim.delete(scim.path(group))
    assert scim.user("u")["id"] != user["id"]
    assert scim.add_group("G")["id"] != group["id"]


def test_7644_3_6__4_deleted_is_204(scim):
    """A successful DELETE is 204 without a body."""
    answer = scim.delete(scim.path(scim.user("u")))
    assert answer.status == 204 and not answer.raw


# ---- 3.8 Data Formats ----

def test_7644_3_8__1_utf8_both_ways(scim):
    """Requests and answers are JSON in UTF-8."""
    text = "Zoë 日本語 🐎 \u2028"
    user = scim.user("u", title=text)
    assert user["title"] == text and scim.read(user)["title"] == text
    assert scim.search("Users", 'title eq "%s"' % text) == [user["id"]]
    body = '{"schemas":["%s"],"userName":"v","title":"Zo\u00eb"}' % URN_USER
    scim.post("/Users", raw=body.encode("latin-1")).error(400, "invalidSyntax")


@pytest.mark.parametrize("media", [MEDIA, MEDIA + "; charset=utf-8", MEDIA + ";charset=UTF-8",
                                   "application/json", "application/json; charset=utf-8"])
def test_7644_3_8__2_json_is_accepted(scim, media):
    """Requests in application/scim+json are accepted, and in application/json as well."""
    body = ('{"schemas":["%s"],"userName":"u"}' % URN_USER).encode()
    scim.post("/Users", raw=body, headers={"Content-Type": media}).user(201)


@pytest.mark.parametrize("accept", [MEDIA, "application/json", "*/*", "",
                                    "application/json, application/scim+json;q=0.5"])
def test_7644_3_8__3_accept(scim, accept):
    """Accept: application/scim+json is supported and the default, application/json too."""
    answer = scim.get(scim.path(scim.user("u")), headers={"Accept": accept})
    assert answer.status == 200 and answer.headers["Content-Type"] == MEDIA


def test_7644_3_8__4_multi_valued_attributes_are_arrays(scim):
    """Multi-valued attributes are arrays, also with one value."""
    user = scim.user("u", emails={"value": "a@example.com"})
    assert user["emails"] == [{"value": "a@example.com"}]


# ---- 3.9 Response Parameters ----

@pytest.fixture
def viewed(scim):
    return scim.user("u", title="T", name={"givenName": "G", "familyName": "F"},
                     emails=[{"value": "a@example.com", "type": "work"}],
                     **{URN_ENTERPRISE: {"department": "D", "division": "V"}})


VIEWS = [  # query, names in the answer
    ("attributes=userName", "userName"), ("attributes=userName,title", "userName title"),
    ("attributes=userName, title", "userName title"), ("attributes=USERNAME", "userName"),
    ("attributes=name.givenName", "name.givenName"),
    ("attributes=name", "name.givenName name.familyName"),
    ("attributes=emails.value", "emails.value"), ("attributes=nosuch", ""),
    ("attributes=%s:userName" % URN_USER, "userName"),
    ("attributes=%s:name.givenName" % URN_USER, "name.givenName"),
    ("attributes=%s:department" % URN_ENTERPRISE, URN_ENTERPRISE + ".department"),
    ("attributes=" + URN_ENTERPRISE,
     URN_ENTERPRISE + ".department " + URN_ENTERPRISE + ".division"),
    ("attributes=meta.version", "meta.version"),
]


def test_7644_3_9__1_minimum_and_default(scim, viewed):
    """Without parameters the answer has all attributes of returned always and default."""
    assert set(scim.read(viewed)) == {"schemas", "id", "userName", "title", "name", "emails",
                                      "active", URN_ENTERPRISE, "meta"}


@pytest.mark.parametrize("query,names", VIEWS, ids=[v[0][:40] for v in VIEWS])
def test_7644_3_9__2_attributes(scim, viewed, query, names):
    """`attributes` gives the minimum set and what it names."""
    for got in (scim.get(scim.path(viewed) + "?" + query.replace(" ", "%20")).json,
                scim.list("Users", query.replace(" ", "%20"))["Resources"][0]):
        assert names_of(got) == {"schemas", "id"} | set(names.split())


@pytest.mark.parametrize("names,gone", [
    ("title", "title"), ("TITLE,name.givenName", "title name.givenName"),
    ("emails", "emails.value emails.type"),
    ("name", "name.givenName name.familyName"), ("id,schemas", ""), ("nosuch", ""),
    ("meta", "meta.resourceType meta.created meta.lastModified meta.location meta.version"),
    (URN_ENTERPRISE + ":department", URN_ENTERPRISE + ".department"),
    (URN_USER + ":title", "title")])
def test_7644_3_9__3_excluded_attributes(scim, viewed, names, gone):
    """`excludedAttributes` gives the default set without what it names, but always the minimum."""
    query = "excludedAttributes=" + names
    want = names_of(viewed) - set(gone.split())
    assert names_of(scim.get(scim.path(viewed) + "?" + query).json) == want
    assert names_of(scim.list("Users", query)["Resources"][0]) == want


def test_7644_3_9__4_on_every_operation(scim):
    """Both parameters work wherever a resource is returned: POST, PUT, PATCH, GET and lists."""
    answer = scim.post("/Users?attributes=userName", {"schemas": [URN_USER], "userName": "u"})
    assert names_of(answer.must_be(201).json) == {"schemas", "id", "userName"}
    path = "/Users/" + answer.json["id"]
    full = scim.get(path).json
    for query, names in (("?attributes=title", {"schemas", "id", "title"}),
                         ("?excludedAttributes=meta", {"schemas", "id", "userName", "active",
                                                       "title"})):
        body = dict(full, title="T")
        assert names_of(scim.put(path + query, body).must_be(200).json) == names
        op = {"op": "add", "path": "title", "value": "T"}
        assert names_of(scim.patch(path + query, op).must_be(200).json) == names
        assert names_of(scim.get(path + query).json) == names


# ---- 3.10 Attribute Notation ----

def test_7644_3_10__1_urn_and_name(scim, viewed):
    """An attribute is named by its schema's URN, a colon and its name."""
    for text in (URN_USER + ':userName eq "u"', URN_ENTERPRISE + ':department eq "D"'):
        assert scim.search("Users", text) == [viewed["id"]]
    got = scim.patch(
        scim.path(viewed), {"op": "replace", "path": URN_USER + ":title", "value": "X"},
        {"op": "replace", "path": URN_ENTERPRISE + ":department", "value": "Y"}).user()
    assert got["title"] == "X" and got[URN_ENTERPRISE]["department"] == "Y"


def test_7644_3_10__2_dots_lead_to_sub_attributes(scim, viewed):
    """A sub-attribute follows a dot."""
    for text in ('name.givenName eq "G"', URN_USER + ':name.givenName eq "G"',
                 'emails.type eq "work"'):
        assert scim.search("Users", text) == [viewed["id"]]
    got = scim.patch(scim.path(viewed), {"op": "replace", "path": URN_USER + ":name.givenName",
                                         "value": "X"}).user()
    assert got["name"] == {"givenName": "X", "familyName": "F"}


def test_7644_3_10__3_nothing_of_it_has_case(scim, viewed):
    """URN, attribute and sub-attribute name are case insensitive."""
    name = (URN_USER + ":name.givenName").upper()
    assert scim.search("Users", name + ' eq "G"') == [viewed["id"]]
    got = scim.get(scim.path(viewed) + "?attributes=" + name).json
    assert names_of(got) == {"schemas", "id", "name.givenName"}
    got = scim.patch(scim.path(viewed), {"op": "replace", "path": name, "value": "X"}).user()
    assert got["name"]["givenName"] == "X"


# ---- 3.13 Protocol Versioning ----

@pytest.mark.parametrize("version", ["v1", "v1.1", "v3", "V2", "2.0"])
def test_7644_3_13__1_another_version_is_refused(tenant, version):
    """A request for another version in the URL is not performed."""
    client = tenant.scim()
    client.base = client.base.replace("/v2", "/" + version)
    answer = client.session.get(client.base + "/Users", timeout=60)
    assert answer.status_code == 404


# ---- 3.14 Versioning Resources ----

def test_7644_3_14__1_versions_in_header_and_meta(scim):
    """Versions are entity tags, in the ETag header and in meta.version."""
    assert scim.get("/ServiceProviderConfig").json["etag"] == {"supported": True}
    for resource in (scim.user("u"), scim.add_group("G")):
        answer = scim.get(scim.path(resource))
        assert answer.headers["ETag"] == answer.json["meta"]["version"]


def test_7644_3_14__2_a_version_follows_every_change(scim):
    """Each change gives a new version, and what changes nothing none."""
    user = scim.user("u")
    versions = [user["meta"]["version"]]
    for title in "abb":
        versions.append(put(scim, user, title=title).user()["meta"]["version"])
    assert len(set(versions[:3])) == 3 and versions[3] == versions[2]


def test_7644_3_14__3_if_none_match(scim):
    """GET with If-None-Match of the current version is 304 without a body."""
    for resource in (scim.user("u"), scim.add_group("G")):
        path, etag = scim.path(resource), resource["meta"]["version"]
        for value in (etag, etag[2:], '"x", ' + etag, "*"):
            answer = scim.get(path + "?attributes=displayName", headers={"If-None-Match": value})
            assert answer.status == 304 and not answer.raw and answer.headers["ETag"] == etag
        assert scim.get(path, headers={"If-None-Match": 'W/"x"'}).status == 200


def test_7644_3_14__4_if_match(scim):
    """PUT and PATCH with If-Match happen only if the version is the current one, else 412."""
    user = scim.user("u")
    path, old = scim.path(user), user["meta"]["version"]
    op = {"op": "add", "path": "title", "value": "T"}
    new = scim.patch(path, op, headers={"If-Match": old}).user()["meta"]["version"]
    for headers in ({"If-Match": old}, {"If-Match": 'W/"x", "y"'}):
        scim.patch(path, dict(op, value="X"), headers=headers).error(412)
        scim.put(path, dict(user, title="X"), headers=headers).error(412)
        scim.delete(path, headers=headers).error(412)
    assert scim.read(user)["title"] == "T"
    assert scim.put(path, dict(user, title="Y"), headers={"If-Match": new}).user()["title"] == "Y"
    scim.delete(path, headers={"If-Match": "*"}).must_be(204)


# ---- 4 Service Provider Configuration Endpoints ----

def test_7644_4__1_configuration(scim):
    """/ServiceProviderConfig has the schema of that name."""
    assert scim.get("/ServiceProviderConfig").must_be(200).json["schemas"] == [URN_CONFIG]


def test_7644_4__2_all_schemas_in_a_list(scim):
    """/Schemas lists all supported schemas in a ListResponse."""
    page = scim.list("Schemas")
    used = {k["schema"] for k in scim.types.values()} | {
        e["schema"] for k in scim.types.values() for e in k.get("schemaExtensions", [])}
    assert {s["id"] for s in page["Resources"]} >= used
    assert page["totalResults"] == len(page["Resources"])


def test_7644_4__3_one_schema_by_its_urn(scim):
    """/Schemas/<URN> is that schema alone."""
    for urn, schema in scim.schemas.items():
        assert scim.get("/Schemas/" + urn).must_be(200).json == schema
        assert scim.get("/Schemas/" + quote(urn)).must_be(200).json == schema
    scim.get("/Schemas/urn:example:none").error(404)


def test_7644_4__4_all_resource_types_in_a_list(scim):
    """/ResourceTypes lists all types in a ListResponse; one is found by its name."""
    page = scim.list("ResourceTypes")
    assert {t["name"] for t in page["Resources"]} >= {"User", "Group"}
    for kind in page["Resources"]:
        assert scim.get("/ResourceTypes/" + kind["name"]).must_be(200).json == kind


def test_7644_4__5_query_parameters_are_ignored(scim):
    """Sorting, paging and attributes change nothing on the discovery endpoints."""
    for path in ("/Schemas", "/ResourceTypes"):
        plain = scim.get(path).json
        for query in ("startIndex=2&count=1", "sortBy=id&sortOrder=descending", "x=y"):
            assert scim.get(path + "?" + query).json == plain


def test_7644_4__6_a_filter_is_forbidden(scim):
    """A filter on the discovery lists is 403."""
    for path in ("/Schemas", "/ResourceTypes"):
        scim.get(path + "?filter=" + quote('name eq "User"')).error(403)


# ---- 6 Multi-Tenancy ----

def test_7644_6__1_tenants_do_not_see_each_other(flavour):
    """A tenant's resources are out of another tenant's reach, also by a known id."""
    one, two = flavour(), flavour()
    user = one.user("u", title="T")
    two.get("/Users/" + user["id"]).error(404)
    two.put("/Users/" + user["id"], {"schemas": [URN_USER], "userName": "u"}).error(404)
    two.patch("/Users/" + user["id"], {"op": "remove", "path": "title"}).error(404)
    two.delete("/Users/" + user["id"]).error(404)
    assert two.list("Users")["totalResults"] == 0 and one.read(user) == user


# ---- 7 Security Considerations ----

def test_7644_7_2__1_tls(env):
    """The protocol is served over TLS 1.2 and above (refusing plain HTTP: test_020_09)."""
    tenant = env.vhost("tls", "vhost-tls")
    answer = tenant.scim().get("/ServiceProviderConfig")
    assert answer.status == 200 and answer.json["meta"]["location"].startswith("https://")
    tenant.close()


def test_7644_7_8__1_strings_are_prepared_before_comparison(scim):
    """userName is folded before comparison, in filters and for uniqueness alike."""
    user = scim.user("ÅNGSTRÖM")
    assert scim.search("Users", 'userName eq "ångström"') == [user["id"]]
    scim.post("/Users", {"schemas": [URN_USER], "userName": "ångström"}).error(409, "uniqueness")

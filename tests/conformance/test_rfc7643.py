# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""RFC 7643 by requirements: test_7643_<section>__<number>_<words>, see docs/conformance.md.

What is true of every answer, the validator checks in each of these tests; here it is provoked.
"""

import re
import time

import pytest
import requests

from okta_wire import URN_ENTERPRISE, URN_GROUP, URN_USER
from validator import ATTRNAME, DATETIME
from validator_rfc import CORE, CORE_SUBS, MESSAGES, URN_CONFIG, URN_RESOURCE_TYPE, URN_SCHEMA

CERTIFICATE = "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkG"


def every_attribute(scim):
    """(label, attribute) of all published schemas, sub-attributes included."""
    for urn, schema in scim.schemas.items():
        for attr in schema["attributes"]:
            yield urn + ":" + attr["name"], attr
            for sub in attr.get("subAttributes", []):
                yield "%s:%s.%s" % (urn, attr["name"], sub["name"]), sub


def put(scim, user, **changes):
    """The user as it was read, with changes laid over; a change of ... removes the name."""
    body = dict(user, **changes)
    body = {k: v for k, v in body.items() if v is not ...}
    return scim.put(scim.path(user), body)


# ---- 2.1 Attributes ----

def test_7643_2_1__1_attribute_names_follow_the_abnf(scim):
    """Attribute names are a letter, then letters, digits, $, - and _."""
    wrong = [label for label, attr in every_attribute(scim)
             if not ATTRNAME.fullmatch(attr["name"])]
    assert not wrong


def test_7643_2_1__2_every_resource_names_its_schemas(scim):
    """Every resource says by `schemas` what it is made of."""
    user, group = scim.user("u"), scim.add_group("G")
    for path in (scim.path(user), scim.path(group), "/ServiceProviderConfig",
                 "/Schemas/" + URN_USER, "/ResourceTypes/User"):
        assert scim.get(path).json["schemas"], path


def test_7643_2_1__3_attribute_names_have_no_case(scim):
    """Attribute names are case insensitive."""
    user = scim.post("/Users", {"SCHEMAS": [URN_USER], "USERNAME": "u", "Title": "T",
                                "EMAILS": [{"VALUE": "a@example.com"}]}).user(201)
    assert (user["userName"], user["title"]) == ("u", "T")
    assert user["emails"] == [{"value": "a@example.com"}]


# ---- 2.2 Attribute Characteristics ----

def test_7643_2_2__1_all_characteristics_are_published(scim):
    """Each attribute's required, caseExact, mutability, returned, uniqueness and type are known."""
    for label, attr in every_attribute(scim):
        names = {"type", "multiValued", "required", "mutability", "returned", "uniqueness"}
        if attr["type"] == "string":
            names.add("caseExact")
        assert names <= set(attr), label


# ---- 2.3 Attribute Data Types ----

def test_7643_2_3__1_no_other_data_types(scim):
    """Extensions introduce no data types beside the RFC's eight."""
    assert {attr["type"] for _, attr in every_attribute(scim)} <= {
        "string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"}


def test_7643_2_3_2__1_booleans_are_literals(scim):
    """A boolean is the literal true or false, never a string."""
    user = scim.user("u", active="True", emails=[{"value": "a@example.com", "primary": "FALSE"}])
    assert user["active"] is True and user["emails"][0]["primary"] is False
    scim.post("/Users", {"schemas": [URN_USER], "userName": "v", "active": "yes"}
              ).error(400, "invalidValue")


def test_7643_2_3_4__1_integers_have_no_fraction_or_exponent(scim):
    """An integer has no fraction and no exponent."""
    scim.user("u")
    for path in ("/ServiceProviderConfig", "/Users", "/Schemas", "/Users?count=0"):
        numbers = re.findall(rb'[:\[,](-?\d[^,}\]]*)', re.sub(rb'"(?:[^"\\]|\\.)*"', b'""',
                                                            scim.get(path).raw))
        assert numbers and all(re.fullmatch(rb"-?\d+", n) for n in numbers), path


def test_7643_2_3_5__1_dates_are_xsd_datetimes(scim):
    """A dateTime is a valid xsd:dateTime with a date and a time."""
    user = scim.user("u")
    for name in ("created", "lastModified"):
        assert DATETIME.fullmatch(user["meta"][name]) and user["meta"][name].endswith("Z")


@pytest.mark.parametrize("value,good", [
    (CERTIFICATE, True), ("QQ==", True), ("QQ", True), ("not base64!", False), ("QQ=", False),
    ("Q", False)])
def test_7643_2_3_6__1_binaries_are_base64(scim, value, good):
    """A binary is base64; padding may be left out."""
    body = {"schemas": [URN_USER], "userName": "u", "x509Certificates": [{"value": value}]}
    answer = scim.post("/Users", body)
    if good:
        assert answer.user(201)["x509Certificates"] == [{"value": value}]
    else:
        answer.error(400, "invalidValue")


def references(scim):
    """Each SCIM reference that the answers of a small tenant hold, and what it should lead to."""
    user = scim.user("u")
    group = scim.add_group("G", [user["id"]])
    group, user = scim.read(group), scim.read(user)
    yield group["members"][0]["$ref"], user
    yield user["groups"][0]["$ref"], group
    yield user["meta"]["location"], user


def test_7643_2_3_7__1_references_are_uris(scim):
    """A reference is the absolute or relative URI of its target; here it is absolute."""
    for url, _ in references(scim):
        assert url.startswith(scim.base + "/"), url


def test_7643_2_3_7__2_references_lead_to_their_target(scim):
    """GET on a reference's URI gives the target."""
    for url, target in references(scim):
        got = requests.get(url, headers={"Authorization": "Bearer " + scim.token}, timeout=60)
        assert got.status_code == 200 and got.json() == target, url


def test_7643_2_3_8__1_the_order_of_members_is_free(scim):
    """No order of attributes or sub-attributes is required."""
    body = {"name": {"familyName": "F", "givenName": "G"}, "userName": "u", "title": "T",
            "schemas": [URN_USER]}
    first = scim.post("/Users", body).user(201)
    other = {k: body[k] for k in reversed(list(body))}
    other["name"] = {"givenName": "G", "familyName": "F"}
    other["userName"] = "v"
    second = scim.post("/Users", other).user(201)
    for name in ("name", "title", "schemas"):
        assert first[name] == second[name]


def test_7643_2_3_8__2_no_complex_within_complex(scim):
    """A complex attribute has no complex sub-attributes."""
    for urn, schema in scim.schemas.items():
        for attr in schema["attributes"]:
            kinds = {s["type"] for s in attr.get("subAttributes", [])}
            assert "complex" not in kinds, urn + ":" + attr["name"]


# ---- 2.4 Multi-Valued Attributes ----

def test_7643_2_4__1_default_sub_attributes_mean_what_they_do(scim):
    """value, display, type, primary and $ref have the types of section 2.4 wherever they appear."""
    kinds = {"display": {"string"}, "type": {"string"}, "primary": {"boolean"},
             "$ref": {"reference"}}
    for label, attr in every_attribute(scim):
        for sub in attr.get("subAttributes", []) if attr["multiValued"] else []:
            assert sub["type"] in kinds.get(sub["name"], {sub["type"]}), label


def test_7643_2_4__2_primary_is_true_at_most_once(scim):
    """primary is true at most once."""
    user = scim.user("u", emails=[{"value": "a@example.com", "primary": True},
                                  {"value": "b@example.com", "primary": True}])
    assert [e.get("primary") for e in user["emails"]].count(True) == 1
    user = put(scim, user, phoneNumbers=[{"value": "1", "primary": True},
                                         {"value": "2", "primary": True}]).user()
    assert [e.get("primary") for e in user["phoneNumbers"]].count(True) == 1


def test_7643_2_4__4_the_same_value_with_two_types(scim):
    """The same value may come back with different types."""
    emails = [{"value": "a@example.com", "type": kind} for kind in ("work", "home")]
    assert scim.read(scim.user("u", emails=emails))["emails"] == emails


# ---- 2.5 Unassigned and Null Values ----

@pytest.mark.parametrize("nothing", [None, []])
def test_7643_2_5__1_null_and_the_empty_array_are_unassigned(scim, nothing):
    """Not given, null and the empty array are the same state."""
    user = scim.user("u", emails=nothing, addresses=nothing)
    bare = scim.user("v")
    assert set(user) == set(bare)
    assert scim.search("Users", "emails pr") == []
    assert scim.search("Users", "not (emails pr)") == [user["id"], bare["id"]]


@pytest.mark.parametrize("name,value,nothing", [
    ("title", "T", None), ("name", {"givenName": "G"}, None),
    ("emails", [{"value": "a@example.com"}], None), ("emails", [{"value": "a@example.com"}], [])])
def test_7643_2_5__2_assigning_null_unassigns(scim, name, value, nothing):
    """Assigning null or an empty array makes an attribute unassigned, by PUT and by PATCH."""
    for change in (lambda u: put(scim, u, **{name: nothing}),
                   lambda u: scim.patch(scim.path(u), {"op": "replace", "path": name,
                                                       "value": nothing}),
                   lambda u: scim.patch(scim.path(u), {"op": "replace", "value": {name: nothing}})):
        user = scim.user("u", **{name: value})
        assert user[name] == value
        assert name not in change(user).user()
        assert name not in scim.read(user)
        scim.delete(scim.path(user))


# ---- 3 SCIM Resources ----

@pytest.mark.parametrize("schemas", [..., None, [], "", 5, [5], {}])
def test_7643_3__1_schemas_is_required(scim, schemas):
    """A body without `schemas`, or with a value that is no array of URIs, is refused."""
    body = {"schemas": schemas, "userName": "u"}
    if schemas is ...:
        del body["schemas"]
    scim.post("/Users", body).error(400, "invalidSyntax")
    user = scim.user("v")
    scim.put(scim.path(user), body).error(400, "invalidSyntax")


def test_7643_3__2_no_schema_twice(scim):
    """`schemas` has no value twice."""
    user = scim.post("/Users", {"schemas": [URN_USER, URN_ENTERPRISE, URN_USER.upper(),
                                            URN_ENTERPRISE], "userName": "u",
                                URN_ENTERPRISE: {"department": "D"}}).user(201)
    assert sorted(user["schemas"]) == sorted([URN_USER, URN_ENTERPRISE])


def test_7643_3__3_schemas_is_never_empty(scim):
    """Every representation has a non-empty `schemas`, whatever was asked for."""
    user = scim.user("u")
    for query in ("", "?attributes=userName", "?excludedAttributes=schemas"):
        assert scim.get(scim.path(user) + query).json["schemas"] == [URN_USER]


def test_7643_3__4_only_schemas_of_the_resource_type(scim):
    """`schemas` holds only the type's schema and its extensions."""
    user = scim.post("/Users", {"schemas": [URN_USER, "urn:example:other", URN_GROUP],
                                "userName": "u"}).user(201)
    assert user["schemas"] == [URN_USER]
    assert scim.read(user)["schemas"] == [URN_USER]


def test_7643_3__5_the_order_of_schemas_is_free(scim):
    """The order of `schemas` changes nothing."""
    bodies = [{"schemas": urns, "userName": "u%d" % i, URN_ENTERPRISE: {"department": "D"}}
              for i, urns in enumerate(([URN_USER, URN_ENTERPRISE], [URN_ENTERPRISE, URN_USER]))]
    users = [scim.post("/Users", body).user(201) for body in bodies]
    assert users[0]["schemas"] == users[1]["schemas"]
    assert all(u[URN_ENTERPRISE] == {"department": "D"} for u in users)


def test_7643_3__6_common_attributes_need_no_schema(scim):
    """Common attributes are part of every resource, whatever `schemas` says."""
    for resource in (scim.user("u", externalId="e"),
                     scim.post("/Groups", {"schemas": [URN_GROUP], "displayName": "G",
                                           "externalId": "e"}).group(201)):
        assert {"id", "meta", "schemas"} <= set(resource) and resource["externalId"] == "e"


def test_7643_3__7_extensions_have_their_own_container(scim):
    """Extended attributes are kept below their schema's URI, apart from core attributes."""
    user = scim.user("u", title="core", department="not core", **{
        URN_ENTERPRISE: {"department": "D", "title": "not of the extension"}})
    assert user["title"] == "core" and "department" not in user
    assert user[URN_ENTERPRISE] == {"department": "D"}


# ---- 3.1 Common Attributes ----

def test_7643_3_1__1_id_and_meta_are_assigned(scim):
    """id and meta with its sub-attributes are assigned by the service provider."""
    for resource in (scim.user("u"), scim.add_group("G")):
        assert resource["id"]
        assert {"resourceType", "created", "lastModified", "location", "version"} <= \
            set(resource["meta"])


def test_7643_3_1__2_every_representation_has_an_id(scim):
    """Every representation has a non-empty id."""
    user = scim.user("u")
    for query in ("", "?attributes=userName", "?excludedAttributes=id", "?attributes=nosuch"):
        assert scim.get(scim.path(user) + query).json["id"] == user["id"]
        assert scim.list("Users", query[1:])["Resources"][0]["id"] == user["id"]


def test_7643_3_1__3_ids_are_unique_among_all_resources(scim):
    """No two resources have the same id, of whatever type."""
    ids = [scim.user("u%d" % i)["id"] for i in range(5)]
    ids += [scim.add_group("g%d" % i)["id"] for i in range(5)]
    assert len(set(ids)) == 10


def test_7643_3_1__4_an_id_is_stable_and_never_given_again(scim):
    """An id stays through every change and is never given to another resource."""
    user = scim.user("u")
    put(scim, user, userName="other")
    scim.patch(scim.path(user), {"op": "replace", "path": "userName", "value": "third"})
    assert scim.read(user)["id"] == user["id"]
    scim.delete(scim.path(user))
    assert scim.user("third")["id"] != user["id"]
    scim.get(scim.path(user)).error(404)


def test_7643_3_1__5_a_clients_id_is_not_taken(scim):
    """The client cannot specify the id."""
    user = scim.user("u", id="mine")
    assert user["id"] != "mine"
    assert put(scim, user, id="mine").user()["id"] == user["id"]
    scim.get("/Users/mine").error(404)


def test_7643_3_1__6_bulkid_is_in_no_id(scim):
    """The reserved word bulkId is in no id."""
    assert "bulkid" not in scim.user("u", id="bulkId:1")["id"].lower()


def test_7643_3_1__7_an_id_is_case_exact(scim):
    """id is case exact."""
    user = scim.user("u")
    assert user["id"] != user["id"].upper()
    scim.get("/Users/" + user["id"].upper()).error(404)
    assert scim.search("Users", 'id eq "%s"' % user["id"]) == [user["id"]]
    assert scim.search("Users", 'id eq "%s"' % user["id"].upper()) == []


def test_7643_3_1__8_the_provider_makes_up_no_externalid(scim):
    """externalId is only ever what the client gave."""
    user = scim.user("u")
    assert "externalId" not in user
    assert put(scim, user, externalId="E").user()["externalId"] == "E"
    assert "externalId" not in put(scim, user).user()


def test_7643_3_1__9_an_externalid_belongs_to_its_tenant(flavour):
    """externalId is scoped to the provisioning domain: the tenant."""
    one, two = flavour(), flavour()
    mine, other = one.user("u", externalId="same"), two.user("u", externalId="same")
    assert one.search("Users", 'externalId eq "same"') == [mine["id"]]
    assert two.search("Users", 'externalId eq "same"') == [other["id"]]


def test_7643_3_1__10_externalid_need_not_be_unique(scim):
    """The server does not enforce that externalId is unique."""
    ids = [scim.user("u%d" % i, externalId="same")["id"] for i in range(2)]
    assert scim.search("Users", 'externalId eq "same"') == ids


def test_7643_3_1__11_externalid_is_case_exact(scim):
    """externalId is case exact."""
    user = scim.user("u", externalId="Ext")
    assert scim.search("Users", 'externalId eq "Ext"') == [user["id"]]
    assert scim.search("Users", 'externalId eq "ext"') == []


def test_7643_3_1__12_a_clients_meta_is_ignored(scim):
    """meta is ignored when a client gives it."""
    fake = {"resourceType": "Group", "created": "2001-01-01T00:00:00Z",
            "lastModified": "2001-01-01T00:00:00Z", "location": "https://example.com/",
            "version": 'W/"x"'}
    user = scim.user("u", meta=fake)
    again = put(scim, user, meta=fake, title="T").user()
    for got in (user, again):
        assert all(got["meta"][name] != value for name, value in fake.items())


def test_7643_3_1__13_meta_resourcetype(scim):
    """meta.resourceType is the type's name, and case exact."""
    user, group = scim.user("u"), scim.add_group("G")
    assert user["meta"]["resourceType"] == "User" and group["meta"]["resourceType"] == "Group"
    assert scim.search("Users", 'meta.resourceType eq "User"') == [user["id"]]
    assert scim.search("Users", 'meta.resourceType eq "USER"') == []


def test_7643_3_1__14_meta_created_never_changes(scim):
    """meta.created is when the resource was added."""
    user = scim.user("u")
    assert put(scim, user, title="T").user()["meta"]["created"] == user["meta"]["created"]


def test_7643_3_1__15_lastmodified_of_what_was_never_changed(scim):
    """meta.lastModified equals created until the first change."""
    for resource in (scim.user("u"), scim.add_group("G")):
        for meta in (resource["meta"], scim.read(resource)["meta"]):
            assert meta["lastModified"] == meta["created"]


def test_7643_3_1__16_lastmodified_follows_changes(scim):
    """meta.lastModified is the time of the last change."""
    user = scim.user("u")
    time.sleep(0.01)  # more than a dateTime can tell apart
    changed = put(scim, user, title="T").user()["meta"]
    assert changed["lastModified"] > user["meta"]["lastModified"]
    time.sleep(0.01)
    patched = scim.patch(scim.path(user), {"op": "remove", "path": "title"}).user()["meta"]
    assert patched["lastModified"] > changed["lastModified"]


def test_7643_3_1__17_meta_location_is_the_resources_url(scim):
    """meta.location is the resource's URI, the same as the Content-Location header."""
    user, group = scim.user("u"), scim.add_group("G")
    for resource in (user, group):
        path = scim.path(resource)
        location = scim.base + path
        body = dict(resource)
        for answer in (scim.get(path), scim.put(path, body),
                       scim.patch(path, {"op": "replace", "value": {"externalId": "e"}})):
            assert answer.json["meta"]["location"] == location
            assert answer.headers["Content-Location"] == location


def test_7643_3_1__18_meta_version_is_the_entity_tag(scim):
    """meta.version is the same as the ETag header."""
    for resource in (scim.user("u"), scim.add_group("G")):
        path = scim.path(resource)
        for answer in (scim.get(path), scim.put(path, dict(resource)),
                       scim.patch(path, {"op": "add", "value": {"externalId": "e"}})):
            assert answer.headers["ETag"] == answer.json["meta"]["version"]


def test_7643_3_1__19_a_weak_version_says_so(scim):
    """A version that is no strong validator begins with W/."""
    user = scim.user("u")
    part = scim.get(scim.path(user) + "?attributes=userName")
    assert part.headers["ETag"] == user["meta"]["version"]  # of other bytes: so it is weak
    assert user["meta"]["version"].startswith('W/"')


# ---- 3.3 Attribute Extensions to Resources ----

@pytest.mark.parametrize("schemas", [[URN_ENTERPRISE], [URN_GROUP], ["urn:example:other"]])
def test_7643_3_3__1_the_base_schema_is_needed(scim, schemas):
    """`schemas` contains the base schema."""
    scim.post("/Users", {"schemas": schemas, "userName": "u"}).error(400, "invalidSyntax")


def test_7643_3_3__2_the_extensions_uri_is_its_container(scim):
    """The extension's URI is the name of the object with its attributes."""
    user = scim.user("u", **{URN_ENTERPRISE.upper(): {"department": "D"},
                             "schemas": [URN_USER, URN_ENTERPRISE]})
    assert user[URN_ENTERPRISE] == {"department": "D"}


def test_7643_3_3__3_schemas_shows_what_is_in_use(scim):
    """An extension is listed in `schemas` while it has values, and no longer."""
    user = scim.user("u", **{URN_ENTERPRISE: {"department": "D"}})
    assert set(user["schemas"]) == {URN_USER, URN_ENTERPRISE}
    user = put(scim, user, **{URN_ENTERPRISE: ...}).user()
    assert user["schemas"] == [URN_USER]


# ---- 4.1 User ----

@pytest.mark.parametrize("name", [..., None, "", [], {}, 5])
def test_7643_4_1_1__1_username_is_required(scim, name):
    """Every user has a non-empty userName."""
    body = {"schemas": [URN_USER], "userName": name}
    if name is ...:
        del body["userName"]
    scim.post("/Users", body).error(400, "invalidValue")
    user = scim.user("u")
    scim.put(scim.path(user), body).error(400, "invalidValue")


def test_7643_4_1_1__2_username_is_unique(scim):
    """userName is unique among all users."""
    scim.user("taken")
    other = scim.user("other")
    scim.post("/Users", {"schemas": [URN_USER], "userName": "taken"}).error(409, "uniqueness")
    put(scim, other, userName="taken").error(409, "uniqueness")
    scim.patch(scim.path(other), {"op": "replace", "path": "userName", "value": "taken"}
               ).error(409, "uniqueness")


def test_7643_4_1_1__3_username_has_no_case(scim):
    """userName is case insensitive, in filters and for uniqueness."""
    user = scim.user("Straße.Ünal")
    assert scim.search("Users", 'userName eq "straße.ÜNAL"') == [user["id"]]
    scim.post("/Users", {"schemas": [URN_USER], "userName": "STRAßE.ünal"}
              ).error(409, "uniqueness")
    assert scim.read(user)["userName"] == "Straße.Ünal"


def test_7643_4_1_1__4_formatted_and_parts_are_one_name(scim):
    """name.formatted that the client read earlier does not outlive a change of the parts."""
    user = scim.user("u", name={"formatted": "Ann Old", "givenName": "Ann", "familyName": "Old"})
    got = put(scim, user, name=dict(user["name"], familyName="New")).user()
    assert got["name"] == {"givenName": "Ann", "familyName": "New"}


def test_7643_4_1_1__5_a_password_is_never_returned(scim):
    """A password comes back in no form and in no answer."""
    user = scim.user("u", password="1mz050nq")
    path = scim.path(user)
    answers = [scim.get(path), scim.get(path + "?attributes=password,userName"),
               scim.put(path, dict(user, password="n3w-Passw0rd")),
               scim.patch(path, {"op": "replace", "path": "password", "value": "n3w-Passw0rd"}),
               scim.patch(path, {"op": "add", "value": {"password": "n3w-Passw0rd"}}),
               scim.get("/Users?attributes=password"), scim.get("/Users")]
    for answer in answers:
        assert b"assw" not in answer.raw.lower() and b"1mz050nq" not in answer.raw


def test_7643_4_1_1__6_a_password_is_not_stored(env, scim):
    """A password is not kept in clear text (also section 9.2): it is not kept at all."""
    user = scim.user("u", password="1mz050nq")
    scim.patch(scim.path(user), {"op": "replace", "path": "password", "value": "n3w-Passw0rd"})
    for table in ("scim_resource", "scim_value"):
        kept = " ".join(str(v) for row in env.db.query("SELECT * FROM " + table) for v in row)
        assert kept and "1mz050nq" not in kept and "n3w-Passw0rd" not in kept


def test_7643_4_1_1__7_a_password_cannot_be_guessed_by_filter(scim):
    """Comparing passwords is not offered, so no filter tells anything about one."""
    scim.user("u", password="1mz050nq")
    for text in ("password%20pr", "password%20eq%20%22x%22"):
        scim.get("/Users?filter=" + text).error(403, "sensitive")


def test_7643_4_1_2__1_groups_hold_ids_and_uris(scim):
    """User.groups has the group's id as value and its URI as $ref."""
    user = scim.user("u")
    group = scim.add_group("G", [user["id"]])
    got = scim.read(user)["groups"]
    assert [(g["value"], g["$ref"]) for g in got] == [(group["id"], group["meta"]["location"])]


def test_7643_4_1_2__2_groups_are_changed_through_the_group(scim):
    """User.groups is readOnly: what a client sends for it changes no membership."""
    user, group = scim.user("u", groups=[{"value": "x"}]), scim.add_group("G")
    assert "groups" not in user
    got = put(scim, user, groups=[{"value": group["id"]}]).user()
    assert "groups" not in got and not scim.read(group).get("members")
    for op in ("add", "replace", "remove"):
        scim.patch(scim.path(user), {"op": op, "path": "groups", "value": [{"value": group["id"]}]}
                   ).error(400, "mutability")


def test_7643_4_1_2__3_direct_membership_is_direct(scim):
    """A membership that the Group resource holds has the type direct."""
    user = scim.user("u")
    scim.add_group("G", [user["id"]])
    assert [g["type"] for g in scim.read(user)["groups"]] == ["direct"]


def test_7643_4_1_2__4_certificates_are_base64(scim):
    """A certificate is one base64 value; text around it is refused."""
    pem = "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----" % CERTIFICATE
    scim.post("/Users", {"schemas": [URN_USER], "userName": "u",
                         "x509Certificates": [{"value": pem}]}).error(400, "invalidValue")
    user = scim.user("v", x509Certificates=[{"value": CERTIFICATE}])
    assert user["x509Certificates"] == [{"value": CERTIFICATE}]


# ---- 4.2 Group ----

@pytest.mark.parametrize("name", [..., None, "", 5])
def test_7643_4_2__1_displayname_is_required(scim, name):
    """Every group has a displayName."""
    body = {"schemas": [URN_GROUP], "displayName": name}
    if name is ...:
        del body["displayName"]
    scim.post("/Groups", body).error(400, "invalidValue")
    group = scim.add_group("G")
    scim.put(scim.path(group), body).error(400, "invalidValue")


def test_7643_4_2__2_members_hold_ids_and_uris(scim):
    """A member's value is the id of a resource and its $ref that resource's URI."""
    user = scim.user("u")
    got = scim.read(scim.add_group("G", [user["id"]]))["members"]
    assert [(m["value"], m["$ref"]) for m in got] == [(user["id"], user["meta"]["location"])]


def test_7643_4_2__3_members_can_only_be_added_and_removed(scim):
    """Sub-attributes of members are immutable, while members can be added and removed."""
    users = [scim.user("u%d" % i)["id"] for i in range(2)]
    group = scim.add_group("G", users[:1])
    one = 'members[value eq "%s"]' % users[0]
    for sub, value in (("value", users[1]), ("$ref", "https://example.com"), ("type", "Group")):
        scim.patch(scim.path(group), {"op": "replace", "path": one + "." + sub, "value": value}
                   ).error(400, "mutability")
    scim.patch(scim.path(group), {"op": "add", "path": "members", "value": [{"value": users[1]}]},
               {"op": "remove", "path": one})
    assert [m["value"] for m in scim.read(group)["members"]] == users[1:]


# ---- 4.3 Enterprise User ----

def test_7643_4_3__1_enterprise_attributes_come_back(scim):
    """employeeNumber, costCenter, organization, division and department are kept as given."""
    sent = {"employeeNumber": "701984", "costCenter": "4130", "organization": "O",
            "division": "V", "department": "D"}
    assert scim.read(scim.user("u", **{URN_ENTERPRISE: sent}))[URN_ENTERPRISE] == sent


def test_7643_4_3__2_the_managers_name_is_read_only(scim):
    """manager.displayName is readOnly."""
    boss = scim.user("boss", displayName="The Boss")
    user = scim.user("u", **{URN_ENTERPRISE: {"manager": {"value": boss["id"],
                                                          "displayName": "Fake"}}})
    assert user[URN_ENTERPRISE]["manager"].get("displayName") != "Fake"
    scim.patch(scim.path(user), {"op": "replace", "path": URN_ENTERPRISE + ":manager.displayName",
                                 "value": "Fake"}).error(400, "mutability")


# ---- 5 Service Provider Configuration ----

def test_7643_5__1_the_configuration_has_all_it_needs(scim):
    """ServiceProviderConfig has its schema and every required attribute, of the right type."""
    got = scim.get("/ServiceProviderConfig").json
    assert got["schemas"] == [URN_CONFIG]
    assert {"patch", "bulk", "filter", "changePassword", "sort", "etag",
            "authenticationSchemes"} <= set(got)
    assert got["authenticationSchemes"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_7643_5__2_the_configuration_is_read_only(scim, method):
    """ServiceProviderConfig cannot be changed."""
    before = scim.get("/ServiceProviderConfig").raw
    scim.request(method, "/ServiceProviderConfig", {"schemas": [URN_CONFIG]}).error(405)
    assert scim.get("/ServiceProviderConfig").raw == before


# ---- 6 ResourceType ----

def test_7643_6__1_resource_types_have_all_they_need(scim):
    """Each resource type has a name, a description, an endpoint and a schema."""
    assert scim.types
    for name, kind in scim.types.items():
        assert kind["schemas"] == [URN_RESOURCE_TYPE]
        assert kind["name"] == name and kind["description"] and kind["schema"]
        scim.get(kind["endpoint"]).list()


def test_7643_6__2_a_types_schema_is_published(scim):
    """A resource type's schema is the id of a Schema resource."""
    for kind in scim.types.values():
        assert scim.get("/Schemas/" + kind["schema"]).must_be(200).json["id"] == kind["schema"]


def test_7643_6__3_a_types_extensions_are_published(scim):
    """Each of schemaExtensions is the id of a Schema resource and says whether it is required."""
    assert scim.types["User"]["schemaExtensions"]
    for kind in scim.types.values():
        for extension in kind.get("schemaExtensions", []):
            urn = extension["schema"]
            assert scim.get("/Schemas/" + urn).must_be(200).json["id"] == urn
            assert isinstance(extension["required"], bool)


def test_7643_6__4_an_optional_extension_may_be_left_out(scim):
    """A resource may omit an extension that is not required."""
    assert scim.types["User"]["schemaExtensions"] == [{"schema": URN_ENTERPRISE,
                                                       "required": False}]
    assert scim.user("u")["schemas"] == [URN_USER]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_7643_6__5_resource_types_are_read_only(scim, method):
    """Resource types cannot be changed."""
    for path in ("/ResourceTypes", "/ResourceTypes/User"):
        scim.request(method, path, {"schemas": [URN_RESOURCE_TYPE]}).error(405)


# ---- 7 Schema Definition ----

def test_7643_7__1_every_schema_in_use_is_published(scim):
    """For each URI that a user or a group names there is a Schema resource."""
    user = scim.user("u", **{URN_ENTERPRISE: {"department": "D"}})
    for urn in user["schemas"] + scim.add_group("G")["schemas"]:
        assert scim.get("/Schemas/" + urn).must_be(200).json["schemas"] == [URN_SCHEMA]


def test_7643_7__2_schemas_have_id_name_and_description(scim):
    """Each schema has its URI as id, a name and a description."""
    for urn, schema in scim.schemas.items():
        assert urn.startswith("urn:") and schema["name"] and schema["description"]


def test_7643_7__3_attributes_are_described(scim):
    """Each attribute has a description."""
    assert all(attr["description"].strip() for _, attr in every_attribute(scim))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_7643_7__4_schemas_are_read_only(scim, method):
    """Schemas cannot be changed."""
    for path in ("/Schemas", "/Schemas/" + URN_USER):
        scim.request(method, path, {"schemas": [URN_SCHEMA]}).error(405)


def test_7643_7__5_complex_attributes_list_their_parts(scim):
    """A complex attribute lists its subAttributes."""
    for label, attr in every_attribute(scim):
        assert (attr["type"] == "complex") == bool(attr.get("subAttributes")), label


def test_7643_7__6_canonical_values_are_suggestions(scim):
    """Values beside canonicalValues are accepted."""
    emails = [{"value": "a@example.com", "type": "secret"}]
    assert scim.user("u", emails=emails)["emails"] == emails


def test_7643_7__7_caseexact_decides_in_filters(scim):
    """Filters follow each attribute's caseExact."""
    user = scim.user("u", title="Boss", externalId="Ext", profileUrl="https://example.com/A",
                     photos=[{"value": "https://example.com/P"}])
    for text, found in (('title eq "BOSS"', 1), ('externalId eq "EXT"', 0),
                        ('externalId eq "Ext"', 1), ('profileUrl eq "https://example.com/a"', 0),
                        ('profileUrl eq "https://example.com/A"', 1),
                        ('photos.value eq "https://example.com/p"', 0),
                        ('photos.value sw "https://example.com/P"', 1)):
        assert scim.search("Users", text) == [user["id"]] * found, text


def test_7643_7__8_case_is_preserved(scim):
    """The case of submitted values is preserved."""
    sent = {"externalId": "ExT", "profileUrl": "https://example.com/CaSe", "title": "BoSs"}
    user = scim.read(scim.user("CaSe", **sent))
    assert user["userName"] == "CaSe" and all(user[n] == v for n, v in sent.items())


def test_7643_7__9_read_only_is_not_modified(scim):
    """readOnly attributes are not modified, by whatever method."""
    user = scim.user("u")
    fake = {"id": "x", "meta": {"created": "2001-01-01T00:00:00Z"}, "groups": [{"value": "x"}]}
    got = put(scim, user, **fake).user()
    got = scim.patch(scim.path(user), {"op": "replace", "value": dict(fake, title="T")}).user()
    assert got["id"] == user["id"] and got["meta"]["created"] == user["meta"]["created"]
    assert "groups" not in got and got["title"] == "T"


def test_7643_7__10_immutable_is_not_updated(scim):
    """immutable attributes are not updated once set."""
    user = scim.user("u")["id"]
    group = scim.add_group("G", [user])
    scim.patch(scim.path(group), {"op": "replace", "path": 'members[value eq "%s"].value' % user,
                                  "value": "x"}).error(400, "mutability")
    assert [m["value"] for m in scim.read(group)["members"]] == [user]


def test_7643_7__11_write_only_is_not_returned(scim):
    """writeOnly and never-returned attributes are in no answer."""
    hidden = [label.rsplit(":", 1)[1] for label, attr in every_attribute(scim)
              if attr["mutability"] == "writeOnly" or attr["returned"] == "never"]
    assert hidden == ["password"]
    user = scim.user("u", password="1mz050nq")
    assert "password" not in scim.get(scim.path(user) + "?attributes=password").json


def test_7643_7__12_always_is_always_returned(scim):
    """Attributes of returned always are there whatever `attributes` says."""
    user = scim.user("u")
    for query in ("?attributes=title", "?excludedAttributes=id,schemas"):
        assert {"id", "schemas"} <= set(scim.get(scim.path(user) + query).json)


def test_7643_7__13_default_is_returned_unless_others_are_asked_for(scim):
    """Attributes of returned default are there by default, and else only if they are named."""
    user = scim.user("u", title="T", emails=[{"value": "a@example.com"}])
    assert {"title", "emails", "meta"} <= set(scim.read(user))
    assert set(scim.get(scim.path(user) + "?attributes=title").json) == {"schemas", "id", "title"}


def test_7643_7__14_uniqueness_server(scim):
    """Attributes published with uniqueness server have no value twice."""
    unique = [label for label, attr in every_attribute(scim) if attr["uniqueness"] == "server"]
    assert sorted(unique) == sorted([URN_USER + ":userName", URN_GROUP + ":displayName"])
    scim.add_group("Same")
    scim.post("/Groups", {"schemas": [URN_GROUP], "displayName": "Same"}).error(409, "uniqueness")


def test_7643_7__15_references_say_what_they_refer_to(scim):
    """Attributes of type reference, and only they, have referenceTypes."""
    for label, attr in every_attribute(scim):
        kinds = attr.get("referenceTypes", [])
        assert (attr["type"] == "reference") == bool(kinds), label
        assert set(kinds) <= set(scim.types) | {"external", "uri"}, label


# ---- 8.7 Schema Representation ----

@pytest.mark.parametrize("urn", list(CORE))
def test_7643_8_7_1__1_core_schemas_are_complete(scim, urn):
    """User, Group and EnterpriseUser have the attributes of the RFC, with their types."""
    def line(attr):
        kind = "" if attr["type"] == "string" else ":" + attr["type"]
        return attr["name"] + kind + ("*" if attr["multiValued"] else "")
    attrs = {a["name"]: a for a in scim.schemas[urn]["attributes"]}
    assert set(CORE[urn].split()) <= {line(a) for a in attrs.values()}
    for name, subs in CORE_SUBS.items():
        if name in attrs:
            assert set(subs.split()) <= {line(s) for s in attrs[name]["subAttributes"]}, name


# ---- 9 Security Considerations ----

def test_7643_9_3__1_identifiers_are_bound_to_a_tenant(flavour):
    """The same person has an id of its own in each tenant, and no tenant can use another's."""
    one, two = flavour(), flavour()
    mine, other = one.user("same"), two.user("same")
    assert mine["id"] != other["id"]
    two.get("/Users/" + mine["id"]).error(404)


def test_7643_10__1_messages_are_no_resource_schemas(scim):
    """No message's URI is published as a schema."""
    assert not [urn for urn in scim.schemas if urn.lower().startswith(MESSAGES)]

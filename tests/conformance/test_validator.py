# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""The validator itself: right answers pass, each wrong one is found. No server."""

import copy
import json

import pytest

from validator import Broken, Exchange, Validator, is_base64, parse
from validator_rfc import (URN_BULK_RESPONSE, URN_CONFIG, URN_ERROR, URN_LIST, URN_RESOURCE_TYPE,
                           URN_SCHEMA, attribute)

BASE = "https://scim.example/v2"
THING = "urn:example:schemas:Thing"
MORE = "urn:example:schemas:More"
ID = "01a2-b3"


def described(attr):
    attr["description"] = "Text."
    for sub in attr.get("subAttributes", []):
        described(sub)
    return attr


ATTRS = [described(a) for a in (
    attribute("name", required=True, uniqueness="server"),
    attribute("title"),
    attribute("exact", caseExact=True, returned="always"),
    attribute("secret", mutability="writeOnly", returned="never"),
    attribute("rare", returned="request"),
    attribute("on", "boolean"), attribute("size", "integer"), attribute("weight", "decimal"),
    attribute("when", "dateTime"), attribute("blob", "binary", caseExact=True),
    attribute("link", "reference", caseExact=True, referenceTypes=["external"]),
    attribute("owner", "reference", caseExact=True, referenceTypes=["Thing"]),
    attribute("tags", multiValued=True),
    attribute("place", "complex", subAttributes=[attribute("city"), attribute("zip")]),
    attribute("mails", "complex", multiValued=True, subAttributes=[
        attribute("value", required=True), attribute("type"), attribute("primary", "boolean"),
        attribute("pin", mutability="writeOnly", returned="never")]))]
EXTENSION = [described(attribute("level", required=True)), described(attribute("note"))]


def schema(urn, attributes):
    return {"schemas": [URN_SCHEMA], "id": urn, "name": "N", "description": "D.",
            "attributes": attributes,
            "meta": {"resourceType": "Schema", "location": "%s/Schemas/%s" % (BASE, urn)}}


TYPE = {"schemas": [URN_RESOURCE_TYPE], "id": "Thing", "name": "Thing", "endpoint": "/Things",
        "description": "D.", "schema": THING,
        "schemaExtensions": [{"schema": MORE, "required": False}],
        "meta": {"resourceType": "ResourceType", "location": BASE + "/ResourceTypes/Thing"}}
GOOD = {"schemas": [THING, MORE], "id": ID, "externalId": "e", "name": "n", "title": "",
        "exact": "X", "on": True, "size": 3, "weight": 1, "when": "2026-01-02T03:04:05.123Z",
        "blob": "QUJD",
        "link": "https://example.com/a?b#c", "owner": BASE + "/Things/x", "tags": ["a", "b"],
        "place": {"city": "c"},
        "mails": [{"value": "a", "primary": True}, {"value": "b", "type": "t"}],
        MORE: {"level": "l", "note": "n"},
        "meta": {"resourceType": "Thing", "created": "2026-01-02T03:04:05Z",
                 "lastModified": "2026-01-02T03:04:06Z", "version": 'W/"1"',
                 "location": "%s/Things/%s" % (BASE, ID)}}
CONFIG = {"schemas": [URN_CONFIG], "patch": {"supported": True},
          "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
          "filter": {"supported": True, "maxResults": 5}, "changePassword": {"supported": False},
          "sort": {"supported": False}, "etag": {"supported": True},
          "authenticationSchemes": [{"type": "oauth2", "name": "N", "description": "D"}],
          "meta": {"resourceType": "ServiceProviderConfig",
                   "location": BASE + "/ServiceProviderConfig"}}
ERROR = {"schemas": [URN_ERROR], "status": "400", "scimType": "invalidValue", "detail": "No."}
LIST = {"schemas": [URN_LIST], "totalResults": 2, "startIndex": 1, "itemsPerPage": 1,
        "Resources": [GOOD]}
BULK = {"schemas": [URN_BULK_RESPONSE], "Operations": [
    {"method": "POST", "bulkId": "q", "status": "400", "response": ERROR},
    {"method": "DELETE", "location": BASE + "/Things/1", "status": "204"}]}
HEADERS = {"Content-Type": "application/scim+json", "ETag": 'W/"1"'}


def problems(body, path="/Things/" + ID, status=200, method="GET", headers=None, raw=None):
    validator = Validator(BASE, [schema(THING, ATTRS), schema(MORE, EXTENSION)], [TYPE])
    data = json.dumps(body).encode() if raw is None else raw
    given = dict(HEADERS, **(headers or {}))
    return validator.check(Exchange(method, path, status,
                                    {k: v for k, v in given.items() if v is not None}, data))


def without(body, *names):
    return {k: v for k, v in body.items() if k not in names}


RIGHT = [  # name, body, more arguments
    ("resource", GOOD, {}), ("decimal", dict(GOOD, weight=2.5), {}),
    ("created", GOOD, {"path": "/Things", "status": 201, "method": "POST",
                       "headers": {"Location": GOOD["meta"]["location"]}}),
    ("attributes", {"schemas": [THING], "id": ID, "exact": "X", "place": {"city": "c"}},
     {"path": "/Things/%s?attributes=place.city" % ID}),
    ("attributes of an extension", {"schemas": [THING, MORE], "id": ID, "exact": "X",
                                    MORE: {"level": "l"}},
     {"path": "/Things/%s?attributes=%s:level" % (ID, MORE.lower())}),
    ("excluded", without(GOOD, "title", "mails"),
     {"path": "/Things/%s?excludedAttributes=mails,title" % ID}),
    ("asked for", dict(without(GOOD, "rare"), rare="r"),
     {"path": "/Things/%s?attributes=%s" % (ID, ",".join(list(GOOD)[2:] + ["rare"]))}),
    ("list", LIST, {"path": "/Things"}),
    ("relative reference", dict(GOOD, owner="Things/x"), {}),
    ("relative as in the examples", dict(GOOD, owner="../Things/x"), {}),
    ("last page by cursor", without(LIST, "startIndex"), {"path": "/Things?cursor=abc&count=1"}),
    ("empty list", {"schemas": [URN_LIST], "totalResults": 0}, {"path": "/Things"}),
    ("cursor", dict(without(LIST, "startIndex"), nextCursor="aB-._~1"), {"path": "/Things"}),
    ("error", ERROR, {"status": 400}), ("bulk", BULK, {"path": "/Bulk", "method": "POST"}),
    ("conflict", dict(ERROR, status="409", scimType="uniqueness"), {"status": 409}),
    ("config", CONFIG, {"path": "/ServiceProviderConfig"}),
    ("schema", schema(THING, ATTRS), {"path": "/Schemas/" + THING}),
    ("type", TYPE, {"path": "/ResourceTypes/Thing"}),
]


@pytest.mark.parametrize("body,more", [r[1:] for r in RIGHT], ids=[r[0] for r in RIGHT])
def test_right_answers_pass(body, more):
    assert problems(body, **more) == []


def changed(path, value):
    """GOOD with one member changed; the path is dotted, a number is an index, None removes."""
    body = copy.deepcopy(GOOD)
    at = body
    *way, last = path
    for step in way:
        at = at[step]
    if value is None:
        del at[last]
    else:
        at[last] = value[0]
    return body


WRONG = [  # name, path into GOOD, [new value] or None, what the report must say
    ("no schemas", ["schemas"], None, "schemas"), ("empty schemas", ["schemas"], [[]], "schemas"),
    ("schemas twice", ["schemas"], [[THING, MORE, THING.upper()]], "twice"),
    ("foreign schema", ["schemas"], [[THING, MORE, "urn:other"]], "no schema of"),
    ("no base schema", ["schemas"], [[MORE]], "without " + THING),
    ("extension not listed", ["schemas"], [[THING]], "not listed and present"),
    ("extension not present", [MORE], None, "listed and not present"),
    ("empty extension", [MORE], [{}], "no object with a value"),
    ("unknown in extension", [MORE, "x"], ["y"], "defined by no schema"),
    ("required in extension", [MORE, "level"], None, "required"),
    ("no id", ["id"], None, "always returned"), ("empty id", ["id"], [""], "empty"),
    ("id a number", ["id"], [5], "no string"), ("bulkId", ["id"], ["bulkId:1"], "bulkId"),
    ("unknown attribute", ["colour"], ["red"], "defined by no schema"),
    ("wrong case", ["Rare"], ["n"], "own spelling"), ("null", ["title"], [None], "null"),
    ("required missing", ["name"], None, "required"), ("required empty", ["name"], [""], "empty"),
    ("always missing", ["exact"], None, "always returned"),
    ("writeOnly", ["secret"], ["s"], "writeOnly"), ("on request", ["rare"], ["r"], "request"),
    ("string a number", ["title"], [1], "no string"), ("string a list", ["title"], [["a"]],
                                                       "no string"),
    ("boolean a string", ["on"], ["true"], "no boolean"), ("boolean a number", ["on"], [1],
                                                           "no boolean"),
    ("integer a string", ["size"], ["3"], "no integer"), ("integer true", ["size"], [True],
                                                          "no integer"),
    ("integer with a fraction", ["size"], [3.0], "no integer"),
    ("decimal a string", ["weight"], ["1.0"], "no number"), ("decimal true", ["weight"], [True],
                                                             "no number"),
    ("date without time", ["when"], ["2026-01-02"], "dateTime"),
    ("date of month 13", ["when"], ["2026-13-02T03:04:05Z"], "dateTime"),
    ("date with a space", ["when"], ["2026-01-02 03:04:05Z"], "dateTime"),
    ("base64 broken", ["blob"], ["QUJ*"], "base64"), ("base64 too short", ["blob"], ["Q"],
                                                      "base64"),
    ("URI with a space", ["link"], ["a b"], "no URI"), ("empty URI", ["link"], [""], "no URI"),
    ("reference elsewhere", ["owner"], ["https://other/Things/x"], "no URL of a"),
    ("reference to another base", ["owner"], ["../../Things/x"], "no URL of a"),
    ("reference to no resource", ["owner"], [BASE + "/Things"], "no URL of a"),
    ("multi-valued alone", ["tags"], ["a"], "no array"), ("empty array", ["tags"], [[]], "empty"),
    ("null in an array", ["tags", 0], [None], "null"), ("complex a string", ["place"], ["c"],
                                                        "no object"),
    ("empty complex", ["place"], [{}], "no object"),
    ("complex a list", ["place"], [[{"city": "c"}]], "no object"),
    ("unknown sub-attribute", ["place", "x"], ["y"], "defined by no schema"),
    ("sub-attribute in another case", ["place", "Zip"], ["y"], "own spelling"),
    ("sub-attribute of a wrong type", ["mails", 1, "primary"], ["no"], "no boolean"),
    ("required sub-attribute", ["mails", 1, "value"], None, "required"),
    ("hidden sub-attribute", ["mails", 1, "pin"], ["1"], "never returned"),
    ("two primaries", ["mails", 1, "primary"], [True], "more than once"),
    ("no resourceType", ["meta", "resourceType"], None, "resourceType"),
    ("other resourceType", ["meta", "resourceType"], ["Other"], "no resource type"),
    ("no created", ["meta", "created"], None, "created"),
    ("no lastModified", ["meta", "lastModified"], None, "lastModified"),
    ("modified before created", ["meta", "lastModified"], ["2025-01-02T03:04:05Z"],
     "before created"),
    ("no location", ["meta", "location"], None, "location"),
    ("location elsewhere", ["meta", "location"], [BASE + "/Things/other"], "location"),
    ("version not the ETag", ["meta", "version"], ['W/"2"'], "ETag"),
    ("version no entity tag", ["meta", "version"], ["1"], "entity tag"),
    ("unknown in meta", ["meta", "x"], ["y"], "defined by no schema"),
]


@pytest.mark.parametrize("path,value,text", [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_wrong_resources_are_found(path, value, text):
    found = problems(changed(path, value))
    assert any(text in one for one in found), found


BAD = [  # name, body, more arguments, what the report must say
    ("media type", GOOD, {"headers": {"Content-Type": "application/json"}}, "Content-Type"),
    ("no ETag", GOOD, {"headers": {"ETag": None}}, "ETag"),
    ("broken ETag", without(GOOD, "meta"), {"headers": {"ETag": "1"},
                                            "path": "/Things/x?excludedAttributes=meta"}, "ETag"),
    ("201 without Location", GOOD, {"status": 201, "method": "POST", "path": "/Things"},
     "Location"),
    ("other Location", GOOD, {"headers": {"Location": BASE}}, "Location"),
    ("other Content-Location", GOOD, {"headers": {"Content-Location": BASE}}, "Content-Location"),
    ("another resource", GOOD, {"path": "/Things/other"}, "not what was asked for"),
    ("401 without a challenge", dict(without(ERROR, "scimType"), status="401"), {"status": 401},
     "WWW-Authenticate"),
    ("body with 204", GOOD, {"status": 204}, "may be"),
    ("body with HEAD", GOOD, {"method": "HEAD"}, "may be"),
    ("more than was asked for", GOOD, {"path": "/Things/%s?attributes=name" % ID},
     "not asked for"),
    ("more of a complex one", {"schemas": [THING], "id": ID, "exact": "X", "place": {
        "city": "c", "zip": "z"}}, {"path": "/Things/%s?attributes=place.city" % ID},
     "not asked for"),
    ("what was excluded", GOOD, {"path": "/Things/%s?excludedAttributes=tags" % ID},
     "not asked for"),
    ("always, though excluded", without(GOOD, "exact"),
     {"path": "/Things/%s?excludedAttributes=exact" % ID}, "always returned"),
    ("error with 200", ERROR, {}, "status 200"),
    ("resource with 400", GOOD, {"status": 400}, "schemas"),
    ("status a number", dict(ERROR, status=400), {"status": 400}, "not the string"),
    ("other status", dict(ERROR, status="404"), {"status": 400}, "not the string"),
    ("no detail", without(ERROR, "detail"), {"status": 400}, "detail"),
    ("unknown scimType", dict(ERROR, scimType="oops"), {"status": 400}, "scimType"),
    ("scimType with a wrong status", dict(ERROR, status="404"), {"status": 404}, "scimType"),
    ("more in an error", dict(ERROR, code=1), {"status": 400}, "not defined"),
    ("list with a string count", dict(LIST, totalResults="2"), {"path": "/Things"},
     "totalResults"),
    ("list with too few", dict(LIST, totalResults=0), {"path": "/Things"}, "totalResults"),
    ("list without Resources", without(LIST, "Resources"), {"path": "/Things"}, "Resources"),
    ("part without startIndex", without(LIST, "startIndex"), {"path": "/Things"}, "startIndex"),
    ("part without itemsPerPage", without(LIST, "itemsPerPage"), {"path": "/Things"},
     "itemsPerPage"),
    ("startIndex 0", dict(LIST, startIndex=0), {"path": "/Things"}, "startIndex"),
    ("wrong itemsPerPage", dict(LIST, itemsPerPage=5), {"path": "/Things"}, "itemsPerPage"),
    ("a resource twice", dict(LIST, Resources=[GOOD, GOOD], itemsPerPage=2), {"path": "/Things"},
     "twice"),
    ("a wrong resource in a list", dict(LIST, Resources=[changed(["on"], ["x"])]),
     {"path": "/Things"}, "no boolean"),
    ("a cursor with a slash", dict(LIST, nextCursor="a/b"), {"path": "/Things"}, "unreserved"),
    ("more in a list", dict(LIST, total=1), {"path": "/Things"}, "not defined"),
    ("bulk status a number", {"schemas": [URN_BULK_RESPONSE], "Operations": [
        {"method": "PUT", "location": BASE + "/Things/1", "status": 200}]}, {"path": "/Bulk"},
     "status"),
    ("bulk method", {"schemas": [URN_BULK_RESPONSE], "Operations": [
        {"method": "GET", "location": BASE + "/Things/1", "status": "200"}]}, {"path": "/Bulk"},
     "method"),
    ("cursor page without itemsPerPage", without(LIST, "startIndex", "itemsPerPage"),
     {"path": "/Things?cursor=abc&count=1"}, "itemsPerPage"),
    ("bulk without location", {"schemas": [URN_BULK_RESPONSE], "Operations": [
        {"method": "PUT", "status": "200"}]}, {"path": "/Bulk"}, "location"),
    ("bulk without bulkId", {"schemas": [URN_BULK_RESPONSE], "Operations": [
        {"method": "POST", "status": "201", "location": BASE + "/Things/1"}]}, {"path": "/Bulk"},
     "bulkId"),
    ("bulk error without response", {"schemas": [URN_BULK_RESPONSE], "Operations": [
        {"method": "POST", "bulkId": "q", "status": "400"}]}, {"path": "/Bulk"}, "response"),
    ("config without bulk", without(CONFIG, "bulk"), {"path": "/ServiceProviderConfig"}, "bulk"),
    ("config with a string", dict(CONFIG, sort={"supported": "no"}),
     {"path": "/ServiceProviderConfig"}, "sort"),
    ("config with more", dict(CONFIG, extra=1), {"path": "/ServiceProviderConfig"}, "not defined"),
    ("config with an unknown scheme", dict(CONFIG, authenticationSchemes=[
        {"type": "magic", "name": "N", "description": "D"}]), {"path": "/ServiceProviderConfig"},
     "none of"),
    ("type without schema", without(TYPE, "schema"), {"path": "/ResourceTypes/Thing"}, "schema"),
    ("type elsewhere", dict(TYPE, meta={"resourceType": "ResourceType", "location": BASE}),
     {"path": "/ResourceTypes/Thing"}, "location"),
]
DEFINITIONS = [  # name, the attribute, what the report must say
    ("attribute name", attribute("1x"), "name"), ("data type", attribute("x", "text"), "type"),
    ("complex without subs", attribute("x", "complex"), "subAttributes"),
    ("simple with subs", attribute("x", subAttributes=[attribute("y")]), "subAttributes"),
    ("complex in complex", attribute("x", "complex", subAttributes=[
        attribute("y", "complex", subAttributes=[attribute("z")])]), "within"),
    ("reference to nothing", attribute("x", "reference", caseExact=True), "referenceTypes"),
    ("mutability", attribute("x", mutability="never"), "mutability"),
    ("returned", attribute("x", returned="sometimes"), "returned"),
    ("uniqueness", attribute("x", uniqueness="local"), "uniqueness"),
    ("required a string", attribute("x", required="no"), "required"),
    ("canonicalValues", attribute("x", canonicalValues="a"), "canonicalValues"),
    ("more", attribute("x", colour="red"), "not defined"),
    ("binary without case", attribute("x", "binary"), "caseExact"),
]


@pytest.mark.parametrize("body,more,text", [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_wrong_answers_are_found(body, more, text):
    found = problems(body, **more)
    assert any(text in one for one in found), found


@pytest.mark.parametrize("attr,text", [d[1:] for d in DEFINITIONS], ids=[d[0] for d in DEFINITIONS])
def test_wrong_schemas_are_found(attr, text):
    found = problems(schema(THING, [described(attr)]), path="/Schemas/" + THING)
    assert any(text in one for one in found), found
    undescribed = dict(attribute("x"))
    assert problems(schema(THING, [undescribed]), path="/Schemas/" + THING)
    assert problems(schema("urn:ietf:params:scim:api:messages:2.0:Error", []),
                    path="/Schemas/x")


@pytest.mark.parametrize("raw", [
    b"", b"{", b"{}x", b"\xff", b'{"a":NaN}', b'{"a":1,"a":2}', b'{"a":1,"A":2}',
    b'{"a":{"b":1,"B":1}}', "{\"a\":\"\ufeff".encode("utf-16")])
def test_only_strict_json_is_read(raw):
    with pytest.raises(Broken):
        parse(raw)
    assert problems(None, raw=raw)


def test_numbers_keep_their_form():
    got = parse(b'{"a":1,"b":1.0,"c":1e0}')
    assert [type(got[n]) is int for n in "abc"] == [True, False, False]


def test_base64():
    assert all(is_base64(t) for t in ("QQ==", "QQ", "QUI=", "QUI", "QUJD"))
    assert not any(is_base64(t) for t in ("", "Q", "Q=", "QQ=", "QU JD", "QUJ-", "QUJD===="))

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Schemas and resource types of a tenant's own, and what is indexed of them."""

import json
import re
import threading

import pytest

import conf
from okta_wire import URN_ENTERPRISE, URN_USER, quote
from test_010_config import GOOD, configtest

GADGET = "urn:example:scim:schemas:1.0:Gadget"
WARRANTY = "urn:example:scim:schemas:extension:warranty:1.0:Gadget"
BADGE = "urn:example:scim:schemas:extension:badge:1.0:User"
ROLE = "urn:okta:scim:schemas:core:1.0:Role"
ENTITLEMENT = "urn:okta:scim:schemas:core:1.0:Entitlement"


@pytest.fixture
def scim(take):
    return take("gadgets").scim()


def gadget(serial, **more):
    return {"schemas": [GADGET], "serial": serial, **more}


def add(scim, serial, **more):
    return scim.post("/Gadgets", gadget(serial, **more)).must_be(201).json


FULL = {"label": "Lamp", "code": "aB", "powered": True, "price": 9.5, "count": 3,
        "since": "2026-01-31T12:00:00Z", "image": "AQID", "owner": "https://x.example/Users/1",
        "tags": ["red", "round"], "sizes": [1, 2], "made": "2020", "notes": "on request",
        "kind": "lamp", "place": {"room": "101", "floor": 1, "hint": "left"},
        "parts": [{"value": "bulb", "type": "glass", "weight": 0.1, "primary": True},
                  {"value": "foot", "type": "wood"}],
        WARRANTY: {"until": "2030-01-01T00:00:00Z", "dealer": "Smith"}}


# ---- life of a resource ----

def test_160_01_create_with_everything(take):
    tenant = take("gadgets")
    scim = tenant.scim()
    sent = gadget("A-1", **FULL, pin="1234", seen="never", externalId="ext-1")
    sent["place"] = dict(FULL["place"], secret="s3cret")
    sent["schemas"] = [GADGET, WARRANTY]
    answer = scim.post("/Gadgets", sent).must_be(201)
    got = answer.json
    assert answer.headers["Location"] == tenant.base + "/Gadgets/" + got["id"]
    assert got["meta"]["resourceType"] == "Gadget"
    assert got["meta"]["location"] == answer.headers["Location"]
    assert got["schemas"] == [GADGET, WARRANTY] and got["externalId"] == "ext-1"
    for name, value in FULL.items():
        if name == "notes":
            assert name not in got
        elif name == "place":
            assert got[name] == {"room": "101", "floor": 1}
        else:
            assert got[name] == value, name
    assert not {"pin", "seen"} & set(got) and "s3cret" not in answer.raw.decode()
    assert scim.get("/Gadgets/" + got["id"]).json == got
    wanted = scim.get("/Gadgets/%s?attributes=notes,place.hint,pin" % got["id"]).json
    assert wanted["notes"] == "on request" and wanted["place"] == {"hint": "left"}
    assert wanted["kind"] == "lamp" and set(wanted) == {"schemas", "id", "kind", "notes", "place"}


@pytest.mark.parametrize("change,name", [
    ({"powered": "perhaps"}, "powered"), ({"price": "dear"}, "price"), ({"count": 1.5}, "count"),
    ({"since": "yesterday"}, "since"), ({"image": "***"}, "image"), ({"owner": 7}, "owner"),
    ({"label": {"a": 1}}, "label"), ({"sizes": ["x"]}, "sizes"), ({"place": "here"}, "place"),
    ({"place": {"room": "1"}}, "place.floor"), ({"parts": [{"type": "x"}]}, "parts.value"),
    ({WARRANTY: {"dealer": "x"}}, "until"), ({"serial": ""}, "serial"),
    ({"serial": "x" * 256}, "serial")])
def test_160_02_values_are_checked(scim, change, name):
    body = {**gadget("A-1"), **change}
    error = scim.post("/Gadgets", body).error(400, "invalidValue")
    assert error["detail"].startswith(name + " "), error["detail"]


def test_160_03_unique(scim):
    one, two = add(scim, "A-1"), add(scim, "A-2")
    for answer in (scim.post("/Gadgets", gadget("a-1")),
                   scim.put("/Gadgets/" + two["id"], gadget("A-1")),
                   scim.patch("/Gadgets/" + two["id"],
                              {"op": "replace", "path": "serial", "value": "A-1"})):
        error = answer.error(409, "uniqueness")
        assert "serial" in error["detail"] and "Gadget" in error["detail"]
    scim.delete("/Gadgets/" + one["id"]).must_be(204)
    add(scim, "A-1")


def test_160_04_simultaneous_creates_of_one_key(take):
    tenant = take("gadgets")
    statuses = []

    def create():
        client = tenant.scim(fresh=True)
        statuses.append(client.post("/Gadgets", gadget("same")).status)
    threads = [threading.Thread(target=create) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] + [409] * 15
    assert tenant.scim().list("Gadgets")["totalResults"] == 1


def test_160_05_put_keeps_and_clears(scim):
    made = add(scim, "A-1", **FULL)
    body = gadget("A-1", made="2020", label="New", seen="client")
    got = scim.put("/Gadgets/" + made["id"], body).must_be(200).json
    assert got["label"] == "New" and got["made"] == "2020" and "seen" not in got
    assert got["schemas"] == [GADGET] and WARRANTY not in got and "parts" not in got
    scim.put("/Gadgets/" + made["id"], gadget("A-1", made="2021")).error(400, "mutability")
    scim.put("/Gadgets/" + made["id"], {"schemas": [GADGET]}).error(400, "invalidValue")


def test_160_06_patch(scim):
    url = "/Gadgets/" + add(scim, "A-1", **FULL)["id"]
    got = scim.patch(
        url, {"op": "replace", "path": "place.room", "value": "202"},
        {"op": "add", "path": "tags", "value": ["blue"]},
        {"op": "add", "path": "sizes", "value": [2, 3]},
        {"op": "replace", "path": "parts[value eq \"bulb\"].weight", "value": 0.2},
        {"op": "remove", "path": "parts[type eq \"wood\"]"},
        {"op": "replace", "path": WARRANTY + ":dealer", "value": "Jones"},
        {"op": "add", "value": {"count": 4, "pin": "9", GADGET + ":label": "Bulb"}}).must_be(200)
    got = got.json
    assert got["place"] == {"room": "202", "floor": 1}
    assert got["tags"] == ["red", "round", "blue"] and got["sizes"] == [1, 2, 3]
    assert got["parts"] == [{"value": "bulb", "type": "glass", "weight": 0.2, "primary": True}]
    assert got[WARRANTY]["dealer"] == "Jones" and got["count"] == 4 and got["label"] == "Bulb"
    assert "pin" not in got
    scim.patch(url, {"op": "replace", "path": "made", "value": "2021"}).error(400, "mutability")
    scim.patch(url, {"op": "replace", "path": "seen", "value": "x"}).error(400, "mutability")
    scim.patch(url, {"op": "remove", "path": "serial"}).error(400, "mutability")
    scim.patch(url, {"op": "replace", "path": "count", "value": "many"}).error(400, "invalidValue")
    scim.patch(url, {"op": "replace", "path": "colour", "value": "x"}).error(400, "invalidPath")
    assert scim.patch(url, {"op": "remove", "path": WARRANTY}).json["schemas"] == [GADGET]


def test_160_07_etag_delete_and_unknown(scim):
    made = add(scim, "A-1")
    url = "/Gadgets/" + made["id"]
    tag = scim.get(url).headers["ETag"]
    assert scim.get(url, headers={"If-None-Match": tag}).status == 304
    scim.put(url, gadget("A-1", label="x"), headers={"If-Match": 'W/"99"'}).error(412)
    scim.get("/Users/" + made["id"]).error(404)
    scim.delete(url).must_be(204)
    assert "Gadget" in scim.get(url).error(404)["detail"]
    assert scim.list("Gadgets")["totalResults"] == 0
    assert scim.request("PUT", "/Gadgets", gadget("x")).status == 405


# ---- lists ----

def serials(scim, text):
    return sorted(g["serial"] for g in scim.find("Gadgets", text))


def fill(scim, n=12):
    """More than may be scanned (ScimMaxScan 5), so only what is indexed can be asked for."""
    for i in range(n):
        add(scim, "S-%02d" % i, label="Label %d" % (i % 3), code="cO%d" % (i % 2),
            place={"room": "r%d" % i, "floor": i}, parts=[{"value": "p%d" % i}, {"value": "Q"}],
            owner="https://x.example/%d" % (i % 2), kind="k%d" % (i % 4),
            **{WARRANTY: {"until": "2030-01-01T00:00:00Z", "dealer": "Dealer %d" % (i % 2)}})


INDEXED = [
    ("serial eq \"s-03\"", 1), ("serial sw \"S-0\"", 10), ("serial pr", 12),
    ("label eq \"LABEL 1\"", 4), ("label ne \"label 1\"", 8), ("label co \"bel 2\"", 4),
    ("code eq \"cO1\"", 6), ("code eq \"co1\"", 0), ("place.room eq \"R7\"", 1),
    ("place[room eq \"r7\"]", 1), ("parts[value eq \"q\"]", 12), ("parts.value eq \"p3\"", 1),
    ("parts eq \"p3\"", 1), ("owner ew \"/1\"", 6), (WARRANTY + ":dealer eq \"dealer 1\"", 6),
    (WARRANTY + ":dealer eq \"dealer 1\" and " + GADGET + ":label eq \"label 1\"", 2),
    ("not (label sw \"label\")", 0), ("externalId pr", 0), ("meta.created pr", 12)]

SCANNED = [
    ("kind eq \"K1\"", 1), ("price gt 2.5", 2), ("count le 2", 3), ("powered eq true", 3),
    ("since lt \"2026-01-03T00:00:00+00:00\"", 3), ("tags eq \"T2\"", 1), ("sizes eq 12", 1),
    ("image eq \"AQID\"", 5), ("place.floor ge 3", 2), ("parts[type eq \"x\" and weight gt 1]", 3),
    ("notes eq \"n1\"", 1), (WARRANTY + ":until pr", 0), ("tags pr", 5), ("made eq null", 5)]


def total(scim, text, endpoint="Gadgets"):
    return scim.list(endpoint, "count=0&filter=" + quote(text))["totalResults"]


def test_160_08_indexed_filters_do_not_scan(scim):
    fill(scim)
    for text, n in INDEXED:
        assert total(scim, text) == n, text
    error = scim.get("/Gadgets?filter=" + quote("kind eq \"k1\"")).error(400, "tooMany")
    assert "ScimMaxScan" not in error["detail"]
    assert serials(scim, "label eq \"label 1\" and kind eq \"k1\"") == ["S-01"]


def test_160_09_filters_on_every_type(scim):
    for i in range(5):
        add(scim, "S-%d" % i, kind="k%d" % i, price=i + 0.5, count=i, powered=i % 2 == 0,
            since="2026-01-0%dT01:00:00+02:00" % (i + 1), tags=["t%d" % i, "all"],
            sizes=[i, 10 + i], image="AQID", notes="n%d" % i, place={"floor": i},
            parts=[{"value": "v", "type": "X", "weight": i}])
    for text, n in SCANNED:
        assert total(scim, text) == n, text


@pytest.mark.parametrize("text", [
    "colour eq \"x\"", "powered gt true", "price co \"1\"",
    "count eq \"x\"", "since eq \"x\"", "place eq \"x\"", "label.x eq \"1\"",
    "userName eq \"x\"", URN_ENTERPRISE + ":department pr"])
def test_160_10_filters_that_are_refused(scim, text):
    scim.get("/Gadgets?filter=" + quote(text)).error(400, "invalidFilter")


@pytest.mark.parametrize("text", ["pin eq \"1\"", "place.secret pr"])
def test_160_30_filters_on_what_is_never_returned(scim, text):
    scim.get("/Gadgets?filter=" + quote(text)).error(403, "sensitive")


def test_160_11_pages(scim):
    for i in range(7):
        add(scim, "P-%d" % i)
    assert [g["serial"] for g in scim.all("Gadgets", 3)] == ["P-%d" % i for i in range(7)]
    assert scim.list("Users")["totalResults"] == 0


# ---- discovery ----

def test_160_12_discovery(take):
    tenant = take("gadgets")
    scim = tenant.scim()
    kinds = {t["name"]: t for t in scim.list("ResourceTypes")["Resources"]}
    assert list(kinds) == ["User", "Group", "Gadget"]
    assert kinds["Gadget"]["endpoint"] == "/Gadgets" and kinds["Gadget"]["schema"] == GADGET
    assert kinds["Gadget"]["schemaExtensions"] == [{"schema": WARRANTY, "required": False}]
    assert scim.get("/ResourceTypes/Gadget").json == kinds["Gadget"]
    shown = {s["id"]: s for s in scim.list("Schemas")["Resources"]}
    assert scim.get("/Schemas/" + GADGET).json == shown[GADGET]
    file = json.loads((conf.TOP / "tests/e2e/schemas/gadget.json").read_text())
    attributes = {a["name"]: a for a in shown[GADGET]["attributes"]}
    for wanted in file[0]["attributes"]:
        for member, value in wanted.items():
            if member != "subAttributes":
                assert attributes[wanted["name"]][member] == value, wanted["name"]
    subs = {a["name"]: a for a in attributes["place"]["subAttributes"]}
    assert subs["secret"]["mutability"] == "writeOnly" and subs["floor"]["type"] == "integer"
    plain = take("plain").scim()
    assert plain.get("/Schemas/" + GADGET).status == 404
    assert plain.get("/Gadgets").status == 404 and plain.get("/ResourceTypes/Gadget").status == 404


def test_160_13_tenants_do_not_see_each_other(take):
    one, two = take("gadgets").scim(), take("gadgets").scim()
    made = add(one, "A-1")
    add(two, "A-1")
    two.get("/Gadgets/" + made["id"]).error(404)
    two.delete("/Gadgets/" + made["id"]).error(404)
    assert two.list("Gadgets")["totalResults"] == 1


# ---- extensions of User ----

def test_160_14_extension_of_user(take):
    scim = take("badges").scim()
    badge = {"number": "B-7", "validUntil": "2027-01-01T00:00:00Z",
             "doors": [{"value": "east", "level": 2}]}
    made = scim.add_user("badged", **{BADGE: badge, "title": "Guard"})
    assert made[BADGE] == badge and BADGE in made["schemas"]
    url = "/Users/" + made["id"]
    got = scim.patch(url, {"op": "replace", "path": BADGE + ":doors[value eq \"east\"].level",
                           "value": 3},
                     {"op": "add", "value": {BADGE: {"number": "B-8"}}}).user(200)
    assert got[BADGE]["doors"] == [{"value": "east", "level": 3}]
    assert got[BADGE]["number"] == "B-8" and got[BADGE]["validUntil"] == badge["validUntil"]
    for i in range(6):
        scim.add_user("other%d" % i, title="Clerk")
    for text, n in ((BADGE + ":number eq \"B-8\"", 1), (BADGE + ":number eq \"b-8\"", 0),
                    ("title eq \"GUARD\"", 1), ("title ne \"clerk\"", 1)):
        assert len(scim.find("Users", text)) == n, text
    scim.get("/Users?filter=" + quote("nickName pr")).error(400, "tooMany")
    assert scim.get("/Users/%s?attributes=%s" % (made["id"], BADGE)).json[BADGE] == got[BADGE]
    kept = scim.get("/ResourceTypes/User").json["schemaExtensions"]
    assert [e["schema"] for e in kept] == [URN_ENTERPRISE, BADGE]


@pytest.fixture
def reload_with(env):
    """A function that reloads httpd with more directives for a tenant; undone after the test."""
    before = env.read("conf/httpd.conf")

    def change(tenant, *lines):
        place = "    ScimTenant %s\n" % tenant.name
        env.write("conf/httpd.conf", before.replace(
            place, place + "".join("    %s\n" % line for line in lines)))
        env.graceful()
    yield change
    env.write("conf/httpd.conf", before)
    env.graceful()


def test_160_15_an_index_for_resources_that_are_there(env, take, reload_with):
    """A reload with another ScimIndex: answers are right from the first request on."""
    tenant = take("plain")
    scim = tenant.scim()
    for i in range(30):
        scim.add_user("u%d" % i, title="Boss" if i % 10 == 0 else "Clerk")
    reload_with(tenant, "ScimIndex User title", "ScimMaxScan 20")
    assert len(tenant.scim(fresh=True).find("Users", "title eq \"boss\"")) == 3
    rows = env.db.query("SELECT COUNT(*) FROM scim_value WHERE tenant = '%s' "
                        "AND attr = 'title'" % tenant.name)
    assert re.findall(r"\d+", str(rows)) == ["30"]
    reload_with(tenant)
    plain = tenant.scim(fresh=True)
    boss = plain.find("Users", "title eq \"boss\"")[0]
    plain.patch("/Users/" + boss["id"], {"op": "replace", "path": "title", "value": "Clerk"})
    assert len(plain.find("Users", "title eq \"boss\"")) == 2


def test_160_16_indexing_anew_while_others_write(take, reload_with):
    """Lists that complete the index and changes of the same users get along."""
    tenant = take("plain")
    ids = [tenant.scim().add_user("w%d" % i, title="Clerk")["id"] for i in range(300)]
    reload_with(tenant, "ScimIndex User title")
    refused = []

    def look():
        client = tenant.scim()
        for _ in range(12):
            answer = client.get("/Users?count=1&filter=" + quote("title sw \"b\""))
            if answer.status != 200:
                refused.append((answer.status, answer.detail()))

    def change(some):
        client = tenant.scim()
        for one in some:
            answer = client.patch("/Users/" + one, {"op": "replace", "path": "title",
                                                    "value": "Boss"})
            if answer.status != 200:
                refused.append((answer.status, answer.detail()))
    threads = [threading.Thread(target=look) for _ in range(4)]
    threads += [threading.Thread(target=change, args=(ids[i::8],)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not refused
    changed = sum(len(ids[i::8]) for i in range(4))
    assert total(tenant.scim(), "title eq \"boss\"", "Users") == changed
    assert total(tenant.scim(), "title ne \"boss\"", "Users") == 300 - changed


# ---- Okta's entitlements ----

@pytest.mark.parametrize("endpoint,urn,kind", [("Roles", ROLE, "Role"),
                                               ("Entitlements", ENTITLEMENT, "Entitlement")])
def test_160_17_okta_entitlements(take, endpoint, urn, kind):
    scim = take("entitlements").scim()
    assert scim.get("/ResourceTypes/" + kind).json["schema"] == urn
    assert scim.get("/Schemas/" + urn).json["name"] == kind
    body = {"schemas": [urn], "displayName": "Editor", "description": "x" * 1000}
    if kind == "Entitlement":
        scim.post("/" + endpoint, body).error(400, "invalidValue")
        body["type"] = kind
    made = scim.post("/" + endpoint, body).must_be(201).json
    assert made["displayName"] == "Editor" and made["meta"]["resourceType"] == kind
    scim.post("/" + endpoint, body).must_be(201)  # names are not unique
    page = scim.list(endpoint, "count=1&startIndex=1")
    assert page["itemsPerPage"] == 1 and page["startIndex"] == 1 and page["totalResults"] == 2
    assert page["Resources"] == [made]
    user = scim.add_user("entitled", roles=[{"value": made["id"], "display": "Editor"}])
    assert user["roles"] == [{"value": made["id"], "display": "Editor"}]


# ---- configuration ----

def schema(**more):
    return {"id": "urn:example:schemas:Device", "attributes": [{"name": "room"}], **more}


TYPE = {"name": "Device", "endpoint": "/Devices", "schema": "urn:example:schemas:Device"}

BAD_FILES = [
    ("{", r"line 1"), ("", r"empty"), ("[1, 2", r"line 1"), ('{"id":1,"id":2}', r"duplicate"),
    ("[" * 100 + "]" * 100, r"nested deeper"), ("\"x\"", r"Schema or ResourceType"),
    (json.dumps(schema()), r"no resource type uses this schema"),
    (json.dumps([schema(), dict(TYPE, endpoint="/Bulk")]), r"/Bulk has a meaning"),
    (json.dumps([schema(), dict(TYPE, endpoint="/Users")]), r"/Users is that of .* User"),
    (json.dumps([schema(), schema(), TYPE]), r"urn:example:schemas:Device.*defined twice"),
    (json.dumps([schema(attributes=[{"name": "id"}]), TYPE]), r"attribute id: every resource"),
    (json.dumps([schema(attributes=[{"name": "a", "type": "complex", "subAttributes": [
        {"name": "b", "type": "complex", "subAttributes": [{"name": "c"}]}]}]), TYPE]),
     r"attribute a\.b: a sub-attribute cannot be complex"),
    (json.dumps([dict(TYPE)]), r"urn:example:schemas:Device is not defined"),
    (json.dumps(schema(id=URN_USER)), r"built in"),
    (json.dumps([schema(), dict(TYPE, schemaExtensions=[{"schema": TYPE["schema"]}])]),
     r"type's own schema"),
    (json.dumps([schema(), TYPE] + [dict(TYPE, name="T%d" % i) for i in range(200)]),
     r"more than 100 resource types"),
    (" " * 1048577, r"larger than 1048576"),
]


@pytest.mark.parametrize("text,reason", BAD_FILES, ids=[b[1][:30] for b in BAD_FILES])
def test_160_18_a_bad_file_is_refused_with_its_reason(tmp_path, text, reason):
    file = tmp_path / "schema.json"
    file.write_text(text)
    code, said = configtest(tmp_path, GOOD + "ScimSchemaFile schema.json")
    assert code != 0, said
    about = " ".join(line for line in said.splitlines() if "ScimSchemaFile" in line)
    assert re.search(reason, about), said
    assert str(file) in about or "SCIM3140" in about


def test_160_19_sections_replace_each_other(tmp_path):
    """An inner section's files are all there is in it: they need not fit the outer ones."""
    (tmp_path / "outer.json").write_text(json.dumps([schema(), TYPE]))
    (tmp_path / "inner.json").write_text(json.dumps([schema(), dict(TYPE, name="Other")]))
    lines = "ScimSchemaFile outer.json\n<Location /scim/v2>\n" + GOOD + "%s\n</Location>"
    code, said = configtest(tmp_path, lines % "ScimSchemaFile inner.json", "<VirtualHost *:9>")
    assert code == 0, said
    code, said = configtest(tmp_path, lines % "ScimIndex Device room", "<VirtualHost *:9>")
    assert code != 0 and "no resource type Device" in said, said
    code, said = configtest(tmp_path, "ScimIndex Device room\n" + lines % "", "<VirtualHost *:9>")
    assert code == 0, said


def test_160_20_not_in_other_sections(tmp_path):
    code, said = configtest(tmp_path, "ScimIndex User title", "<Directory />")
    assert code != 0 and "ScimIndex" in said, said


def test_160_21_examples_and_the_guide_are_accepted(tmp_path):
    examples = sorted((conf.TOP / "conf/examples").glob("*.json"))
    assert len(examples) >= 3
    guide = (conf.TOP / "docs/schemas.md").read_text()
    blocks = [b for b in re.findall(r"(?:^    .*\n)+", guide, re.M) if b.strip().startswith("[")]
    assert len(blocks) == 2
    for number, block in enumerate(blocks):
        json.loads(block)
        (tmp_path / ("guide%d.json" % number)).write_text(block)
    # Several of them say what extensions a User has, so each is a tenant's; Okta's two go together.
    okta = [e for e in examples if e.name.startswith("okta-")]
    for files in [[e] for e in examples] + [okta]:
        code, said = configtest(tmp_path, GOOD + "\n".join(
            "ScimSchemaFile %s" % e for e in files))
        assert code == 0, said
    for number in range(len(blocks)):
        code, said = configtest(tmp_path, GOOD + "ScimSchemaFile guide%d.json" % number)
        assert code == 0, said

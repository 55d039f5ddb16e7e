# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Require scim-user, scim-group, scim-attribute and ScimExportEnv, at another httpd than SCIM's."""

import pytest

from door import Door
from env import DATABASE_LOST, wait_until
from test_010_config import GOOD, configtest
from test_120_outage import settle

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

PAGES = ("user", "named", "group", "groups", "nested", "blocked", "title", "dept", "number", "primary",
         "any", "none", "glass", "env", "mail", "external", "cached", "expr", "both", "open", "lost",
         "shared", "unsure", "alias")

SECTIONS = """
<AuthzProviderAlias scim-group staff "'The Staff' Nobody">
</AuthzProviderAlias>
<Location "/alias">
    Require staff
</Location>
<Location "/unsure">
    <RequireAll>
        Require scim-user
        Require not scim-group "%{{file:{root}/nosuch}}"
    </RequireAll>
</Location>
<Location "/user">
    Require scim-user
</Location>
<Location "/named">
    Require scim-user someone@example.com ANNA@example.com
</Location>
<Location "/group">
    Require scim-group "The Staff" Nobody
</Location>
<Location "/nested">
    Require scim-group company
</Location>
<Location "/blocked">
    <RequireAll>
        Require scim-user
        Require not scim-group Blocked
    </RequireAll>
</Location>
<Location "/title">
    Require scim-attribute title Boss "Vice boss"
</Location>
<Location "/dept">
    Require scim-attribute urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department R&D
</Location>
<Location "/primary">
    Require scim-attribute emails[primary].value main@example.com
</Location>
<Location "/any">
    <RequireAny>
        Require user glass
        Require scim-group "The Staff"
        Require scim-attribute title Boss
    </RequireAny>
</Location>
<Location "/none">
    <RequireAll>
        Require valid-user
        <RequireNone>
            Require scim-group Blocked
        </RequireNone>
    </RequireAll>
</Location>
<Location "/glass">
    <RequireAny>
        Require user glass
        Require scim-user
    </RequireAny>
</Location>
<Location "/env">
    Require scim-user
    SetEnvIf Request_URI . SCIM_NICK=forged
    ScimExportEnv SCIM_ID id
    ScimExportEnv SCIM_MAIL "emails[primary eq true].value" emails.value
    ScimExportEnv SCIM_MAILS emails
    ScimExportEnv SCIM_TITLE title
    ScimExportEnv SCIM_NICK nickName
    ScimExportEnv SCIM_ACTIVE active
    ScimExportEnv SCIM_GROUPS groups.display
    ScimExportEnv SCIM_NAME displayName name.formatted name.givenName
    Header set X-Id "expr=%{{reqenv:SCIM_ID}}"
    Header set X-Mail "expr=%{{reqenv:SCIM_MAIL}}"
    Header set X-Mails "expr=%{{reqenv:SCIM_MAILS}}"
    Header set X-Title "expr=[%{{reqenv:SCIM_TITLE}}]"
    Header set X-Nick "expr=[%{{reqenv:SCIM_NICK}}]"
    Header set X-Active "expr=%{{reqenv:SCIM_ACTIVE}}"
    Header set X-Groups "expr=%{{reqenv:SCIM_GROUPS}}"
    Header set X-Name "expr=[%{{reqenv:SCIM_NAME}}]"
</Location>
<Location "/open">
    Require valid-user
    ScimExportEnv SCIM_ID id
    Header set X-Id "expr=[%{{reqenv:SCIM_ID}}]"
</Location>
<Directory "{root}/htdocs/mail">
    ScimAuthzMatch emails.value
    Require scim-user
</Directory>
<Location "/external">
    ScimAuthzMatch externalId
    Require scim-user
</Location>
<Location "/cached">
    ScimAuthzCache 3600
    ScimExportEnv SCIM_GROUPS groups.display
    Header set X-Groups "expr=%{{reqenv:SCIM_GROUPS}}"
    Require scim-group "The Staff"
</Location>
<LocationMatch "^/expr/(?<TEAM>[a-z]*)">
    Require scim-group "Team %{{env:MATCH_TEAM}}"
</LocationMatch>
<Location "/both">
    Require scim-group "The Staff"
    Require scim-attribute title Boss
    ScimExportEnv SCIM_ID id
</Location>
"""

PEOPLE = ["%s@example.com" % name for name in (
    "anna", "BERT", "bert", "carl", "dora", "emil", "fred", "gina", "hugo", "ines", "jörg", "none",
    "main", "work", "same", "kurt", "lena", "mona", "gus", "away")] + ["glass", "ext-carl", "%s", "a' OR '1'='1",
                                                       "x" * 1500]


@pytest.fixture(scope="module")
def world(env):
    """The door and the tenant that it looks into; each test has its own people."""
    tenant = env.take()
    door = Door(env.db, tenant.name, SECTIONS, PEOPLE, PAGES)
    try:
        door.start()
        door.tenant = tenant
        door.scim = tenant.scim()
        yield door
        door.log.tolerate("SCIM3345", "AH01873", "AH01631", "AH01630", "SCIM3341", *DATABASE_LOST)
        door.log.start = 0
        door.log.check()
    finally:
        tenant.close()
        door.close()


def active(scim, who, value):
    assert scim.patch("/Users/" + who["id"],
                      {"op": "replace", "value": {"active": value}}).status == 200


def member(scim, group, who, op="add"):
    one = {"op": op, "path": "members", "value": [{"value": who["id"]}]} if op == "add" else \
        {"op": op, "path": 'members[value eq "%s"]' % who["id"]}
    assert scim.patch("/Groups/" + group["id"], one).status in (200, 204)


def test_320_01_known_and_active(world):
    assert world.status("/user/") == 401
    assert world.status("/user/", "anna@example.com") == 403
    anna = world.scim.add_user("anna")
    assert world.status("/user/", "anna@example.com") == 200
    assert world.get("/user/", "anna@example.com").text == "inside"
    # Deactivated at one httpd, refused at the other: the very next request, whichever child serves.
    for _ in range(5):
        active(world.scim, anna, False)
        assert [world.status("/user/", "anna@example.com") for _ in range(4)] == [403] * 4
        active(world.scim, anna, True)
        assert [world.status("/user/", "anna@example.com") for _ in range(4)] == [200] * 4
    assert world.status("/named/", "anna@example.com") == 200
    assert world.scim.delete("/Users/" + anna["id"]).status == 204
    assert world.status("/user/", "anna@example.com") == 403


def test_320_02_names_compare_as_the_attribute_does(world):
    world.scim.add_user("bert")
    assert world.status("/user/", "BERT@example.com") == 200
    assert world.status("/user/", "bert@example.com") == 200
    assert world.status("/named/", "bert@example.com") == 403
    for name in ("%s", "a' OR '1'='1", "x" * 1500, "none@example.com"):
        assert world.status("/user/", name) == 403
    world.scim.add_user("jörg")
    assert world.status("/user/", "jörg@example.com") == 200


def test_320_03_groups(world):
    carl = world.scim.add_user("carl")
    assert world.status("/group/", "carl@example.com") == 403
    staff = world.scim.add_group("the staff", [carl["id"]])
    assert world.status("/group/", "carl@example.com") == 200
    member(world.scim, staff, carl, "remove")
    assert world.status("/group/", "carl@example.com") == 403
    assert world.status("/alias/", "carl@example.com") == 403
    member(world.scim, staff, carl)
    assert world.status("/alias/", "carl@example.com") == 200
    assert world.status("/any/", "carl@example.com") == 200
    # Through another group, and no longer when that has left.
    company = world.scim.add_group("Company", [staff["id"]])
    assert world.status("/nested/", "carl@example.com") == 200
    assert world.scim.patch("/Groups/" + company["id"], {
        "op": "remove", "path": 'members[value eq "%s"]' % staff["id"]}).status in (200, 204)
    assert world.status("/nested/", "carl@example.com") == 403
    assert world.status("/blocked/", "carl@example.com") == 200
    assert world.status("/none/", "carl@example.com") == 200
    blocked = world.scim.add_group("Blocked", [carl["id"]])
    assert world.status("/blocked/", "carl@example.com") == 403
    assert world.status("/none/", "carl@example.com") == 403
    active(world.scim, carl, False)
    assert world.status("/group/", "carl@example.com") == 403
    for group in (blocked, company, staff):
        assert world.scim.delete("/Groups/" + group["id"]).status == 204


def test_320_04_groups_beyond_the_beginning_of_a_row(world):
    """So many that the user's row is read only in part."""
    dora = world.scim.add_user("dora")
    for i in range(60):
        world.scim.add_group("A group with quite a long name, of which there are many %d" % i,
                             [dora["id"]])
    last = world.scim.add_group("Team last", [dora["id"]])
    assert world.status("/expr/last", "dora@example.com") == 404
    assert world.status("/expr/other", "dora@example.com") == 403
    assert world.status("/expr/", "dora@example.com") == 403
    member(world.scim, last, dora, "remove")
    assert world.status("/expr/last", "dora@example.com") == 403


def test_320_05_attributes(world):
    scim = world.scim
    emil = scim.add_user("emil", title="vice BOSS", emails=[
        {"value": "main@example.com", "primary": True, "type": "home"},
        {"value": "work@example.com", "type": "work"}])
    path = "/Users/" + emil["id"]
    assert world.status("/title/", "emil@example.com") == 200
    assert world.status("/any/", "emil@example.com") == 403
    assert world.status("/primary/", "emil@example.com") == 200
    assert world.status("/dept/", "emil@example.com") == 403
    assert scim.patch(path, {"op": "add", "path": ENTERPRISE + ":department",
                             "value": "R&D"}).status == 200
    assert world.status("/dept/", "emil@example.com") == 200
    assert scim.patch(path, {"op": "replace", "path": "title", "value": "Boss"},
                      {"op": "replace", "path": 'emails[type eq "work"].primary',
                       "value": True}).status == 200
    assert world.status("/any/", "emil@example.com") == 200
    assert world.status("/primary/", "emil@example.com") == 403
    assert scim.patch(path, {"op": "remove", "path": "title"}).status == 200
    assert world.status("/title/", "emil@example.com") == 403
    # By another attribute of the user.
    assert world.status("/mail/", "main@example.com") == 200
    assert world.status("/mail/", "work@example.com") == 200
    assert world.status("/mail/", "emil@example.com") == 403
    assert world.status("/user/", "main@example.com") == 403
    active(scim, emil, False)
    assert world.status("/mail/", "main@example.com") == 403
    assert scim.delete(path).status == 204


def test_320_06_one_of_several_with_the_value(world):
    same = [{"value": "same@example.com"}]
    fred = world.scim.add_user("fred", emails=same)
    assert world.status("/mail/", "same@example.com") == 200
    gina = world.scim.add_user("gina", emails=same)
    assert world.status("/mail/", "same@example.com") == 403  # which of them?
    active(world.scim, fred, False)
    assert world.status("/mail/", "same@example.com") == 200
    active(world.scim, gina, False)
    assert world.status("/mail/", "same@example.com") == 403
    wait_until("the access log", lambda: "ambiguous" in world.said("access_log"))


def test_320_07_environment(world):
    hugo = world.scim.add_user(
        "hugo", title="one\r\nX-Evil: two\x7f\x85", displayName=None,
        emails=[{"value": "a;b\\c@example.com"}, {"value": "d@example.com", "primary": True}])
    world.scim.add_group("North; South", [hugo["id"]])
    world.scim.add_group("Zoo", [hugo["id"]])
    got = world.get("/env/", "hugo@example.com", headers={"X-Id": "forged"})
    assert got.status_code == 200
    assert got.headers["X-Id"] == hugo["id"]
    assert got.headers["X-Mail"] == "d@example.com"
    assert got.headers["X-Mails"] == "a\\;b\\\\c@example.com;d@example.com"
    assert got.headers["X-Title"] == "[one  X-Evil: two  ]"
    assert "X-Evil" not in got.headers
    assert got.headers["X-Nick"] == "[]"
    assert got.headers["X-Active"] == "true"
    assert got.headers["X-Groups"] == "North\\; South;Zoo"
    assert got.headers["X-Name"] == "[Hugo]" or "Hugo" in got.headers["X-Name"]
    assert world.get("/open/", "hugo@example.com").headers["X-Id"] == "[%s]" % hugo["id"]
    assert world.get("/open/", "none@example.com").headers["X-Id"] == "[]"
    active(world.scim, hugo, False)
    assert world.get("/open/", "hugo@example.com").headers["X-Id"] == "[]"


def test_320_08_remembered_as_long_as_it_says(world):
    # Who is not known, or not active, is not remembered.
    assert [world.status("/cached/", "ines@example.com") for _ in range(10)] == [403] * 10
    ines = world.scim.add_user("ines", active=False)
    staff = world.scim.add_group("The Staff", [ines["id"]])
    assert [world.status("/cached/", "ines@example.com") for _ in range(10)] == [403] * 10
    active(world.scim, ines, True)
    assert [world.status("/cached/", "ines@example.com") for _ in range(10)] == [200] * 10
    active(world.scim, ines, False)
    got = [world.status("/cached/", "ines@example.com") for _ in range(20)]
    assert 200 in got and set(got) <= {200, 403}  # by which of the children it comes to
    assert world.status("/group/", "ines@example.com") == 403  # without a cache
    assert world.scim.delete("/Groups/" + staff["id"]).status == 204


def test_320_09_externalid_and_one_select(world, env):
    kurt = world.scim.add_user("carl2", externalId="ext-carl")
    assert world.status("/external/", "ext-carl") == 200
    assert world.scim.patch("/Users/" + kurt["id"], {
        "op": "replace", "path": "externalId", "value": "EXT-carl"}).status == 200
    assert world.status("/external/", "ext-carl") == 403  # exact
    if env.db.name != "mariadb":
        return
    # Lines and variables together ask once.
    lena = world.scim.add_user("lena", title="Boss")
    world.scim.add_group("The Staff", [lena["id"]])
    world.status("/both/", "lena@example.com")

    def selects():
        rows = env.db.query("SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'")
        return int(rows[0][1])
    before = selects()
    for _ in range(10):
        assert world.status("/both/", "lena@example.com") == 200
    assert selects() - before == 10


def test_320_10_switched_off_tenant(world, env):
    world.scim.add_user("mona")
    assert world.status("/user/", "mona@example.com") == 200
    env.db.execute("INSERT INTO scim_tenant (tenant, state, created) VALUES ('%s', 'off', 0)"
                   % world.tenant.name)
    try:
        assert world.status("/user/", "mona@example.com") == 403
    finally:
        env.db.execute("DELETE FROM scim_tenant WHERE tenant = '%s'" % world.tenant.name)
    assert world.status("/user/", "mona@example.com") == 200


def test_320_14_an_expression_that_fails_lets_nobody_in(world):
    world.scim.add_user("gus")
    assert world.status("/user/", "gus@example.com") == 200
    assert world.status("/unsure/", "gus@example.com") == 500


@pytest.mark.parametrize("env", ["mariadb"], indirect=True)
def test_320_11_database_away(world, env, log):
    world.scim.add_user("away")
    assert world.status("/user/", "away@example.com") == 200
    log.database_lost()
    settle(env)
    settle(world)
    env.db.stop()
    try:
        got = world.get("/user/", "away@example.com")
        assert got.status_code == 503 and got.headers["Retry-After"]
        # Nothing is known: neither that someone is in a group, nor that someone is not.
        for path in ("/group/", "/alias/", "/none/", "/blocked/", "/title/", "/env/", "/open/", "/any/"):
            assert world.status(path, "away@example.com") == 503, path
        # Who needs no database gets in.
        assert world.status("/glass/", "glass") == 200
        assert world.status("/any/", "glass") == 200
        assert world.status("/user/") == 401
    finally:
        env.db.start()
    wait_until("the door to open again",
               lambda: world.status("/user/", "away@example.com") == 200)


PLACE = "<Location /door>\nAuthType Basic\nAuthName x\n%s\n</Location>\n"


@pytest.mark.parametrize("lines,said", [
    ("ScimAuthzTenant acme\nRequire scim-attribute nosuch x", "nosuch"),
    ("ScimAuthzTenant acme\nRequire scim-attribute name x", "sub-attributes"),
    ("ScimAuthzTenant acme\nRequire scim-attribute password x", "never given out"),
    ("ScimAuthzTenant acme\nRequire scim-attribute title", "value"),
    ("ScimAuthzTenant acme\nRequire scim-attribute active perhaps", "true or false"),
    ("ScimAuthzTenant acme\nRequire scim-attribute", "path"),
    ("ScimAuthzTenant acme\nRequire not scim-group " + "x" * 255, "254 characters"),
    ("ScimAuthzTenant acme\nRequire scim-group", "names of groups"),
    ("ScimAuthzTenant acme\nRequire scim-group \"%{nosuch:x}\"", "expression"),
    ("ScimAuthzTenant acme\nScimAuthzMatch nickName", "looked up"),
    ("ScimAuthzTenant acme\nScimAuthzMatch active", "looked up"),
    ("ScimAuthzTenant acme\nScimAuthzMatch emails[primary].value", "looked up"),
    ("ScimAuthzTenant acme\nScimExportEnv X password", "never given out"),
    ("ScimAuthzTenant acme\nScimExportEnv X name", "sub-attributes"),
    ("ScimAuthzTenant acme\nScimExportEnv 1X title", "variable"),
    ("ScimAuthzTenant acme\nScimExportEnv X", "variable"),
    ("ScimAuthzTenant acme\nScimExportEnv X title\nScimExportEnv X id", "already"),
    ("ScimAuthzTenant acme\nScimExportEnv X title\nScimExportEnv x id", "already"),
    ("ScimAuthzTenant acme\nScimAuthzCache -1", "whole number"),
    ("ScimAuthzTenant a/b", "ScimAuthzTenant must be"),
])
def test_320_12_configtest(tmp_path, lines, said):
    code, text = configtest(tmp_path, PLACE % lines, "")
    assert code != 0 and said in text, text


def test_320_13_configtest_what_is_good(tmp_path):
    code, text = configtest(tmp_path, PLACE % (
        "ScimAuthzTenant acme\nScimAuthzMatch emails.value\nScimAuthzCache 5\n"
        "<RequireAll>\nRequire scim-user\nRequire not scim-group A \"B C\"\n"
        "Require scim-attribute active true\n</RequireAll>\n"
        "ScimExportEnv A emails[primary].value emails\nScimExportEnv B groups.display"), "")
    assert code == 0, text
    code, text = configtest(tmp_path, PLACE % "Require scim-user", "")
    assert code != 0 and "ScimAuthzTenant" in text, text
    # ScimTenant of a section around it will do.
    code, text = configtest(tmp_path, GOOD + PLACE % "Require scim-user", "")
    assert code == 0, text
